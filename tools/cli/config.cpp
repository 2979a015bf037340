// `lode config`: where settings stand, and which one counts. What it does is written in Lua: lode/tasks/config.
#include <fmt/format.h>

#include "commands.h"
#include "config_task.h"
#include "report_output.h"

namespace lode::cli {
namespace {

std::optional<Failure> check_words(const Options& options) {
  const bool takes_key = options.operation == "get" || options.operation == "explain";
  const auto wrong = [&](const std::string& what, const std::string& hint) {
    return make_failure("cli.usage", fmt::format("lode config {}: {}", options.operation, what), {}, hint);
  };
  if (takes_key && options.words.empty()) {
    return wrong("a key is missing", fmt::format("lode config {} sources.shop.api_key", options.operation));
  }
  const std::size_t words_max = options.operation == "show" ? 0 : 1;
  if (options.words.size() > words_max) {
    return wrong(fmt::format("'{}' is one word too many", options.words[words_max]), "");
  }
  if (!takes_key && (!options.section.empty() || !options.pipeline.empty() || options.secret)) {
    return wrong("--section, --pipeline and --secret are of get and explain", "");
  }
  if (options.operation != "get" && options.reveal) return wrong("--reveal is of get", "");
  return std::nullopt;
}

}  // namespace

int config_command(const Options& options, Console& console, Progress& progress) {
  if (const std::optional<Failure> failure = check_words(options))
    return conclude(*failure, options, console, progress);
  JsonObject args;
  if (options.operation != "check" && !options.words.empty()) args.text("key", options.words.front());
  if (!options.section.empty()) args.text("section", options.section);
  if (!options.pipeline.empty()) args.text("pipeline", options.pipeline);
  if (options.secret) args.boolean("secret", true);
  if (options.reveal) args.boolean("reveal", true);
  std::optional<std::string> script;
  if (options.operation == "check" && !options.words.empty()) script = options.words.front();
  return run_config_task("config." + options.operation, args, script, options, console, progress);
}

}  // namespace lode::cli
