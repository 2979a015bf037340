// JSON text and list counts.
#include "value_sink.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace lode::demo_api {
namespace {

void append_unit(std::string& out, unsigned unit) {
  std::array<char, 8> text;
  std::snprintf(text.data(), text.size(), "\\u%04x", unit & 0xffffU);
  out += text.data();
}

/// Writes the characters that JSON does not allow as they are; false for all others.
bool append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return true;
    case '\\':
      out += "\\\\";
      return true;
    case '\n':
      out += "\\n";
      return true;
    case '\t':
      out += "\\t";
      return true;
    case '\r':
      out += "\\r";
      return true;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) >= 0x20) return false;
  append_unit(out, static_cast<unsigned char>(c));
  return true;
}

/// Takes one code point off the front of well-formed UTF-8.
unsigned take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  unsigned point = length == 1 ? first : first & (0x7fU >> length);
  for (std::size_t i = 1; i < length && i < text.size(); ++i) {
    point = (point << 6) | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  text.remove_prefix(std::min(length, text.size()));
  return point;
}

}  // namespace

void JsonWriter::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

void JsonWriter::begin_object() {
  separate();
  out_ += '{';
  comma_ = false;
}

void JsonWriter::end_object() {
  out_ += '}';
  comma_ = true;
}

void JsonWriter::begin_list() {
  separate();
  out_ += '[';
  comma_ = false;
}

void JsonWriter::end_list() {
  out_ += ']';
  comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  text(name);
  out_ += ':';
  comma_ = false;
}

void JsonWriter::text(std::string_view value) {
  separate();
  out_ += '"';
  for (const char c : value) {
    if (!append_escaped(out_, c)) out_ += c;
  }
  out_ += '"';
}

void JsonWriter::ascii_text(std::string_view value) {
  separate();
  out_ += '"';
  while (!value.empty()) {
    const unsigned point = take_code_point(value);
    if (point >= 0x10000) {
      append_unit(out_, 0xd800 + ((point - 0x10000) >> 10));
      append_unit(out_, 0xdc00 + ((point - 0x10000) & 0x3ff));
    } else if (point >= 0x80) {
      append_unit(out_, point);
    } else if (!append_escaped(out_, static_cast<char>(point))) {
      out_ += static_cast<char>(point);
    }
  }
  out_ += '"';
}

void JsonWriter::integer(std::int64_t value) {
  separate();
  out_ += std::to_string(value);
}

void JsonWriter::real(double value) {
  separate();
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  const std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
  out_ += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) out_ += ".0";
}

void JsonWriter::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
}

void JsonWriter::null() {
  separate();
  out_ += "null";
}

void ListCounter::open(bool is_list) {
  count_element();
  if (frames_.empty()) {
    frames_.push_back({table_, is_list});
    return;
  }
  const Frame& parent = frames_.back();
  std::string path = parent.path;
  if (!parent.is_list) {
    path += "__" + key_;
  } else if (is_list) {
    path += "__list";
  }
  frames_.push_back({std::move(path), is_list});
}

void ListCounter::count_element() {
  if (!frames_.empty() && frames_.back().is_list) ++counts_[frames_.back().path];
}

}  // namespace lode::demo_api
