// Unicode text as names need it: white space as Python sees it, and text as code points.
#pragma once

#include <string>
#include <string_view>

namespace lode {

/// White space at the ends of names and of numbers in text: what Python's str.strip() removes.
bool is_unicode_space(char32_t c);
/// `text` without white space at both ends; a view into `text`.
std::string_view trim_unicode(std::string_view text);
/// True for text of white space only, "" included.
bool is_blank(std::string_view text);

/// Code points; an invalid byte becomes U+FFFD.
std::u32string to_utf32(std::string_view text);
std::string to_utf8(std::u32string_view text);

}  // namespace lode
