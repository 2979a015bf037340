// The options of a run, as the engine takes them.
#pragma once

#include <string>

#include "options.h"

namespace lode::cli {

/// For lode_start: what `run` and `check` override. `args_json` is the object of the script's arguments.
std::string run_options_json(const Options& options, const std::string& args_json);
/// The arguments after --, as an object.
std::string args_json(const Options& options);

}  // namespace lode::cli
