// Programs that give out credentials: run, and what they print is read.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"

namespace lode {

/// Runs `words` (the program, looked for in PATH, and its arguments; no shell) and gives back what it wrote to its
/// standard output, which the caller wipes. It gets the environment of this process, no input, and its messages go
/// nowhere: they might be secret. After `timeout_s`, a stop, or too much output (kProgramBytesMax), it is ended with
/// all that it started. Errors: kNotFound when there is no such program, kConfigUnreadable when it fails or does not
/// end, kCancelled. They name the program and none of its arguments.
Result<std::string> run_program(const std::vector<std::string>& words, double timeout_s, const std::stop_token& stop);

inline constexpr std::size_t kProgramBytesMax = 256 << 10;

}  // namespace lode
