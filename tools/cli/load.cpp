// `lode load`: loads files without a script. What it does is written in Lua: lua/stdlib/lode/tasks/load.lua.
#include "commands.h"
#include "report_output.h"
#include "run_options.h"
#include "session.h"
#include "text.h"

namespace lode::cli {

int load_command(const Options& options, Console& console, Progress& progress) {
  const Script script{"lode load", "return require('lode.tasks.load')()\n"};
  const std::string options_json = JsonObject().raw("args", load_args_json(options, "lode load")).str();
  const Outcome outcome = run_script(script, options_json, options, console, progress);
  return conclude(outcome, Reports::kWhole, options, console, progress);
}

}  // namespace lode::cli
