// Writing JSON.
#pragma once

#include <string>

#include "json/document.h"
#include "json/value.h"

namespace lode::json {

/// How values that are not JSON are written.
enum class Typing {
  kPlain,  ///< ISO text, base64, decimals as text: what a JSON consumer expects
  kTyped,  ///< dlt's typed JSON: one private-use character, U+F026 and up, then the text
};

struct WriteOptions {
  Typing typing = Typing::kPlain;
  bool sort_keys = false;   ///< by UTF-8 bytes, at every level
  int indent = 0;           ///< spaces a level; 0: compact, no white space at all
};

/// Appends `value`. Non-ASCII stays as it is; NaN and infinities become null; doubles are the shortest text that reads back
/// equal, with a ".0" or an exponent so that they stay doubles.
void append(std::string& out, const Value& value, const WriteOptions& options = {});
void append(std::string& out, Ref value, const WriteOptions& options = {});
std::string write(const Value& value, const WriteOptions& options = {});
std::string write(Ref value, const WriteOptions& options = {});

/// A double as orjson and Python's repr() write it: "1.0", "1e16", "1e-7". "null" for NaN and infinities.
void append_double(std::string& out, double value);
/// A JSON string, quotes included; `text` must be UTF-8.
void append_text(std::string& out, std::string_view text);

/// Turns strings with dlt's private-use prefixes into typed values, everywhere in `value`. What cannot be decoded stays text.
void decode_typed(Value& value);

}  // namespace lode::json
