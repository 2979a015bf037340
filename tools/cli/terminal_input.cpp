// What a person types: answers to questions, secrets among them.
#include "terminal_input.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>

namespace lode::cli {
namespace {

// What a signal's handler needs to leave the terminal as it was.
termios shown_terminal;
volatile std::sig_atomic_t is_hidden = 0;

void show_again_and_end(int number) {
  if (is_hidden != 0) tcsetattr(STDIN_FILENO, TCSANOW, &shown_terminal);
  std::signal(number, SIG_DFL);
  std::raise(number);
}

// While it lives, the terminal does not show what is typed; Ctrl-C puts that right before the program ends.
class HiddenInput {
 public:
  HiddenInput() {
    if (tcgetattr(STDIN_FILENO, &shown_terminal) != 0) return;
    termios hidden = shown_terminal;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    hidden.c_lflag |= ECHONL;
    for (const int number : kSignals) std::signal(number, show_again_and_end);
    is_hidden = 1;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  ~HiddenInput() {
    if (is_hidden == 0) return;
    tcsetattr(STDIN_FILENO, TCSANOW, &shown_terminal);
    is_hidden = 0;
    for (const int number : kSignals) std::signal(number, SIG_DFL);
  }
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

 private:
  static constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGHUP};
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

std::string read_secret_input(const std::string& prompt) {
  const bool is_terminal = isatty(STDIN_FILENO) != 0;
  std::optional<HiddenInput> hidden;
  if (is_terminal) {
    hidden.emplace();  // first: whoever sees the prompt may type
    std::fputs(prompt.c_str(), stderr);
  }
  std::string text;
  for (int c = std::getc(stdin); c != EOF; c = std::getc(stdin)) {
    if (is_terminal && c == '\n') break;
    text += static_cast<char>(c);
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace lode::cli
