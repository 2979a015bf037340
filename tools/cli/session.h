// Session: one script run by one engine, from loading its text to its end, with progress and Ctrl-C.
#pragma once

#include <optional>
#include <string>

#include "console.h"
#include "failure.h"
#include "options.h"
#include "progress.h"
#include "script.h"
#include "status_view.h"

namespace lode::cli {

/// What a run came to.
struct Outcome {
  std::optional<Failure> failure;
  RunView view;         ///< of its end
  std::string printed;  ///< the last of what the script printed

  int exit_code() const { return failure ? failure->exit_code : kExitOk; }
};

/// Runs a script to its end. `options_json` is what lode_start takes. What the script prints goes to standard output,
/// or to standard error when `options.json` wants standard output for itself.
Outcome run_script(const Script& script, const std::string& options_json, const Options& options, Console& console,
                   Progress& progress);
/// The same for the script that `options` names, with all that they say of a run.
Outcome run_named_script(const Options& options, Console& console, Progress& progress);

}  // namespace lode::cli
