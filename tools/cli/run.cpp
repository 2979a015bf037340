// `lode run`: runs a script.
#include "commands.h"
#include "report_output.h"
#include "session.h"

namespace lode::cli {

int run_command(const Options& options, Console& console, Progress& progress) {
  return conclude(run_named_script(options, console, progress), Reports::kFirstLine, options, console, progress);
}

}  // namespace lode::cli
