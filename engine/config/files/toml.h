// Reading TOML into json values. toml++ does the work; toml.cpp is the only file that knows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace lode {

/// The document as an object, keys in the file's order as far as the library keeps it. Integers, floats, booleans,
/// dates, times and timestamps keep their types; a timestamp without an offset is taken as UTC. Errors:
/// kConfigUnreadable, at "path:line:column". The message never quotes the file: it may hold secrets.
Result<json::Value> parse_toml(std::string_view text, const std::string& path);

/// A value of a document, and where it stands in the text.
struct TomlEntry {
  std::vector<std::string> parts;
  bool is_table = false;
  bool is_inline = false;     ///< a table in braces
  std::size_t key_begin = 0;  ///< bytes from the start; of a table without a key of its own, as value_begin
  std::size_t value_begin = 0;
  std::size_t value_end = 0;
};

/// All values and tables, lists as a whole, in no particular order. Errors: as parse_toml().
Result<std::vector<TomlEntry>> toml_entries(std::string_view text, const std::string& path);

}  // namespace lode
