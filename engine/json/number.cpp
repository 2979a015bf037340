// Numbers in JSON texts: fractions, exponents and integers of many digits.
#include "json/number.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

namespace lode::json {
namespace {

bool is_digit(const char* at, const char* end) { return at < end && *at >= '0' && *at <= '9'; }

// A number cut into its parts. All pointers are into the text.
struct Parts {
  const char* first = nullptr;      // first digit
  const char* whole_end = nullptr;  // behind the digits before the point
  const char* mantissa_end = nullptr;
  const char* end = nullptr;
  bool is_integer = true;
};

// nullptr when the number is well formed, else the place where it is not.
const char* cut(const char* at, const char* text_end, Parts& parts) {
  if (*at == '-') ++at;
  parts.first = at;
  if (!is_digit(at, text_end)) return at;
  if (*at == '0' && is_digit(at + 1, text_end)) return at;  // a leading zero
  while (is_digit(at, text_end)) ++at;
  parts.whole_end = parts.mantissa_end = at;
  if (at < text_end && *at == '.') {
    parts.is_integer = false;
    if (!is_digit(++at, text_end)) return at;
    while (is_digit(at, text_end)) ++at;
    parts.mantissa_end = at;
  }
  if (at < text_end && (*at == 'e' || *at == 'E')) {
    parts.is_integer = false;
    ++at;
    if (at < text_end && (*at == '+' || *at == '-')) ++at;
    if (!is_digit(at, text_end)) return at;
    while (is_digit(at, text_end)) ++at;
  }
  parts.end = at;
  return ends_scalar(at, text_end) ? nullptr : at;
}

// Most doubles in data have a point and at most 15 digits. Such an integer and such a power of ten are exact as
// doubles, so that their quotient is rounded once, as it should.
bool read_short_double(const Parts& parts, double& value) {
  static constexpr double kPowers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  if (parts.mantissa_end != parts.end || parts.mantissa_end - parts.first > 16) return false;
  std::uint64_t digits = 0;
  for (const char* at = parts.first; at < parts.mantissa_end; ++at) {
    if (*at != '.') digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
  }
  value = static_cast<double>(digits) / kPowers[parts.mantissa_end - parts.whole_end - 1];
  return true;
}

// Whether a number that no double is near to is too large (or else too small).
bool is_huge(const Parts& parts) {
  std::int64_t exponent = 0;  // of the first digit that is not 0, in powers of ten
  const char* at = parts.first;
  if (*at != '0') {
    exponent = parts.whole_end - parts.first;
  } else {
    for (at = parts.whole_end + 1; at < parts.mantissa_end && *at == '0'; ++at) --exponent;
  }
  std::int64_t written = 0;
  if (parts.mantissa_end < parts.end) {
    const char* digits = parts.mantissa_end + 1 + (parts.mantissa_end[1] == '+' ? 1 : 0);
    const auto [stop, error] = std::from_chars(digits, parts.end, written);
    if (error == std::errc::result_out_of_range) return *digits != '-';
  }
  return exponent + written > 0;
}

}  // namespace

const char* read_long_number(const char* at, const char* text_end, Cell& cell) {
  Parts parts;
  cell.kind = Kind::kNull;
  cell.subkind = Subkind::kNone;
  if (const char* wrong = cut(at, text_end, parts)) return wrong;
  const bool negative = *at == '-';
  cell.size = 0;
  if (parts.is_integer) {
    std::int64_t value = 0;
    if (std::from_chars(at, parts.end, value).ec == std::errc()) {
      cell.kind = Kind::kInt;
      cell.number = value;
    } else {
      cell.kind = Kind::kBigInt;
      cell.text = at;
      cell.size = static_cast<std::uint32_t>(parts.end - at);
    }
    return nullptr;
  }
  cell.kind = Kind::kDouble;
  double value = 0;
  if (!read_short_double(parts, value)) {
    const std::errc error = std::from_chars(parts.first, parts.end, value).ec;
    if (error == std::errc::result_out_of_range) {
      if (is_huge(parts)) return at;
      value = 0;
    }
  }
  cell.real = negative ? -value : value;
  return nullptr;
}

}  // namespace lode::json
