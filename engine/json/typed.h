// dlt's typed JSON: values that JSON lacks, as strings with one private-use character in front.
//   U+F026 decimal  U+F027 timestamp  U+F028 date  U+F029 UUID  U+F02A hex bytes  U+F02B bytes  U+F02C wei  U+F02D time
#pragma once

#include <string>
#include <string_view>

#include "json/value.h"

namespace lode::json {

/// How values that are not JSON are written, and whether strings are looked at for such values when reading.
enum class Typing {
  kPlain,  ///< ISO text, base64, decimals as text: what a JSON consumer expects
  kTyped,  ///< dlt's typed JSON
};

/// The bytes that every typed string starts with.
inline constexpr std::string_view kTypedLead = "\xEF\x80";

/// What a string of typed JSON stands for.
struct TypedText {
  Kind kind = Kind::kText;
  Subkind subkind = Subkind::kNone;
  std::int64_t number = 0;  ///< kTimestamp, kDate, kTime
  std::string_view text;    ///< kText, kDecimal: a part of the string
  std::string bytes;        ///< kBinary
};

/// False when `string` does not start with such a character, or what follows cannot be read: it is plain text then.
bool read_typed(std::string_view string, TypedText& out);
/// Turns typed strings into typed values, everywhere in `value`. What cannot be decoded stays text.
void decode_typed(Value& value);

/// Appends the string, quotes included, for a kind of number: kTimestamp, kDate, kTime.
void append_typed(std::string& out, Typing typing, Kind kind, Subkind subkind, std::int64_t number);
/// The same for kDecimal, kBinary, and kText with a subkind.
void append_typed(std::string& out, Typing typing, Kind kind, Subkind subkind, std::string_view text);

}  // namespace lode::json
