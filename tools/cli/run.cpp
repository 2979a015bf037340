// `lode run`: runs a script.
#include "commands.h"
#include "report_output.h"
#include "run_options.h"
#include "script.h"
#include "session.h"

namespace lode::cli {

int run_command(const Options& options, Console& console, Progress& progress) {
  Failure failure;
  const std::optional<Script> script = read_script(options.script, failure);
  if (!script) return conclude(failure, options, console, progress);
  const std::string options_json = run_options_json(options, args_json(options));
  const Outcome outcome = run_script(*script, options_json, options, console, progress);
  return conclude(outcome, Reports::kFirstLine, options, console, progress);
}

}  // namespace lode::cli
