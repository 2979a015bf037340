// The few Unicode facts that names and numbers depend on: white space and decimal digits as Python sees them.
#pragma once

#include <string>
#include <string_view>

namespace lode {

/// White space for names and numbers in text: what Python's str.strip() removes.
bool is_unicode_space(char32_t c);
/// 0..9 for a decimal digit of any script (Unicode category Nd), -1 for all else.
int unicode_digit(char32_t c);

/// The character at `at`, which moves behind it. An invalid byte counts as one character, U+FFFD.
char32_t next_code_point(std::string_view text, std::size_t& at);
std::u32string decode_utf8(std::string_view text);
void append_utf8(std::string& out, char32_t c);
std::string encode_utf8(std::u32string_view text);

/// `text` without Unicode white space at both ends; a view into `text`.
std::string_view trim_unicode(std::string_view text);
/// True for text of white space only, "" included.
bool is_blank(std::string_view text);

}  // namespace lode
