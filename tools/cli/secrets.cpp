// `lode secrets`: writes secrets.toml. The terminal's part is here: what is typed is not shown.
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>

#include "commands.h"
#include "config_task.h"
#include "report_output.h"

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

// A line from the terminal, or all of standard input without its last line break.
std::string read_secret(const std::string& key) {
  const bool is_terminal = isatty(STDIN_FILENO) != 0;
  std::optional<HiddenInput> hidden;
  if (is_terminal) {
    hidden.emplace();  // first: whoever sees the prompt may type
    std::fputs(fmt::format("{}: ", key).c_str(), stderr);
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

Failure wrong(const Options& options, const std::string& what, const std::string& hint) {
  return make_failure("cli.usage", fmt::format("lode secrets {}: {}", options.operation, what), {}, hint);
}

std::optional<Failure> check_words(const Options& options) {
  if (options.operation.empty()) {
    return make_failure("cli.usage", "lode secrets: an operation is missing: set, rotate, rm or template", {},
                        "lode secrets set sources.shop.api_key");
  }
  const bool is_template = options.operation == "template";
  if (options.words.empty()) {
    return wrong(options, is_template ? "a script is missing" : "a key is missing",
                 is_template ? "lode secrets template shop.lua"
                             : fmt::format("lode secrets {} sources.shop.api_key", options.operation));
  }
  if (options.words.size() == 1) return std::nullopt;
  const bool takes_value = options.operation == "set" || options.operation == "rotate";
  // The word may be the secret: it is not repeated.
  return wrong(
      options, "one word too many",
      takes_value ? "the secret is asked for, or read from standard input: on a command line, others see it" : "");
}

}  // namespace

int secrets_command(const Options& options, Console& console, Progress& progress) {
  if (const std::optional<Failure> failure = check_words(options))
    return conclude(*failure, options, console, progress);
  if (options.operation == "template") {
    return run_config_task("secrets.template", {}, options.words.front(), options, console, progress);
  }
  JsonObject args;
  args.text("key", options.words.front());
  if (options.operation != "rm") {
    const std::string secret = read_secret(options.words.front());
    if (secret.empty()) return conclude(wrong(options, "the secret is empty", ""), options, console, progress);
    if (!is_utf8(secret)) return conclude(wrong(options, "the secret is not UTF-8", ""), options, console, progress);
    args.text("value", secret).boolean("rotate", options.operation == "rotate");
  }
  const std::string task = options.operation == "rm" ? "secrets.rm" : "secrets.set";
  return run_config_task(task, args, std::nullopt, options, console, progress);
}

}  // namespace lode::cli
