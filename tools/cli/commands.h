// The commands of the program: each does what it says and answers the exit code.
#pragma once

#include "console.h"
#include "options.h"
#include "progress.h"

namespace lode::cli {

/// `lode run`: runs a script.
int run_command(const Options& options, Console& console, Progress& progress);
/// `lode check`: reads a script and validates what it defines; nothing is contacted.
int check_command(const Options& options, Console& console, Progress& progress);
/// `lode explain`: prints what a script would run, value by value, with where each was written.
int explain_command(const Options& options, Console& console, Progress& progress);
/// `lode load`: loads files without a script.
int load_command(const Options& options, Console& console, Progress& progress);
/// `lode preview`: shows what files or a script would load; nothing is written.
int preview_command(const Options& options, Console& console, Progress& progress);
/// `lode pipeline`: shows what this machine knows of a pipeline.
int pipeline_command(const Options& options, Console& console, Progress& progress);
/// `lode sql`: asks a dataset.
int sql_command(const Options& options, Console& console, Progress& progress);

/// `lode config`: where settings stand, and which one counts.
int config_command(const Options& options, Console& console, Progress& progress);
/// `lode secrets`: writes secrets.toml.
int secrets_command(const Options& options, Console& console, Progress& progress);
/// `lode auth`: signs in to services that sources read from.
int auth_command(const Options& options, Console& console, Progress& progress);
/// `lode init`: writes a pipeline script for an API.
int init_command(const Options& options, Console& console, Progress& progress);
/// `lode source`: adds a source to the project: its settings, its secrets, its script.
int source_command(const Options& options, Console& console, Progress& progress);

}  // namespace lode::cli
