// The options of a run, as the engine takes them.
#pragma once

#include <string>
#include <string_view>

#include "options.h"

namespace lode::cli {

/// For lode_start: what `run` and `check` override. `args_json` is the object of the script's arguments.
std::string run_options_json(const Options& options, const std::string& args_json);
/// The arguments after --, as an object.
std::string args_json(const Options& options);
/// The arguments of the task behind `load`, as an object; its comments say what each means. `command` is for messages.
std::string load_args_json(const Options& options, std::string_view command);

}  // namespace lode::cli
