// Numbers in text as Python reads and writes them: what dlt's conversions between text and numbers come down to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lode {

/// int(text, base) for base 10 and 16, as decimal digits with a '-' for negative numbers: white space at the ends, a
/// sign, single underscores between digits, digits of any script; for base 16 also a "0x" of its own. False where
/// Python raises.
bool parse_python_int(std::string_view text, int base, std::string& digits);
/// float(text). Too large becomes infinity.
std::optional<double> parse_python_float(std::string_view text);
/// str(Decimal(text)): exact, "1E+3" stays in that form. False where Python raises.
bool parse_python_decimal(std::string_view text, std::string& canonical);
/// repr(value): "1.0", "1e+16", "1e-07", "inf", "nan".
std::string python_repr(double value);

/// The whole number that a canonical decimal stands for; nullopt if it has a fraction, is not finite or exceeds 64
/// bits.
std::optional<std::int64_t> decimal_to_int(std::string_view canonical);
/// Digits with an optional '-' as a 64-bit number; nullopt beyond.
std::optional<std::int64_t> digits_to_int(std::string_view digits);
/// False for zero; NaN counts as not zero, as in Python.
bool decimal_is_nonzero(std::string_view canonical);

}  // namespace lode
