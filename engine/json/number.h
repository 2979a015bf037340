// Numbers in JSON texts. Private to this folder.
#pragma once

#include "json/document.h"

namespace lode::json {

/// Whether a number or word may end before `at`: white space, a bracket, a comma, a colon or the end of the text.
inline bool ends_scalar(const char* at, const char* text_end) {
  if (at >= text_end) return true;
  switch (*at) {
    case ' ':
    case '\n':
    case '\r':
    case '\t':
    case ',':
    case ':':
    case '[':
    case ']':
    case '{':
    case '}':
      return true;
    default:
      return false;
  }
}

/// The parts of read_number() that are not for short integers.
const char* read_long_number(const char* at, const char* text_end, Cell& cell);

/// Reads the number at `at` into `cell`: kInt, kDouble, or kBigInt whose text is left where it is. nullptr when done,
/// else the place of what is wrong; the kind is kDouble then if the number is well formed but too large, else kNull.
/// REQUIRES: `*at` is '-' or a digit, and `*text_end` may be read.
inline const char* read_number(const char* at, const char* text_end, Cell& cell) {
  const bool negative = *at == '-';
  const char* const first = at + negative;
  const char* digit = first;
  std::uint64_t value = 0;
  for (; *digit >= '0' && *digit <= '9'; ++digit) value = value * 10 + static_cast<std::uint64_t>(*digit - '0');
  const auto count = digit - first;
  // 18 digits always fit. A leading zero, a fraction, an exponent and everything wrong takes the long way.
  if (count == 0 || count > 18 || (*first == '0' && count > 1) || !ends_scalar(digit, text_end)) {
    return read_long_number(at, text_end, cell);
  }
  cell.kind = Kind::kInt;
  cell.subkind = Subkind::kNone;
  cell.size = 0;
  cell.number = negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
  return nullptr;
}

}  // namespace lode::json
