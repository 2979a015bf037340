// What `lode config` and `lode secrets` share: running their tasks.
#include "config_task.h"

#include <fmt/format.h>

#include "report_output.h"
#include "run_options.h"
#include "script.h"
#include "session.h"

namespace lode::cli {

int run_config_task(const std::string& task, JsonObject args, const std::optional<std::string>& script_path,
                    const Options& options, Console& console, Progress& progress) {
  Script script{"lode " + task.substr(0, task.find('.')), ""};
  if (script_path) {
    Failure failure;
    const std::optional<Script> read = read_script(*script_path, failure);
    if (!read) return conclude(failure, options, console, progress);
    script.name = read->name;
    args.text("script", read->name).text("source", read->source).raw("script_args", args_json(options));
  }
  script.source = fmt::format("return require('lode.tasks.{}')()\n", task);
  args.boolean("json", options.json).boolean("colours", console.output_colours());
  if (console.output_is_terminal()) args.number("columns", console.output_columns());
  const std::string run = JsonObject().raw("args", args.str()).boolean("check_only", true).str();
  // The answer is what the task prints, in JSON too; an error has the same form as everywhere.
  Options printing = options;
  printing.json = false;
  const Outcome outcome = run_script(script, run, printing, console, progress);
  return conclude(outcome, Reports::kNone, outcome.failure ? options : printing, console, progress);
}

}  // namespace lode::cli
