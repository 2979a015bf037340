// `lode explain`: prints what a script would run; the pipelines themselves do that (lua/stdlib/lode/explain.lua).
#include "commands.h"
#include "report_output.h"
#include "session.h"

namespace lode::cli {

int explain_command(const Options& options, Console& console, Progress& progress) {
  Outcome outcome = run_named_script(options, console, progress);
  if (!outcome.failure && !options.json) {
    if (outcome.view.reports.empty()) console.print(options.script + ": it runs no pipeline\n");
    outcome.view.reports.clear();  // nothing was done
  }
  return conclude(outcome, Reports::kFirstLine, options, console, progress);
}

}  // namespace lode::cli
