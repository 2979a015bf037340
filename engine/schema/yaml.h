// YAML: schema files as people read and edit them. YAML 1.1, as PyYAML reads and writes it, because dlt does.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"

namespace lode {

/// Reads one document. Plain words are what YAML 1.1 takes them for (`on` is true, `~` is null, `0x1F` is 31), except
/// dates, which stay text. Of keys that come twice the last one counts. Errors: kSchemaInvalid, naming line and column.
Result<json::Value> parse_yaml(std::string_view text);

/// Block style, keys in their order, lines broken after 80 characters: byte for byte what PyYAML's
/// `dump(value, allow_unicode=True, default_flow_style=False, sort_keys=False)` gives. `value` has JSON's kinds only.
std::string write_yaml(const json::Value& value);

/// What a plain (unquoted) word means: null, a bool, a number, or text. A date is text here, but `is_text` says that it
/// has to be quoted to be one elsewhere.
struct YamlWord {
  json::Value value;
  bool is_text = true;
};
YamlWord read_yaml_word(std::string_view word);

}  // namespace lode
