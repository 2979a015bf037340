// YAML, writing. How a text is quoted and where its lines break follows PyYAML, so that a schema file that dlt wrote
// and lode writes again does not change.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "json/write.h"
#include "schema/unicode.h"
#include "schema/yaml.h"

namespace lode {
namespace {

using json::Kind;
using json::Value;

constexpr std::size_t kWidth = 80;
constexpr std::size_t kSimpleKeyMax = 123;

bool is_break(char32_t c) { return c == U'\n' || c == 0x85 || c == 0x2028 || c == 0x2029; }
bool is_white(char32_t c) { return c == 0 || c == U' ' || c == U'\t' || c == U'\r' || is_break(c); }
bool is_in(char32_t c, std::u32string_view set) { return set.find(c) != std::u32string_view::npos; }

bool is_printable(char32_t c) {
  return (c >= 0x20 && c <= 0x7E) || (c >= 0xA0 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD);
}

enum class Style { kPlain, kSingle, kDouble };

struct Scalar {
  std::u32string text;
  Style style = Style::kPlain;
  bool has_breaks = false;
};

// Which styles give the text back. Breaks and spaces that touch, and what cannot be printed, only double quotes keep.
struct Analysis {
  bool plain = true;
  bool single = true;
  bool has_breaks = false;
};

Analysis analyze(const std::u32string& text) {
  Analysis found;
  bool starts_something = text.starts_with(U"---") || text.starts_with(U"...");
  bool needs_double = false;
  bool space_then_break = false;
  bool break_then_space = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    const bool before_white = i + 1 == text.size() || is_white(text[i + 1]);
    if (i == 0 && is_in(c, U"#,[]{}&*!|>'\"%@`")) starts_something = true;
    if (i == 0 && is_in(c, U"?:-") && before_white) starts_something = true;
    if (i > 0 && c == U':' && before_white) starts_something = true;
    if (i > 0 && c == U'#' && is_white(text[i - 1])) starts_something = true;
    if (is_break(c)) found.has_breaks = true;
    // Of the breaks only '\n' is one to every reader: YAML 1.2 takes the others for characters.
    const bool is_text = (is_printable(c) && !is_break(c)) || c == U'\n' || (c >= 0x10000 && c < 0x10FFFF);
    if (!is_text || c == 0xFEFF) needs_double = true;
    if (i > 0 && c == U' ' && is_break(text[i - 1])) break_then_space = true;
    if (i > 0 && is_break(c) && text[i - 1] == U' ') space_then_break = true;
  }
  if (text.ends_with(U"\n\n")) needs_double = true;  // yaml-cpp loses one of them in single quotes
  const auto is_edge = [](char32_t c) { return c == U' ' || is_break(c); };
  const bool has_edges = !text.empty() && (is_edge(text.front()) || is_edge(text.back()));
  found.single = !break_then_space && !space_then_break && !needs_double;
  found.plain = found.single && !found.has_breaks && !has_edges && !starts_something;
  return found;
}

Scalar scalar_of(std::string_view text, bool is_key) {
  Scalar scalar;
  scalar.text = to_utf32(text);
  const Analysis analysis = analyze(scalar.text);
  scalar.has_breaks = analysis.has_breaks;
  const bool reads_as_text = !text.empty() && read_yaml_word(text).is_text;
  if (analysis.plain && reads_as_text) {
    scalar.style = Style::kPlain;
  } else if (analysis.single && !(is_key && analysis.has_breaks)) {
    scalar.style = Style::kSingle;
  } else {
    scalar.style = Style::kDouble;
  }
  return scalar;
}

std::string float_text(double number) {
  if (std::isnan(number)) return ".nan";
  if (std::isinf(number)) return number < 0 ? "-.inf" : ".inf";
  // Python's repr(): an exponent below 1e-4 and from 1e16 on, of two digits at least.
  const double size = std::fabs(number);
  const bool has_exponent = size != 0 && (size < 1e-4 || size >= 1e16);
  char digits[400];
  const auto format = has_exponent ? std::chars_format::scientific : std::chars_format::fixed;
  std::string text(digits, std::to_chars(digits, digits + sizeof digits, number, format).ptr);
  if (text.find('.') != std::string::npos) return text;
  const std::size_t exponent = std::min(text.find('e'), text.size());
  return text.insert(exponent, ".0");  // YAML 1.1 takes 1e16 for text
}

std::u32string escape(char32_t c) {
  constexpr std::pair<char32_t, char32_t> kShort[] = {
      {0, U'0'},  {7, U'a'},    {8, U'b'},      {9, U't'},    {10, U'n'},   {11, U'v'},     {12, U'f'},     {13, U'r'},
      {27, U'e'}, {U'"', U'"'}, {U'\\', U'\\'}, {0x85, U'N'}, {0xA0, U'_'}, {0x2028, U'L'}, {0x2029, U'P'},
  };
  for (const auto& [code, letter] : kShort) {
    if (code == c) return std::u32string(U"\\") + letter;
  }
  const auto code = static_cast<std::uint32_t>(c);
  const std::string text = code <= 0xFF     ? fmt::format("\\x{:02X}", code)
                           : code <= 0xFFFF ? fmt::format("\\u{:04X}", code)
                                            : fmt::format("\\U{:08X}", code);
  return to_utf32(text);
}

// Writes values at the end of the document. `indent` is the column where the keys of the value's parent stand; a text
// that is broken goes on two columns further.
class Writer {
 public:
  void root(const Value& value) {
    if (is_block(value)) {
      block(value, 0, false);
    } else {
      scalar(value, 0, false);
    }
    out_ += '\n';
  }
  std::string take() { return std::move(out_); }

