// Unicode text as names need it.
#include "schema/unicode.h"

#include "base/text.h"

namespace lode {
namespace {

// The code point at the start of `text`, which loses it. REQUIRES: not empty
char32_t take_code_point(std::string_view& text) {
  const std::size_t length = utf8_sequence(text);
  const char32_t code = length == 0 ? 0xFFFD : decode_utf8(text);
  text.remove_prefix(length == 0 ? 1 : length);
  return code;
}

}  // namespace

bool is_unicode_space(char32_t c) {
  if (c <= 0x20) return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

std::string_view trim_unicode(std::string_view text) {
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7F; };  // no space, and a code point of its own
  if (!text.empty() && is_plain(text.front()) && is_plain(text.back())) return text;
  for (std::string_view rest = text; !rest.empty() && is_unicode_space(take_code_point(rest));) text = rest;
  while (!text.empty()) {
    std::size_t last = text.size() - 1;
    while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) --last;
    std::string_view rest = text.substr(last);
    if (!is_unicode_space(take_code_point(rest)) || !rest.empty()) break;
    text = text.substr(0, last);
  }
  return text;
}

bool is_blank(std::string_view text) { return trim_unicode(text).empty(); }

std::u32string to_utf32(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  while (!text.empty()) out.push_back(take_code_point(text));
  return out;
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

}  // namespace lode
