// What a person types: answers to questions, secrets among them.
#include "terminal_input.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>

namespace lode::cli {
namespace {

// What a signal's handler needs to leave the terminal as it was.
termios shown_terminal;
int hidden_terminal = STDIN_FILENO;
volatile std::sig_atomic_t is_hidden_now = 0;

void show_again_and_end(int number) {
  if (is_hidden_now != 0) tcsetattr(hidden_terminal, TCSANOW, &shown_terminal);
  std::signal(number, SIG_DFL);
  std::raise(number);
}

// While it lives, Ctrl-C ends the program, and the terminal does not show what is typed, if so wished.
class TypedInput {
 public:
  TypedInput(int terminal, bool is_hidden) {
    if (tcgetattr(terminal, &shown_terminal) != 0) return;
    hidden_terminal = terminal;
    is_active_ = true;
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      struct sigaction action {};
      action.sa_handler = show_again_and_end;
      sigaction(kSignals[i], &action, &before_[i]);
    }
    if (!is_hidden) return;
    termios hidden = shown_terminal;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    hidden.c_lflag |= ECHONL;
    is_hidden_now = 1;
    tcsetattr(terminal, TCSAFLUSH, &hidden);
  }
  ~TypedInput() {
    if (!is_active_) return;
    if (is_hidden_now != 0) tcsetattr(hidden_terminal, TCSANOW, &shown_terminal);
    is_hidden_now = 0;
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  }
  TypedInput(const TypedInput&) = delete;
  TypedInput& operator=(const TypedInput&) = delete;

 private:
  static constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, 3> before_{};
  bool is_active_ = false;
};

}  // namespace

bool can_ask() { return isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0; }

std::optional<std::string> ask(const std::string& prompt) {
  std::fputs(prompt.c_str(), stderr);
  std::string text;
  int c = std::getc(stdin);
  if (c == EOF) return std::nullopt;
  for (; c != EOF && c != '\n'; c = std::getc(stdin)) text += static_cast<char>(c);
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

std::optional<std::string> ask_at_terminal(const std::string& prompt, bool is_hidden) {
  const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) return std::nullopt;
  std::optional<std::string> line;
  {
    const TypedInput typed(terminal, is_hidden);
    if (write(terminal, prompt.data(), prompt.size()) == static_cast<ssize_t>(prompt.size())) {
      char c = 0;
      std::string text;
      bool is_whole = false;
      while (!is_whole && read(terminal, &c, 1) == 1) {
        if (c == '\n') is_whole = true;
        if (c != '\n') text += c;
      }
      if (text.ends_with('\r')) text.pop_back();
      if (is_whole || !text.empty()) line = std::move(text);
    }
  }
  close(terminal);
  return line;
}

std::optional<std::string> read_secret_input(const std::string& prompt) {
  const bool is_terminal = isatty(STDIN_FILENO) != 0;
  std::optional<TypedInput> hidden;
  if (is_terminal) {
    hidden.emplace(STDIN_FILENO, true);  // first: whoever sees the prompt may type
    std::fputs(prompt.c_str(), stderr);
  }
  std::string text;
  int c = std::getc(stdin);
  if (c == EOF) return std::nullopt;
  for (; c != EOF; c = std::getc(stdin)) {
    if (is_terminal && c == '\n') break;
    text += static_cast<char>(c);
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace lode::cli
