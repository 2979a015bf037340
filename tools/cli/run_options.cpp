// The options of a run, as the engine takes them.
#include "run_options.h"

#include "text.h"

namespace lode::cli {

std::string args_json(const Options& options) {
  JsonObject args;
  for (const auto& [key, value] : options.args) args.text(key, value);
  return args.str();
}

std::string run_options_json(const Options& options, const std::string& args_json) {
  JsonObject json;
  json.raw("args", args_json);
  if (!options.destination.empty()) json.text("destination", options.destination);
  if (!options.dataset.empty()) json.text("dataset", options.dataset);
  if (!options.pipelines_dir.empty()) json.text("pipelines_dir", options.pipelines_dir);
  if (!options.resources.empty()) json.texts("resources", options.resources);
  if (options.limit) json.number("limit", *options.limit);
  if (options.full_refresh) json.boolean("full_refresh", true);
  if (options.command == Command::kCheck) json.boolean("check_only", true);
  return json.str();
}

}  // namespace lode::cli
