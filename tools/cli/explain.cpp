// `lode explain`: prints what a script would run; the pipelines themselves do that (lua/stdlib/lode/explain.lua).
#include "commands.h"
#include "report_output.h"
#include "run_options.h"
#include "script.h"
#include "session.h"

namespace lode::cli {

int explain_command(const Options& options, Console& console, Progress& progress) {
  Failure failure;
  const std::optional<Script> script = read_script(options.script, failure);
  if (!script) return conclude(failure, options, console, progress);
  const std::string options_json = run_options_json(options, args_json(options));
  Outcome outcome = run_script(*script, options_json, options, console, progress);
  if (!outcome.failure && !options.json) {
    if (outcome.view.reports.empty()) console.print(script->name + ": it runs no pipeline\n");
    outcome.view.reports.clear();  // nothing was done
  }
  return conclude(outcome, Reports::kFirstLine, options, console, progress);
}

}  // namespace lode::cli
