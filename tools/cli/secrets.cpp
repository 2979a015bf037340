// `lode secrets`: writes secrets.toml.
#include <fmt/format.h>

#include "commands.h"
#include "config_task.h"
#include "report_output.h"
#include "terminal_input.h"

namespace lode::cli {
namespace {

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
    const std::string secret = read_secret_input(options.words.front() + ": ");
    if (secret.empty()) return conclude(wrong(options, "the secret is empty", ""), options, console, progress);
    if (!is_utf8(secret)) return conclude(wrong(options, "the secret is not UTF-8", ""), options, console, progress);
    args.text("value", secret).boolean("rotate", options.operation == "rotate");
  }
  const std::string task = options.operation == "rm" ? "secrets.rm" : "secrets.set";
  return run_config_task(task, args, std::nullopt, options, console, progress);
}

}  // namespace lode::cli
