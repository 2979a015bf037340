// Failure: why a command did not succeed, for people and for programs, and the exit code that says which kind it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "c/lode.h"

namespace lode::cli {

/// Exit codes of the program; docs/cli.md explains them.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,        ///< the run failed
  kExitUsage = 2,         ///< the command line or what a script defines is wrong; nothing was loaded
  kExitTemporary = 3,     ///< the run failed; the same command can succeed later
  kExitInterrupted = 130  ///< stopped by a signal
};

struct Failure {
  std::string code;  ///< stable: "cli.usage"
  std::string text;  ///< several lines, no newline at the end
  std::string json;  ///< the same facts as a JSON object
  int exit_code = kExitFailed;
};

/// Of the program's own making, in the form of the engine's errors. `details` are lines of their own; `hint` may be
/// empty.
Failure make_failure(std::string_view code, std::string_view message, const std::vector<std::string>& details = {},
                     std::string_view hint = {});
/// Of the engine's.
Failure take_failure(const lode_error* error);
/// The same for an error that is the caller's to free; frees it.
Failure take_and_free(lode_error* error);

}  // namespace lode::cli
