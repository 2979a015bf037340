// `lode pipeline`: shows what this machine knows of a pipeline. Written in Lua:
// lua/stdlib/lode/tasks/pipeline_info.lua and pipeline_schema.lua.
#include <fmt/format.h>

#include "commands.h"
#include "report_output.h"
#include "session.h"
#include "text.h"

namespace lode::cli {

int pipeline_command(const Options& options, Console& console, Progress& progress) {
  const bool shows_schema = options.operation == "schema";
  const Script script{"lode pipeline",
                      fmt::format("return require('lode.tasks.pipeline_{}')()\n", shows_schema ? "schema" : "info")};
  JsonObject args;
  args.text("name", options.pipeline).boolean("json", options.json);
  if (!options.format.empty()) args.text("format", options.format);
  if (!options.schema.empty()) args.text("schema", options.schema);
  if (!options.pipelines_dir.empty()) args.text("pipelines_dir", options.pipelines_dir);
  // The answer is what the task prints, in JSON too; an error has the same form as everywhere.
  Options printing = options;
  printing.json = false;
  const std::string options_json = JsonObject().raw("args", args.str()).str();
  const Outcome outcome = run_script(script, options_json, printing, console, progress);
  return conclude(outcome, Reports::kFirstLine, outcome.failure ? options : printing, console, progress);
}

}  // namespace lode::cli
