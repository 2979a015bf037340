// Usage: the command line: its commands, options and help, and what to say when it is wrong.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "failure.h"
#include "options.h"

namespace lode::cli {

/// What became of a command line: exactly one of the three is set.
struct Usage {
  std::optional<Options> options;
  std::optional<std::string> help;  ///< to be printed: the user asked for it
  std::optional<Failure> failure;   ///< its last detail is the usage line of the command
};

/// `words` are those after the program's name.
Usage read_command_line(std::vector<std::string> words);

}  // namespace lode::cli
