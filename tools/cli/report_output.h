// Report output: the last words of a command.
#pragma once

#include "console.h"
#include "options.h"
#include "progress.h"
#include "session.h"

namespace lode::cli {

/// How much a command says of what was loaded, when all went well and nobody else said it.
enum class Reports {
  kFirstLine,  ///< a line a pipeline, with the progress: the script prints what it likes
  kNone,       ///< nothing: standard output has its answer already
  kWhole       ///< all of it, on standard output: it is what the command answers
};

/// Says what a run came to, and answers the exit code.
int conclude(const Outcome& outcome, Reports reports, const Options& options, Console& console, Progress& progress);
/// The same for what failed before anything ran.
int conclude(const Failure& failure, const Options& options, Console& console, Progress& progress);

}  // namespace lode::cli
