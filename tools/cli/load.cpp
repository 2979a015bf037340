// `lode load`: loads files without a script. What it does is written in Lua: lua/stdlib/lode/tasks/load.lua.
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "commands.h"
#include "report_output.h"
#include "session.h"
#include "text.h"

namespace lode::cli {
namespace {

std::string current_folder() {
  const std::unique_ptr<char, void (*)(void*)> path(getcwd(nullptr, 0), std::free);
  return path ? path.get() : ".";
}

// What the task reads with native.args(); its comment says what each means.
std::string task_args_json(const Options& options) {
  JsonObject args;
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

}  // namespace

int load_command(const Options& options, Console& console, Progress& progress) {
  const Script script{"lode load", "return require('lode.tasks.load')()\n"};
  const std::string options_json = JsonObject().raw("args", task_args_json(options)).str();
  const Outcome outcome = run_script(script, options_json, options, console, progress);
  return conclude(outcome, Reports::kWhole, options, console, progress);
}

}  // namespace lode::cli
