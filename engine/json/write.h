// Writing JSON.
#pragma once

#include <string>

#include "json/document.h"
#include "json/typed.h"
#include "json/value.h"

namespace lode::json {

struct WriteOptions {
  Typing typing = Typing::kPlain;
  bool sort_keys = false;  ///< by UTF-8 bytes, at every level
  int indent = 0;          ///< spaces a level; 0: compact, no white space at all
};

/// Appends `value`. Non-ASCII stays as it is; NaN and infinities become null; doubles are the shortest text that reads
/// back equal, with a ".0" or an exponent so that they stay doubles.
void append(std::string& out, const Value& value, const WriteOptions& options = {});
void append(std::string& out, Ref value, const WriteOptions& options = {});
std::string write(const Value& value, const WriteOptions& options = {});
std::string write(Ref value, const WriteOptions& options = {});

/// A double as orjson writes it: "1.0", "1e+16", "1e-6", "0.00001"; an exponent from 1e16 on and below 1e-5. "null" for
/// NaN and infinities.
void append_double(std::string& out, double value);
/// A JSON string, quotes included; `text` must be UTF-8.
void append_text(std::string& out, std::string_view text);

}  // namespace lode::json
