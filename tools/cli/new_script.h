// Scripts that the program writes: where they go, and never over what is there.
#pragma once

#include <optional>
#include <string>

#include "failure.h"

namespace lode::cli {

/// "lode init: 'shop.lua' cannot be written: …" for an errno.
Failure file_failure(const std::string& command, const char* verb, const std::string& path, int number);

/// "pipelines" -> "pipelines/", if that is a folder; else as it is.
std::string with_slash(const std::string& output);
/// The file that `output` (a file, a folder, or "") means for a script of that name.
std::string new_script_path(const std::string& output, const std::string& name);
/// What would keep a script from being written there, as far as it is known yet: `name` may be "".
std::optional<Failure> check_new_script(const std::string& command, const std::string& output, const std::string& name);
/// A new file with the whole text, or none.
std::optional<Failure> write_new_script(const std::string& command, const std::string& path, const std::string& text);

}  // namespace lode::cli
