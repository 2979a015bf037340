// The options of a run, as the engine takes them.
#include "run_options.h"

#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "text.h"

namespace lode::cli {
namespace {

std::string current_folder() {
  const std::unique_ptr<char, void (*)(void*)> path(getcwd(nullptr, 0), std::free);
  return path ? path.get() : ".";
}

std::string preview_json(const Options& options) {
  JsonObject preview;
  if (options.limit) preview.number("limit", *options.limit);
  if (options.rows_shown) preview.number("rows_shown", *options.rows_shown);
  if (options.diff || !options.destination.empty()) preview.boolean("compare", true);
  return preview.str();
}

}  // namespace

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
  if (options.command == Command::kPreview) {
    json.raw("preview", preview_json(options));
  } else if (options.limit) {
    json.number("limit", *options.limit);
  }
  if (!options.refresh.empty()) json.text("refresh", options.refresh);
  if (!options.metrics_file.empty()) json.text("metrics_file", options.metrics_file);
  if (options.full_refresh) json.boolean("full_refresh", true);
  if (options.command == Command::kCheck) json.boolean("check_only", true);
  if (options.command == Command::kExplain) json.boolean("explain", true);
  return json.str();
}

std::string load_args_json(const Options& options, std::string_view command) {
  JsonObject args;
  args.text("command", command);
  args.texts("files", options.files).text("destination", options.destination).text("dataset", options.dataset);
  args.text("folder", current_folder());
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) args.text(key, value);
  };
  add("name", options.pipeline);
  add("table", options.table);
  add("format", options.format);
  add("write_disposition", options.write_disposition);
  add("select", options.select);
  add("pipelines_dir", options.pipelines_dir);
  if (!options.primary_key.empty()) args.texts("primary_key", options.primary_key);
  return args.str();
}

}  // namespace lode::cli
