// dlt's typed JSON: reading and writing the strings.
#include "json/typed.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "base/assert.h"
#include "base/iso8601.h"
#include "base/text.h"
#include "base/time.h"

namespace lode::json {
namespace {

// The last byte of the private-use characters in UTF-8.
constexpr char kDecimalMark = '\xA6';
constexpr char kTimestampMark = '\xA7';
constexpr char kDateMark = '\xA8';
constexpr char kUuidMark = '\xA9';
constexpr char kHexBytesMark = '\xAA';
constexpr char kBytesMark = '\xAB';
constexpr char kWeiMark = '\xAC';
constexpr char kTimeMark = '\xAD';

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Finite decimals as Python's str() writes them: "-12.50", "1E+5".
bool is_decimal(std::string_view text) {
  std::size_t at = 0;
  const auto skip_digits = [&] {
    const std::size_t first = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - first;
  };
  const auto skip_sign = [&] {
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  };
  skip_sign();
  std::size_t count = skip_digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    count += skip_digits();
  }
  if (count == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    skip_sign();
    if (skip_digits() == 0) return false;
  }
  return at == text.size();
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    if (is_dash ? c != '-' : !is_digit(c) && !(c >= 'a' && c <= 'f')) return false;
  }
  return true;
}

bool read_time(char mark, std::string_view text, TypedText& out) {
  const std::optional<IsoValue> iso = parse_iso(text);
  if (!iso) return false;
  switch (iso->kind) {
    case IsoValue::Kind::kTimestamp:
      out.kind = Kind::kTimestamp;
      out.number = iso->micros;
      if (!iso->has_offset) out.subkind = Subkind::kNaive;
      return mark == kTimestampMark;
    case IsoValue::Kind::kDate:
      out.kind = Kind::kDate;
      out.number = iso->days;
      return mark == kDateMark;
    case IsoValue::Kind::kTime:
      out.kind = Kind::kTime;
      out.number = iso->micros;
      return mark == kTimeMark;
  }
  return false;
}

bool read_marked(char mark, std::string_view text, TypedText& out) {
  switch (mark) {
    case kWeiMark:
      out.subkind = Subkind::kWei;
      [[fallthrough]];
    case kDecimalMark:
      out.kind = Kind::kDecimal;
      out.text = text;
      return is_decimal(text);
    case kUuidMark:
      out.subkind = Subkind::kUuid;
      out.text = text;
      return is_uuid(text);
    case kHexBytesMark:
      out.kind = Kind::kBinary;
      out.subkind = Subkind::kHexBytes;
      return text.starts_with("0x") && hex_decode(text.substr(2), out.bytes);
    case kBytesMark:
      out.kind = Kind::kBinary;
      return base64_decode(text, out.bytes);
    case kTimestampMark:
    case kDateMark:
    case kTimeMark:
      return read_time(mark, text, out);
    default:
      return false;
  }
}

void append_marked(std::string& out, Typing typing, char mark, std::string_view text) {
  out.push_back('"');
  if (typing == Typing::kTyped) {
    out.append(kTypedLead);
    out.push_back(mark);
  }
  out.append(text);  // digits, letters and punctuation: nothing to escape
  out.push_back('"');
}

Value to_value(TypedText&& typed) {
  Value value;
  if (typed.kind == Kind::kBinary) {
    value = Value::of_text(typed.kind, std::move(typed.bytes));
  } else if (typed.kind == Kind::kText || typed.kind == Kind::kDecimal) {
    value = Value::of_text(typed.kind, std::string(typed.text));
  } else {
    value = Value::of_number(typed.kind, typed.number);
  }
  value.set_subkind(typed.subkind);
  return value;
}

}  // namespace

bool read_typed(std::string_view string, TypedText& out) {
  if (string.size() <= kTypedLead.size() + 1 || !string.starts_with(kTypedLead)) return false;
  out = {};
  return read_marked(string[kTypedLead.size()], string.substr(kTypedLead.size() + 1), out);
}

void decode_typed(Value& value) {
  std::vector<Value*> pending{&value};  // instead of recursion: values may be thousands of levels deep
  while (!pending.empty()) {
    Value& here = *pending.back();
    pending.pop_back();
    TypedText typed;
    if (here.is_list()) {
      for (Value& item : here.items()) pending.push_back(&item);
    } else if (here.is_object()) {
      for (auto& [key, member] : here.members()) pending.push_back(&member);
    } else if (here.is_text() && read_typed(here.as_text(), typed)) {
      here = to_value(std::move(typed));
    }
  }
}

void append_typed(std::string& out, Typing typing, Kind kind, Subkind subkind, std::int64_t number) {
  switch (kind) {
    case Kind::kDate:
      return append_marked(out, typing, kDateMark, iso_date(number));
    case Kind::kTime:
      return append_marked(out, typing, kTimeMark, iso_time(number));
    default:
      break;
  }
  LODE_ASSERT(kind == Kind::kTimestamp);
  append_marked(out, typing, kTimestampMark,
                subkind == Subkind::kNaive ? iso_timestamp_naive(number) : iso_timestamp(number));
}

void append_typed(std::string& out, Typing typing, Kind kind, Subkind subkind, std::string_view text) {
  switch (subkind) {
    case Subkind::kUuid:
      return append_marked(out, typing, kUuidMark, text);
    case Subkind::kWei:
      return append_marked(out, typing, kWeiMark, text);
    case Subkind::kHexBytes:
      return append_marked(out, typing, kHexBytesMark, "0x" + hex_encode(text));
    default:
      break;
  }
  if (kind == Kind::kDecimal) return append_marked(out, typing, kDecimalMark, text);
  LODE_ASSERT(kind == Kind::kBinary);
  append_marked(out, typing, kBytesMark, base64_encode(text));
}

}  // namespace lode::json
