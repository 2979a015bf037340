// `lode check`: reads a script and validates what it defines; nothing is contacted.
#include <fmt/format.h>

#include "commands.h"
#include "report_output.h"
#include "run_options.h"
#include "script.h"
#include "session.h"
#include "text.h"

namespace lode::cli {

int check_command(const Options& options, Console& console, Progress& progress) {
  Failure failure;
  const std::optional<Script> script = read_script(options.script, failure);
  if (!script) return conclude(failure, options, console, progress);
  const std::string options_json = run_options_json(options, args_json(options));
  Outcome outcome = run_script(*script, options_json, options, console, progress);
  if (!outcome.failure && !options.json) {
    const std::string runs =
        outcome.view.reports.empty() ? "it runs no pipeline" : count_of(outcome.view.reports.size(), "pipeline run");
    console.print(fmt::format("{}: ok, {}\n", script->name, runs));
    outcome.view.reports.clear();  // said
  }
  return conclude(outcome, Reports::kFirstLine, options, console, progress);
}

}  // namespace lode::cli