 private:
  static bool is_block(const Value& value) { return (value.is_object() || value.is_list()) && value.size() > 0; }

  void start_line(std::size_t indent) {
    if (!out_.empty()) out_ += '\n';
    out_.append(indent, ' ');
    column_ = indent;
  }

  void put(std::string_view text) {
    out_ += text;
    column_ += text.size();
  }
  void put(std::u32string_view text) {
    out_ += to_utf8(text);
    column_ += text.size();
  }

  // With `has_line` the first line of the block has begun already, behind the dash of a list.
  void block(const Value& value, std::size_t indent, bool has_line) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i > 0 || !has_line) start_line(indent);
      if (value.is_list()) {
        put("-");
        inner(value.items()[i], indent, indent + 2, true);
      } else {
        const auto& [key, member] = value.members()[i];
        member_of(key, member, indent);
      }
    }
  }

  void member_of(const std::string& key, const Value& value, std::size_t indent) {
    const Scalar name = scalar_of(key, true);
    const bool is_simple = name.text.size() < kSimpleKeyMax && !name.text.empty() && !name.has_breaks;
    if (is_simple) {
      write(name, indent, false);
    } else {
      put("? ");
      write(scalar_of(key, false), indent, true);
      start_line(indent);
    }
    put(":");
    // Lists stand under their key, not further in.
    inner(value, indent, is_simple && value.is_list() ? indent : indent + 2, !is_simple);
  }

  // What comes behind "key:" or "-".
  void inner(const Value& value, std::size_t indent, std::size_t block_indent, bool is_compact) {
    if (!is_block(value)) {
      put(" ");
      return scalar(value, indent, true);
    }
    if (is_compact) put(" ");
    block(value, block_indent, is_compact);
  }

  void scalar(const Value& value, std::size_t indent, bool may_break) {
    switch (value.kind()) {
      case Kind::kNull:
        return put("null");
      case Kind::kBool:
        return put(value.as_bool() ? "true" : "false");
      case Kind::kInt:
        return put(std::to_string(value.as_int()));
      case Kind::kDouble:
        return put(float_text(value.as_double()));
      case Kind::kBigInt:
        return put(value.as_text());
      case Kind::kList:
        return put("[]");
      case Kind::kObject:
        return put("{}");
      case Kind::kText:
        return write(scalar_of(value.as_text(), false), indent, may_break);
      default:
        return put(json::write(value));
    }
  }

  void write(const Scalar& scalar, std::size_t indent, bool may_break) {
    switch (scalar.style) {
      case Style::kPlain:
        return write_words(scalar.text, indent, may_break, false);
      case Style::kSingle:
        put("'");
        write_words(scalar.text, indent, may_break, true);
        return put("'");
      case Style::kDouble:
        return write_double(scalar.text, indent, may_break);
    }
  }

  // Plain and in single quotes: a line that is full ends at the next single space.
  void write_words(const std::u32string& text, std::size_t indent, bool may_break, bool is_quoted) {
    std::size_t i = 0;
    while (i < text.size()) {
      const std::size_t start = i;
      if (text[i] == U' ') {
        while (i < text.size() && text[i] == U' ') ++i;
        const bool at_edge = is_quoted && (start == 0 || i == text.size());
        if (i == start + 1 && column_ > kWidth && may_break && !at_edge) {
          start_line(indent + 2);
        } else {
          put(std::u32string_view(text).substr(start, i - start));
        }
      } else if (text[i] == U'\n') {
        write_breaks(text, i, indent);
      } else {
        while (i < text.size() && text[i] != U' ' && text[i] != U'\n') ++i;
        put_word(std::u32string_view(text).substr(start, i - start), is_quoted);
      }
    }
  }

  void put_word(std::u32string_view word, bool is_quoted) {
    for (std::size_t quote = is_quoted ? word.find(U'\'') : std::u32string_view::npos;
         quote != std::u32string_view::npos; quote = word.find(U'\'')) {
      put(word.substr(0, quote));
      put("''");
      word.remove_prefix(quote + 1);
    }
    put(word);
  }

  // In quotes a single line break would be read as a space: it is written twice.
  void write_breaks(const std::u32string& text, std::size_t& i, std::size_t indent) {
    out_ += '\n';
    for (; i < text.size() && text[i] == U'\n'; ++i) out_ += '\n';
    out_.append(indent + 2, ' ');
    column_ = indent + 2;
  }

  void write_double(const std::u32string& text, std::size_t indent, bool may_break) {
    put("\"");
    std::size_t start = 0;
    for (std::size_t end = 0; end <= text.size(); ++end) {
      const bool at_end = end == text.size();
      const char32_t c = at_end ? 0 : text[end];
      if (at_end || c == U'"' || c == U'\\' || c == 0xFEFF || !is_printable(c) || c == 0x2028 || c == 0x2029) {
        if (start < end) {
          put(std::u32string_view(text).substr(start, end - start));
          start = end;
        }
        if (!at_end) {
          put(escape(c));
          start = end + 1;
        }
      }
      const bool is_inside = end > 0 && end + 1 < text.size();
      if (is_inside && (c == U' ' || start >= end) && column_ + end > kWidth + start && may_break) {
        if (start < end) {
          put(std::u32string_view(text).substr(start, end - start));
          start = end;
        }
        put("\\");
        start_line(indent + 2);
        if (text[start] == U' ') put("\\");
      }
    }
    put("\"");
  }

  std::string out_;
  std::size_t column_ = 0;
};

}  // namespace

std::string write_yaml(const Value& value) {
  Writer writer;
  writer.root(value);
  return writer.take();
}

}  // namespace lode
