// Text: small functions on UTF-8 strings that the standard library lacks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lode {

std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);                      ///< ASCII white space, both ends
std::string to_lower(std::string_view text);                       ///< ASCII letters only
std::string to_upper(std::string_view text);                       ///< ASCII letters only
bool equal_ignoring_case(std::string_view a, std::string_view b);  ///< ASCII letters only
std::string replace_all(std::string text, std::string_view from, std::string_view to);

/// Like printf("%zu") but with thin groups: 12480 -> "12 480".
std::string group_digits(std::int64_t number);
/// "512 B", "3.4 KB", "41.2 MB" (powers of 1000).
std::string show_bytes(std::uint64_t bytes);
/// "0.4 s", "41.2 s", "3 min 12 s".
std::string show_seconds(double seconds);
/// `text` cut to about `bytes_max` bytes at a character's start, with "…" when something was cut.
std::string shorten(std::string_view text, std::size_t bytes_max);

/// Number of Unicode code points. `text` must be UTF-8; invalid bytes count as one each.
std::size_t count_code_points(std::string_view text);
bool is_utf8(std::string_view text);
/// Bytes of the valid UTF-8 sequence that `text` starts with, 0 if there is none. REQUIRES: not empty
std::size_t utf8_sequence(std::string_view text);
/// The code point that `text` starts with. REQUIRES: utf8_sequence(text) > 0
char32_t decode_utf8(std::string_view text);
/// Appends a code point. REQUIRES: at most U+10FFFF
void append_utf8(std::string& out, char32_t code);
/// 0 to 9 when `code` is a decimal digit of any script (Unicode category Nd), else -1. As Python's int() takes them.
int decimal_digit(char32_t code);
/// A JSON string literal, quotes included. Only '"', '\' and control characters are escaped; invalid UTF-8 becomes
/// U+FFFD.
std::string quote_json(std::string_view text);

/// How many insertions, deletions, substitutions and swaps of neighbours make `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);
/// The candidate that someone who wrote `word` probably meant; "" when none is close.
std::string closest(std::string_view word, const std::vector<std::string>& candidates);

/// Standard alphabet; `padded` adds the trailing '='.
std::string base64_encode(std::string_view bytes, bool padded = true);
/// Strict: false when `text` is not padded standard base64.
bool base64_decode(std::string_view text, std::string& bytes);
std::string hex_encode(std::string_view bytes);  ///< lower case
/// False unless `text` is pairs of hex digits, of either case.
bool hex_decode(std::string_view text, std::string& bytes);

}  // namespace lode
