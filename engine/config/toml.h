// Reading TOML into json values. toml++ does the work; toml.cpp is the only file that knows.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"

namespace lode {

/// The document as an object, keys in the file's order as far as the library keeps it. Integers, floats, booleans,
/// dates, times and timestamps keep their types; a timestamp without an offset is taken as UTC. Errors:
/// kConfigUnreadable, at "path:line:column". The message never quotes the file: it may hold secrets.
Result<json::Value> parse_toml(std::string_view text, const std::string& path);

}  // namespace lode
