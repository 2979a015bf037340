// Numbers in text as Python reads and writes them.
#include "normalize/python_number.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "schema/unicode.h"

namespace lode {
namespace {

constexpr std::size_t kDigitsMax = 4300;            // Python refuses longer integers in text
constexpr std::int64_t kExponentMax = 999'999'999;  // beyond, no destination could hold the number

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Without white space at the ends and with ASCII digits for those of other scripts; all else that is not ASCII becomes
// '?'.
std::string to_ascii(std::string_view text) {
  text = trim_unicode(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const int digit = length == 0 ? -1 : decimal_digit(decode_utf8(text));
    out.push_back(length == 1 ? text.front() : digit >= 0 ? static_cast<char>('0' + digit) : '?');
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Removes underscores that stand between digits; false if one stands elsewhere.
bool drop_underscores(std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') continue;
    if (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1])) return false;
  }
  std::erase(text, '_');
  return true;
}

// number * 16 + digit, on decimal digits with the least significant first.
void times_16_plus(std::string& number, int digit) {
  int carry = digit;
  for (char& c : number) {
    const int value = (c - '0') * 16 + carry;
    c = static_cast<char>('0' + value % 10);
    carry = value / 10;
  }
  for (; carry > 0; carry /= 10) number.push_back(static_cast<char>('0' + carry % 10));
}

bool parse_hex(std::string_view text, std::string& digits) {
  std::string reversed;
  bool after_digit = false;
  for (const char c : text) {
    if (c == '_' && after_digit) {
      after_digit = false;
      continue;
    }
    const int digit = hex_digit(c);
    if (digit < 0 || reversed.size() > kDigitsMax) return false;
    times_16_plus(reversed, digit);
    after_digit = true;
  }
  if (!after_digit) return false;
  if (reversed.empty()) reversed = "0";
  digits.assign(reversed.rbegin(), reversed.rend());
  return true;
}

bool equals_word(std::string_view text, std::string_view word) { return equal_ignoring_case(text, word); }

// The scientific notation of the General Decimal Arithmetic specification, which Python's str() follows.
std::string to_scientific(bool negative, std::string_view coefficient, std::int64_t exponent) {
  const auto length = static_cast<std::int64_t>(coefficient.size());
  const std::int64_t left = exponent + length;
  const std::int64_t point = exponent <= 0 && left > -6 ? left : 1;
  std::string out = negative ? "-" : "";
  if (point <= 0) {
    out += "0." + std::string(static_cast<std::size_t>(-point), '0');
    out += coefficient;
  } else if (point >= length) {
    out += coefficient;
  } else {
    out += coefficient.substr(0, static_cast<std::size_t>(point));
    out += '.';
    out += coefficient.substr(static_cast<std::size_t>(point));
  }
  if (left != point) out += fmt::format("E{:+}", left - point);
  return out;
}

// "Infinity", "NaN", "sNaN" and their short forms; false for all else.
bool parse_special(std::string_view text, bool negative, std::string& canonical) {
  const std::string sign = negative ? "-" : "";
  if (equals_word(text, "inf") || equals_word(text, "infinity")) {
    canonical = sign + "Infinity";
    return true;
  }
  const bool signaling = !text.empty() && (text.front() == 's' || text.front() == 'S');
  const std::string_view word = text.substr(signaling ? 1 : 0);
  if (!equals_word(word.substr(0, 3), "nan") || !std::all_of(word.begin() + 3, word.end(), is_digit)) return false;
  std::string_view payload = word.substr(3);
  payload.remove_prefix(std::min(payload.find_first_not_of('0'), payload.size()));
  canonical = sign + (signaling ? "sNaN" : "NaN") + std::string(payload);
  return true;
}

// A canonical decimal in parts; false if it is not finite.
bool split_decimal(std::string_view text, bool& negative, std::string& coefficient, std::int64_t& exponent) {
  negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || !(is_digit(text.front()) || text.front() == '.')) return false;
  const std::size_t e = text.find_first_of("eE");
  exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view digits = text.substr(e + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec != std::errc()) return false;
  }
  coefficient.clear();
  bool after_point = false;
  for (const char c : text.substr(0, e)) {
    if (c == '.') {
      after_point = true;
      continue;
    }
    coefficient.push_back(c);
    if (after_point) --exponent;
  }
  return true;
}

}  // namespace

