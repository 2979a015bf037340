// `lode check`: reads a script and validates what it defines; nothing is contacted.
#include <fmt/format.h>

#include "commands.h"
#include "report_output.h"
#include "session.h"
#include "text.h"

namespace lode::cli {

int check_command(const Options& options, Console& console, Progress& progress) {
  Outcome outcome = run_named_script(options, console, progress);
  if (!outcome.failure && !options.json) {
    const std::string runs =
        outcome.view.reports.empty() ? "it runs no pipeline" : count_of(outcome.view.reports.size(), "pipeline run");
    console.print(fmt::format("{}: ok, {}\n", options.script, runs));
    outcome.view.reports.clear();  // said
  }
  return conclude(outcome, Reports::kFirstLine, options, console, progress);
}

}  // namespace lode::cli
