// Writing JSON, byte for byte as orjson writes it.
#include "json/write.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/iso8601.h"
#include "base/text.h"
#include "base/time.h"

namespace lode::json {
namespace {

// The first character of dlt's typed texts, U+F026 to U+F02D in UTF-8, without its last byte.
constexpr std::string_view kTypedLead = "\xEF\x80";
constexpr char kTypedDecimal = '\xA6';
constexpr char kTypedTimestamp = '\xA7';
constexpr char kTypedDate = '\xA8';
constexpr char kTypedBinary = '\xAB';
constexpr char kTypedTime = '\xAD';

void append_int(std::string& out, std::int64_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// One writer for both kinds of tree: what they have in common is here, their walks are below.
class Writer {
 public:
  Writer(std::string& out, const WriteOptions& options) : out_(out), options_(options) {}

  void value(const Value& value);
  void value(Ref value);

 private:
  struct SortedMember {
    std::string_view key;
    const void* value;
  };

  void members_in_order(const Value& object);
  void members_in_order(Ref object);
  void sorted_members(std::size_t first, void (Writer::*write)(const void*));
  void value_pointer(const void* value) { this->value(*static_cast<const Value*>(value)); }
  void cell_pointer(const void* cell) { this->value(Ref(static_cast<const Cell*>(cell))); }

  void open(char bracket) {
    out_.push_back(bracket);
    ++depth_;
  }
  void close(char bracket, bool is_empty) {
    --depth_;
    if (!is_empty) new_line();
    out_.push_back(bracket);
  }
  void before_item(bool is_first) {
    if (!is_first) out_.push_back(',');
    new_line();
  }
  void key(std::string_view name) {
    append_text(out_, name);
    out_.push_back(':');
    if (options_.indent > 0) out_.push_back(' ');
  }
  void new_line() {
    if (options_.indent == 0) return;
    out_.push_back('\n');
    out_.append(static_cast<std::size_t>(options_.indent) * depth_, ' ');
  }

  void number_scalar(Kind kind, std::int64_t number);
  void text_scalar(Kind kind, std::string_view text);
  void tagged(char tag, std::string_view text);

  std::string& out_;
  const WriteOptions& options_;
  std::size_t depth_ = 0;
  std::vector<SortedMember> sorted_;  // a stack: the members of every object that is being written
};

void Writer::tagged(char tag, std::string_view text) {
  out_.push_back('"');
  if (options_.typing == Typing::kTyped) out_.append(kTypedLead).push_back(tag);
  out_.append(text);  // digits, letters and punctuation: nothing to escape
  out_.push_back('"');
}

void Writer::number_scalar(Kind kind, std::int64_t number) {
  switch (kind) {
    case Kind::kBool: out_.append(number != 0 ? "true" : "false"); return;
    case Kind::kTimestamp: return tagged(kTypedTimestamp, iso_timestamp(number));
    case Kind::kDate: return tagged(kTypedDate, iso_date(number));
    case Kind::kTime: return tagged(kTypedTime, iso_time(number));
    default: return append_int(out_, number);
  }
}

void Writer::text_scalar(Kind kind, std::string_view text) {
  switch (kind) {
    case Kind::kBigInt: out_.append(text); return;
    case Kind::kDecimal: return tagged(kTypedDecimal, text);
    case Kind::kBinary: return tagged(kTypedBinary, base64_encode(text));
    default: return append_text(out_, text);
  }
}

void Writer::value(Ref value) {
  switch (value.kind()) {
    case Kind::kNull: out_.append("null"); return;
    case Kind::kDouble: return append_double(out_, value.as_double());
    case Kind::kText:
    case Kind::kBigInt:
    case Kind::kDecimal:
    case Kind::kBinary: return text_scalar(value.kind(), value.as_text());
    case Kind::kList: {
      open('[');
      Ref item = value.size() > 0 ? value.first_child() : Ref();
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (i > 0) item = item.next();
        before_item(i == 0);
        this->value(item);
      }
      return close(']', value.size() == 0);
    }
    case Kind::kObject:
      open('{');
      members_in_order(value);
      return close('}', value.size() == 0);
    default: return number_scalar(value.kind(), value.as_int());
  }
}

void Writer::value(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull: out_.append("null"); return;
    case Kind::kBool: return number_scalar(Kind::kBool, value.as_bool() ? 1 : 0);
    case Kind::kDouble: return append_double(out_, value.as_double());
    case Kind::kText:
    case Kind::kBigInt:
    case Kind::kDecimal:
    case Kind::kBinary: return text_scalar(value.kind(), value.as_text());
    case Kind::kList:
      open('[');
      for (const Value& item : value.items()) {
        before_item(&item == value.items().data());
        this->value(item);
      }
      return close(']', value.items().empty());
    case Kind::kObject:
      open('{');
      members_in_order(value);
      return close('}', value.members().empty());
    default: return number_scalar(value.kind(), value.as_int());
  }
}

void Writer::members_in_order(Ref object) {
  if (object.size() == 0) return;
  Ref name = object.first_child();
  const std::size_t first = sorted_.size();
  for (std::size_t i = 0; i < object.size(); ++i) {
    if (i > 0) name = name.next().next();
    if (options_.sort_keys) {
      sorted_.push_back({name.as_text(), name.next().cell()});
      continue;
    }
    before_item(i == 0);
    key(name.as_text());
    value(name.next());
  }
  if (options_.sort_keys) sorted_members(first, &Writer::cell_pointer);
}

void Writer::members_in_order(const Value& object) {
  const std::size_t first = sorted_.size();
  for (const auto& [name, member] : object.members()) {
    if (options_.sort_keys) {
      sorted_.push_back({name, &member});
      continue;
    }
    before_item(&name == &object.members().front().first);
    key(name);
    value(member);
  }
  if (options_.sort_keys) sorted_members(first, &Writer::value_pointer);
}

void Writer::sorted_members(std::size_t first, void (Writer::*write)(const void*)) {
  const std::size_t end = sorted_.size();
  // char_traits<char> compares bytes as unsigned, which is what "by UTF-8 bytes" means.
  std::stable_sort(sorted_.begin() + static_cast<std::ptrdiff_t>(first), sorted_.end(),
                   [](const SortedMember& a, const SortedMember& b) { return a.key < b.key; });
  for (std::size_t i = first; i < end; ++i) {
    const SortedMember member = sorted_[i];  // by value: deeper objects make the vector grow
    before_item(i == first);
    key(member.key);
    (this->*write)(member.value);
  }
  sorted_.resize(first);
}

}  // namespace

