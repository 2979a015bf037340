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

// How a value is to be written; "": as the one that it replaces.
std::string protection_of(const Options& options) {
  if (options.operation == "decrypt") return "plain";
  if (options.with_passphrase) return "passphrase";
  return options.encrypt || options.operation == "encrypt" ? "keyring" : "";
}

std::optional<Failure> check_words(const Options& options) {
  if (options.operation.empty()) {
    return make_failure("cli.usage",
                        "lode secrets: an operation is missing: set, rotate, rm, encrypt, decrypt or template", {},
                        "lode secrets set sources.shop.api_key");
  }
  const bool is_template = options.operation == "template";
  if (options.words.empty()) {
    return wrong(options, is_template ? "a script is missing" : "a key is missing",
                 is_template ? "lode secrets template shop.lua"
                             : fmt::format("lode secrets {} sources.shop.api_key", options.operation));
  }
  const bool writes_new = options.operation == "set" || options.operation == "rotate";
  if ((options.encrypt && !writes_new) || (options.with_passphrase && !writes_new && options.operation != "encrypt")) {
    return wrong(options, "--encrypt and --passphrase are of set and rotate, --passphrase also of encrypt", "");
  }
  if (options.words.size() == 1) return std::nullopt;
  // The word may be the secret: it is not repeated.
  return wrong(
      options, "one word too many",
      writes_new ? "the secret is asked for, or read from standard input: on a command line, others see it" : "");
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
  if (const std::string protection = protection_of(options); !protection.empty()) args.text("protection", protection);
  if (options.operation == "encrypt" || options.operation == "decrypt")
    return run_config_task("secrets.protect", args, std::nullopt, options, console, progress);
  if (options.operation != "rm") {
    const std::string secret = read_secret_input(options.words.front() + ": ").value_or("");
    if (secret.empty()) return conclude(wrong(options, "the secret is empty", ""), options, console, progress);
    if (!is_utf8(secret)) return conclude(wrong(options, "the secret is not UTF-8", ""), options, console, progress);
    args.text("value", secret).boolean("rotate", options.operation == "rotate");
  }
  const std::string task = options.operation == "rm" ? "secrets.rm" : "secrets.set";
  return run_config_task(task, args, std::nullopt, options, console, progress);
}

}  // namespace lode::cli