bool parse_python_int(std::string_view text, int base, std::string& digits) {
  std::string ascii = to_ascii(text);
  std::string_view rest = ascii;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (base == 16) {
    if (rest.size() > 2 && rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'X')) {
      rest.remove_prefix(rest[2] == '_' ? 3 : 2);
    }
    if (!parse_hex(rest, digits)) return false;
  } else {
    digits = rest;
    if (!drop_underscores(digits) || digits.empty() || digits.size() > kDigitsMax) return false;
    if (!std::all_of(digits.begin(), digits.end(), is_digit)) return false;
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  }
  if (negative && digits != "0") digits.insert(0, "-");
  return true;
}

std::optional<double> parse_python_float(std::string_view text) {
  std::string ascii = to_ascii(text);
  if (!drop_underscores(ascii)) return std::nullopt;
  std::string_view rest = ascii;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  double value = 0;
  if (equals_word(rest, "inf") || equals_word(rest, "infinity")) {
    value = std::numeric_limits<double>::infinity();
  } else if (equals_word(rest, "nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else {
    // from_chars() takes neither a sign after the sign nor a word at this point.
    if (rest.empty() || !(is_digit(rest.front()) || rest.front() == '.')) return std::nullopt;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (end != rest.data() + rest.size() || error == std::errc::invalid_argument) return std::nullopt;
    if (error == std::errc::result_out_of_range) {
      bool sign = false;
      std::string coefficient;
      std::int64_t exponent = 0;
      const bool is_tiny = split_decimal(rest, sign, coefficient, exponent) &&
                           exponent + static_cast<std::int64_t>(coefficient.size()) < 0;
      value = is_tiny ? 0.0 : std::numeric_limits<double>::infinity();
    }
  }
  return negative ? -value : value;
}

bool parse_python_decimal(std::string_view text, std::string& canonical) {
  std::string ascii = to_ascii(text);
  std::erase(ascii, '_');
  std::string_view rest = ascii;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (parse_special(rest, negative, canonical)) return true;
  std::string coefficient;
  std::int64_t exponent = 0;
  std::size_t at = 0;
  for (; at < rest.size() && is_digit(rest[at]); ++at) coefficient.push_back(rest[at]);
  if (at < rest.size() && rest[at] == '.') {
    for (++at; at < rest.size() && is_digit(rest[at]); ++at, --exponent) coefficient.push_back(rest[at]);
  }
  if (coefficient.empty()) return false;
  if (at < rest.size()) {
    if (rest[at] != 'e' && rest[at] != 'E') return false;
    std::string_view digits = rest.substr(at + 1);
    if (digits.starts_with('+')) {
      digits.remove_prefix(1);
      if (digits.empty() || !is_digit(digits.front())) return false;
    }
    std::int64_t written = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), written);
    if (error != std::errc() || end != digits.data() + digits.size()) return false;
    if (written > kExponentMax || written < -kExponentMax) return false;
    exponent += written;
  }
  coefficient.erase(0, std::min(coefficient.find_first_not_of('0'), coefficient.size() - 1));
  canonical = to_scientific(negative, coefficient, exponent);
  return true;
}

std::string python_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t e = text.find('e');
  int exponent = 0;
  const std::size_t sign = text[e + 1] == '+' ? 2 : 1;
  std::from_chars(text.data() + e + sign, text.data() + text.size(), exponent);
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);
  std::string out = negative ? "-" : "";
  const auto length = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (length > 1) out += "." + digits.substr(1);
    return out + fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
  }
  if (exponent < 0) return out + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  if (length <= exponent + 1)
    return out + digits + std::string(static_cast<std::size_t>(exponent + 1 - length), '0') + ".0";
  return out + digits.substr(0, static_cast<std::size_t>(exponent + 1)) + "." +
         digits.substr(static_cast<std::size_t>(exponent + 1));
}

std::optional<std::int64_t> digits_to_int(std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> decimal_to_int(std::string_view canonical) {
  bool negative = false;
  std::string coefficient;
  std::int64_t exponent = 0;
  if (!split_decimal(canonical, negative, coefficient, exponent)) return std::nullopt;
  const std::size_t last = coefficient.find_last_not_of('0');
  if (last == std::string::npos) return 0;
  exponent += static_cast<std::int64_t>(coefficient.size() - 1 - last);
  coefficient.resize(last + 1);
  coefficient.erase(0, coefficient.find_first_not_of('0'));
  if (exponent < 0 || exponent + static_cast<std::int64_t>(coefficient.size()) > 19) return std::nullopt;
  coefficient.append(static_cast<std::size_t>(exponent), '0');
  return digits_to_int((negative ? "-" : "") + coefficient);
}

bool decimal_is_nonzero(std::string_view canonical) {
  bool negative = false;
  std::string coefficient;
  std::int64_t exponent = 0;
  if (!split_decimal(canonical, negative, coefficient, exponent)) return true;
  return coefficient.find_first_not_of('0') != std::string::npos;
}

}  // namespace lode
