// Writing JSON, byte for byte as orjson writes it.
#include "json/write.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <vector>

namespace lode::json {
namespace {

void append_int(std::string& out, std::int64_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// One writer for both kinds of tree. It recurses, and values may be thousands of levels deep: what a level needs on the
// stack is kept small, and everything that needs more is in functions of its own.
class Writer {
 public:
  Writer(std::string& out, const WriteOptions& options) : out_(out), options_(options) {}

  void value(const Value& value);
  void value(Ref value);

 private:
  struct Member {
    std::string_view key;
    const void* value;  // a Value or a Cell
  };

  void scalar(const Value& value);
  void scalar(Ref value);
  void number_scalar(Kind kind, Subkind subkind, std::int64_t number);
  void text_scalar(Kind kind, Subkind subkind, std::string_view text);
  void push_members(const Value& object);
  void push_members(Ref object);
  void sort_members(std::size_t first);

  void open(char bracket) {
    out_.push_back(bracket);
    ++depth_;
  }
  void close(char bracket, bool is_empty) {
    --depth_;
    if (!is_empty && options_.indent > 0) new_line();
    out_.push_back(bracket);
  }
  void before_item(bool is_first) {
    if (!is_first) out_.push_back(',');
    if (options_.indent > 0) new_line();
  }
  void key(std::string_view name) {
    append_text(out_, name);
    out_.push_back(':');
    if (options_.indent > 0) out_.push_back(' ');
  }
  void new_line();

  std::string& out_;
  const WriteOptions& options_;
  std::size_t depth_ = 0;
  std::vector<Member> members_;  // with sorted keys: the members of every object that is being written
};

void Writer::value(Ref value) {
  if (value.is_list()) {
    open('[');
    Ref item(value.cell() + 1);
    for (std::size_t left = value.size(); left > 0; --left) {
      before_item(left == value.size());
      this->value(item);
      item = item.next();
    }
    close(']', value.size() == 0);
  } else if (!value.is_object()) {
    scalar(value);
  } else if (options_.sort_keys) {
    open('{');
    const std::size_t first = members_.size();
    push_members(value);
    for (std::size_t i = first; i < first + value.size(); ++i) {
      before_item(i == first);
      key(members_[i].key);
      this->value(Ref(static_cast<const Cell*>(members_[i].value)));
    }
    members_.resize(first);
    close('}', value.size() == 0);
  } else {
    open('{');
    Ref name(value.cell() + 1);
    for (std::size_t left = value.size(); left > 0; --left) {
      before_item(left == value.size());
      key(name.as_text());
      name = name.next();
      this->value(name);
      name = name.next();
    }
    close('}', value.size() == 0);
  }
}

void Writer::value(const Value& value) {
  if (value.is_list()) {
    open('[');
    for (const Value& item : value.items()) {
      before_item(&item == value.items().data());
      this->value(item);
    }
    close(']', value.items().empty());
  } else if (value.is_object()) {
    open('{');
    const std::size_t first = members_.size();
    push_members(value);
    for (std::size_t i = first; i < first + value.size(); ++i) {
      before_item(i == first);
      key(members_[i].key);
      this->value(*static_cast<const Value*>(members_[i].value));
    }
    members_.resize(first);
    close('}', value.size() == 0);
  } else {
    scalar(value);
  }
}

[[gnu::noinline]] void Writer::scalar(Ref value) {
  switch (value.kind()) {
    case Kind::kNull:
      out_.append("null");
      return;
    case Kind::kDouble:
      return append_double(out_, value.as_double());
    case Kind::kText:
    case Kind::kBigInt:
    case Kind::kDecimal:
    case Kind::kBinary:
      return text_scalar(value.kind(), value.subkind(), value.as_text());
    default:
      return number_scalar(value.kind(), value.subkind(), value.as_int());
  }
}

[[gnu::noinline]] void Writer::scalar(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      out_.append("null");
      return;
    case Kind::kBool:
      return number_scalar(Kind::kBool, Subkind::kNone, value.as_bool() ? 1 : 0);
    case Kind::kDouble:
      return append_double(out_, value.as_double());
    case Kind::kText:
    case Kind::kBigInt:
    case Kind::kDecimal:
    case Kind::kBinary:
      return text_scalar(value.kind(), value.subkind(), value.as_text());
    default:
      return number_scalar(value.kind(), value.subkind(), value.as_int());
  }
}

void Writer::number_scalar(Kind kind, Subkind subkind, std::int64_t number) {
  switch (kind) {
    case Kind::kBool:
      out_.append(number != 0 ? "true" : "false");
      return;
    case Kind::kInt:
      return append_int(out_, number);
    default:
      return append_typed(out_, options_.typing, kind, subkind, number);
  }
}

void Writer::text_scalar(Kind kind, Subkind subkind, std::string_view text) {
  if (kind == Kind::kText && subkind == Subkind::kNone) {
    append_text(out_, text);
  } else if (kind == Kind::kBigInt) {
    out_.append(text);
  } else {
    append_typed(out_, options_.typing, kind, subkind, text);
  }
}

[[gnu::noinline]] void Writer::push_members(Ref object) {
  const std::size_t first = members_.size();
  Ref name(object.cell() + 1);
  for (std::size_t i = 0; i < object.size(); ++i) {
    members_.push_back({name.as_text(), name.next().cell()});
    name = name.next().next();
  }
  sort_members(first);
}

[[gnu::noinline]] void Writer::push_members(const Value& object) {
  const std::size_t first = members_.size();
  for (const auto& [name, member] : object.members()) members_.push_back({name, &member});
  if (options_.sort_keys) sort_members(first);
}

void Writer::sort_members(std::size_t first) {
  // char_traits<char> compares bytes as unsigned, which is what "by UTF-8 bytes" means.
  std::stable_sort(members_.begin() + static_cast<std::ptrdiff_t>(first), members_.end(),
                   [](const Member& a, const Member& b) { return a.key < b.key; });
}

[[gnu::noinline]] void Writer::new_line() {
  out_.push_back('\n');
  out_.append(static_cast<std::size_t>(options_.indent) * depth_, ' ');
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
    out.append("0.")
        .append(static_cast<std::size_t>(-exponent - 1), '0')
        .append(digits, static_cast<std::size_t>(count));
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
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\b':
      out.append("\\b");
      return;
    case '\f':
      out.append("\\f");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      out.append("\\u00").append({kHex[c >> 4 & 15], kHex[c & 15]});
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

}  // namespace lode::json
