// The script of `lode run` and `lode check`: from what the user typed to a name and a text.
#pragma once

#include <optional>
#include <string>

#include "failure.h"

namespace lode::cli {

struct Script {
  std::string name;  ///< its path, as messages show it
  std::string source;
};

bool is_folder(const std::string& path);

/// `path` is a Lua file, or a folder with init.lua. On failure nullopt, and `failure` says why.
std::optional<Script> read_script(const std::string& path, Failure& failure);

}  // namespace lode::cli