void append(std::string& out, const Value& value, const WriteOptions& options) { Writer(out, options).value(value); }
void append(std::string& out, Ref value, const WriteOptions& options) { Writer(out, options).value(value); }

std::string write(const Value& value, const WriteOptions& options) {
  std::string out;
  append(out, value, options);
  return out;
}

std::string write(Ref value, const WriteOptions& options) {
  std::string out;
  append(out, value, options);
  return out;
}

// The digits come from to_chars, which finds the shortest that read back equal; where the point goes is orjson's rule:
// plain from 1e-5 up to below 1e16, an exponent with its sign and without padding outside.
void append_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out.append("null");
    return;
  }
  if (value == 0) {
    out.append(std::signbit(value) ? "-0.0" : "0.0");
    return;
  }
  char buffer[40];
  const char* const end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const char* at = buffer;
  if (*at == '-') out.push_back(*at++);
  const char* const e = std::find(at, end, 'e');
  int exponent = 0;
  std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, exponent);
  char digits[24];
  int count = 0;
  for (; at < e; ++at) {
    if (*at != '.') digits[count++] = *at;
  }
  if (exponent < -5 || exponent >= 16) {
    out.push_back(digits[0]);
    if (count > 1) out.append(".").append(digits + 1, static_cast<std::size_t>(count - 1));
    out.append(exponent < 0 ? "e-" : "e+");
    append_int(out, exponent < 0 ? -exponent : exponent);
  } else if (exponent < 0) {
    out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits, static_cast<std::size_t>(count));
  } else if (count <= exponent + 1) {
    out.append(digits, static_cast<std::size_t>(count)).append(static_cast<std::size_t>(exponent + 1 - count), '0');
    out.append(".0");
  } else {
    out.append(digits, static_cast<std::size_t>(exponent + 1)).append(".");
    out.append(digits + exponent + 1, static_cast<std::size_t>(count - exponent - 1));
  }
}

namespace {

constexpr bool must_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

// Whether any of eight bytes must be escaped, without looking at them one by one.
bool any_must_escape(const char* at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t slash = word ^ (kOnes * '\\');
  const std::uint64_t found = (word - kOnes * 0x20) | (quote - kOnes) | (slash - kOnes);
  return (found & ~word & kHigh) != 0;
}

void append_escape(std::string& out, char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': out.append("\\\""); return;
    case '\\': out.append("\\\\"); return;
    case '\b': out.append("\\b"); return;
    case '\f': out.append("\\f"); return;
    case '\n': out.append("\\n"); return;
    case '\r': out.append("\\r"); return;
    case '\t': out.append("\\t"); return;
    default: out.append("\\u00").append({kHex[c >> 4 & 15], kHex[c & 15]});
  }
}

}  // namespace

void append_text(std::string& out, std::string_view text) {
  out.push_back('"');
  const char* const end = text.data() + text.size();
  const char* start = text.data();  // of what is not written yet
  const char* at = start;
  while (at < end) {
    if (end - at >= 8 && !any_must_escape(at)) {
      at += 8;
    } else if (must_escape(*at)) {
      out.append(start, at);
      append_escape(out, *at);
      start = ++at;
    } else {
      ++at;
    }
  }
  out.append(start, end);
  out.push_back('"');
}

namespace {

// The value that a text with a type's character in front stands for; null when it cannot be read.
Value decode(char tag, const std::string& payload) {
  switch (tag) {
    case kTypedDecimal: return Value::of_text(Kind::kDecimal, payload);
    case kTypedBinary: {
      std::string bytes;
      return base64_decode(payload, bytes) ? Value::of_text(Kind::kBinary, std::move(bytes)) : Value();
    }
    case kTypedTimestamp:
    case kTypedDate:
    case kTypedTime: break;
    default: return {};
  }
  const std::optional<IsoValue> iso = parse_iso(payload);
  if (!iso) return {};
  if (tag == kTypedTimestamp && iso->kind == IsoValue::Kind::kTimestamp) {
    return Value::of_number(Kind::kTimestamp, iso->micros);
  }
  if (tag == kTypedDate && iso->kind == IsoValue::Kind::kDate) return Value::of_number(Kind::kDate, iso->days);
  if (tag == kTypedTime && iso->kind == IsoValue::Kind::kTime) return Value::of_number(Kind::kTime, iso->micros);
  return {};
}

}  // namespace

void decode_typed(Value& value) {
  if (value.is_list()) {
    for (Value& item : value.items()) decode_typed(item);
  } else if (value.is_object()) {
    for (auto& [key, member] : value.members()) decode_typed(member);
  } else if (value.is_text() && value.as_text().size() > 3 && value.as_text().starts_with(kTypedLead)) {
    Value decoded = decode(value.as_text()[2], value.as_text().substr(3));
    if (!decoded.is_null()) value = std::move(decoded);
  }
}

}  // namespace lode::json
