// The command line of demo_api.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "studio.h"

namespace lode::demo_api {

struct Options {
  int port = 8080;
  std::uint64_t seed = 1;
  StudioSize size;
  std::int64_t generations = 0;  ///< hours that have passed before the first request
  std::string token = "demo-token";
  std::string faults;
  std::string port_file;
  bool until_stdin_closes = false;
  bool help = false;
};

/// The text that --help prints.
extern const char* const kUsage;

/// The options, or the sentence that says what is wrong with the command line.
std::variant<Options, std::string> parse_options(int argc, char** argv);

}  // namespace lode::demo_api
