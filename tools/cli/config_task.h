// What `lode config` and `lode secrets` share: running their tasks, which are written in Lua.
#pragma once

#include <optional>
#include <string>

#include "console.h"
#include "options.h"
#include "progress.h"
#include "text.h"

namespace lode::cli {

/// Runs lode.tasks.<task> and answers the exit code. With `script_path`, the task gets that script to read, and runs in
/// its place: require() finds what is beside it, and its pipelines validate and do nothing.
int run_config_task(const std::string& task, JsonObject args, const std::optional<std::string>& script_path,
                    const Options& options, Console& console, Progress& progress);

}  // namespace lode::cli
