// Types of values, and their conversion to the types of columns.
#include "normalize/coerce.h"

#include <cmath>

#include "base/iso8601.h"
#include "base/text.h"
#include "base/time.h"
#include "json/parse.h"
#include "normalize/json_text.h"
#include "normalize/python_number.h"
#include "schema/unicode.h"

namespace lode {
namespace {

using json::Cell;
using json::Kind;
using json::Subkind;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
// 0001-01-01 and the last microsecond of 9999-12-31: what every destination can hold.
constexpr std::int64_t kFirstMicros = -62'135'596'800 * kMicrosPerSecond;
constexpr std::int64_t kLastMicros = 253'402'300'800 * kMicrosPerSecond - 1;

std::string_view text_of(const Cell& cell) { return {cell.text, cell.size}; }

void set_number(Cell& out, Kind kind, std::int64_t number) {
  out.kind = kind;
  out.subkind = Subkind::kNone;
  out.size = 0;
  out.number = number;
}

void set_double(Cell& out, double value) {
  set_number(out, Kind::kDouble, 0);
  out.real = value;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Text that begins with "0x" after white space is a hexadecimal number for all numeric columns.
bool hex_part(std::string_view text, std::string_view& rest) {
  text = trim_unicode(text);
  if (!text.starts_with("0x")) return false;
  rest = text.substr(2);
  return true;
}

bool parse_int_text(std::string_view text, std::string& digits) {
  std::string_view rest;
  return hex_part(text, rest) ? parse_python_int(rest, 16, digits) : parse_python_int(text, 10, digits);
}

// Seconds since 1970 with a fraction, rounded to microseconds as Python's datetime.fromtimestamp() does.
bool micros_from_seconds(double seconds, std::int64_t& micros) {
  if (!std::isfinite(seconds) || std::fabs(seconds) > 1e12) return false;
  double whole = 0;
  double fraction = std::nearbyint(std::modf(seconds, &whole) * 1e6);
  if (fraction >= 1e6) {
    fraction -= 1e6;
    whole += 1;
  } else if (fraction < 0) {
    fraction += 1e6;
    whole -= 1;
  }
  micros = static_cast<std::int64_t>(whole) * kMicrosPerSecond + static_cast<std::int64_t>(fraction);
  return micros >= kFirstMicros && micros <= kLastMicros;
}

}  // namespace

bool exceeds_wei(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  const std::string_view limit =
      negative ? "578960446186580977117854925043439539267" : "578960446186580977117854925043439539266";
  return digits.size() != limit.size() ? digits.size() > limit.size() : digits > limit;
}

DataType native_type(const Cell& value) {
  switch (value.kind) {
    case Kind::kNull:
      return DataType::kNone;
    case Kind::kBool:
      return DataType::kBool;
    case Kind::kInt:
      return DataType::kBigint;
    case Kind::kDouble:
      return DataType::kDouble;
    case Kind::kText:
      return DataType::kText;
    case Kind::kList:
    case Kind::kObject:
      return DataType::kJson;
    case Kind::kBigInt:
      return exceeds_wei(text_of(value)) ? DataType::kText : DataType::kWei;
    case Kind::kDecimal:
      return value.subkind == Subkind::kWei ? DataType::kWei : DataType::kDecimal;
    case Kind::kTimestamp:
      return DataType::kTimestamp;
    case Kind::kDate:
      return DataType::kDate;
    case Kind::kTime:
      return DataType::kTime;
    case Kind::kBinary:
      return DataType::kBinary;
  }
  return DataType::kNone;
}

bool is_truthy(const Cell& value) {
  switch (value.kind) {
    case Kind::kNull:
      return false;
    case Kind::kBool:
    case Kind::kInt:
      return value.number != 0;
    case Kind::kDouble:
      return value.real != 0;
    case Kind::kDecimal:
      return decimal_is_nonzero(text_of(value));
    case Kind::kText:
    case Kind::kBinary:
    case Kind::kList:
    case Kind::kObject:
      return value.size > 0;
    default:
      return true;
  }
}

bool Coercer::text_cell(Kind kind, std::string_view text, Cell& out) {
  const std::string_view kept = arena_.copy(text);
  out.kind = kind;
  out.subkind = Subkind::kNone;
  out.size = static_cast<std::uint32_t>(kept.size());
  out.text = kept.data();
  return true;
}

bool Coercer::convert(DataType to, const Cell* value, Cell& out) {
  switch (to) {
    case DataType::kNone:
      return false;
    case DataType::kText:
      return to_text(value, out);
    case DataType::kBigint:
      return to_bigint(*value, out);
    case DataType::kDouble:
      return to_double(*value, out);
    case DataType::kDecimal:
    case DataType::kWei:
      return to_decimal(*value, to, out);
    case DataType::kBool:
      return to_bool(*value, out);
    case DataType::kTimestamp:
      return to_timestamp(*value, out);
    case DataType::kDate:
      return to_date(*value, out);
    case DataType::kTime:
      return to_time(*value, out);
    case DataType::kBinary:
      return to_binary(*value, out);
    case DataType::kJson:
      return to_json(value, out);
  }
  return false;
}

bool Coercer::to_text(const Cell* value, Cell& out) {
  switch (value->kind) {
    case Kind::kText:
      out = *value;
      return true;
    case Kind::kBool:
      return text_cell(Kind::kText, value->number != 0 ? "True" : "False", out);
    case Kind::kInt:
      return text_cell(Kind::kText, std::to_string(value->number), out);
    case Kind::kDouble:
      return text_cell(Kind::kText, python_repr(value->real), out);
    case Kind::kBigInt:
      out = *value;
      out.kind = Kind::kText;
      return true;
    case Kind::kDecimal:
      if (!parse_python_decimal(text_of(*value), scratch_)) return false;
      return text_cell(Kind::kText, scratch_, out);
    case Kind::kTimestamp:
      return text_cell(
          Kind::kText,
          value->subkind == Subkind::kNaive ? iso_timestamp_naive(value->number) : iso_timestamp(value->number), out);
    case Kind::kDate:
      return text_cell(Kind::kText, iso_date(value->number), out);
    case Kind::kTime:
      return text_cell(Kind::kText, iso_time(value->number), out);
    case Kind::kBinary:
      return text_cell(
          Kind::kText,
          value->subkind == Subkind::kHexBytes ? "0x" + hex_encode(text_of(*value)) : base64_encode(text_of(*value)),
          out);
    case Kind::kList:
    case Kind::kObject:
      scratch_.clear();
      append_nested_json(scratch_, json::Ref(value));
      return text_cell(Kind::kText, scratch_, out);
    case Kind::kNull:
      return false;
  }
  return false;
}

bool Coercer::to_bigint(const Cell& value, Cell& out) {
  std::optional<std::int64_t> number;
  switch (value.kind) {
    case Kind::kInt:
      out = value;
      return true;
    case Kind::kText:
      if (parse_int_text(text_of(value), scratch_)) number = digits_to_int(scratch_);
      break;
    case Kind::kDouble:
      // 2^63 is a double, 2^63 - 1 is not.
      if (value.real == std::floor(value.real) && value.real >= -0x1p63 && value.real < 0x1p63) {
        number = static_cast<std::int64_t>(value.real);
      }
      break;
    case Kind::kDecimal:
      if (parse_python_decimal(text_of(value), scratch_)) number = decimal_to_int(scratch_);
      break;
    default:
      break;  // kBigInt too: it has more than 64 bits
  }
  if (number) set_number(out, Kind::kInt, *number);
  return number.has_value();
}

bool Coercer::to_double(const Cell& value, Cell& out) {
  std::optional<double> number;
  switch (value.kind) {
    case Kind::kDouble:
      out = value;
      return true;
    case Kind::kInt:
      number = static_cast<double>(value.number);
      break;
    case Kind::kText: {
      std::string_view rest;
      if (!hex_part(text_of(value), rest)) {
        number = parse_python_float(text_of(value));
      } else if (parse_python_int(rest, 16, scratch_)) {
        number = parse_python_float(scratch_);
        if (number && std::isinf(*number)) number.reset();  // as Python, whose integers do not become infinite
      }
      break;
    }
    case Kind::kBigInt:
    case Kind::kDecimal:
      number = parse_python_float(text_of(value));
      break;
    default:
      break;
  }
  if (number) set_double(out, *number);
  return number.has_value();
}

bool Coercer::to_decimal(const Cell& value, DataType to, Cell& out) {
  switch (value.kind) {
    case Kind::kDecimal:
      if (!parse_python_decimal(text_of(value), scratch_)) return false;
      break;
    case Kind::kBigInt:
      scratch_ = text_of(value);
      break;
    case Kind::kInt:
      scratch_ = std::to_string(value.number);
      break;
    case Kind::kDouble:
      // The shortest text of a double says what its writer meant; its exact binary value has up to 767 digits.
      if (!parse_python_decimal(python_repr(value.real), scratch_)) return false;
      break;
    case Kind::kText: {
      std::string_view rest;
      if (hex_part(text_of(value), rest)) {
        if (!parse_python_int(rest, 16, scratch_)) return false;
      } else if (!parse_python_decimal(text_of(value), scratch_)) {
        return false;
      }
      break;
    }
    default:
      return false;
  }
  text_cell(Kind::kDecimal, scratch_, out);
  if (to == DataType::kWei) out.subkind = Subkind::kWei;
  return true;
}

bool Coercer::to_bool(const Cell& value, Cell& out) {
  bool truth = false;
  switch (value.kind) {
    case Kind::kBool:
      out = value;
      return true;
    case Kind::kInt:
      truth = value.number != 0;
      break;
    case Kind::kDouble:
      truth = value.real != 0;
      break;
    case Kind::kBigInt:
      truth = true;
      break;
    case Kind::kDecimal:
      truth = decimal_is_nonzero(text_of(value));
      break;
    case Kind::kText: {
      const std::string word = to_lower(text_of(value));
      truth = word == "yes" || word == "true" || word == "t" || word == "y" || word == "1";
      if (!truth && word != "no" && word != "false" && word != "f" && word != "n" && word != "0") return false;
      break;
    }
    default:
      return false;
  }
  set_number(out, Kind::kBool, truth ? 1 : 0);
  return true;
}

bool Coercer::to_timestamp(const Cell& value, Cell& out) {
  std::int64_t micros = 0;
  switch (value.kind) {
    case Kind::kTimestamp:
      out = value;
      return true;
    case Kind::kDate:
      micros = value.number * kMicrosPerDay;
      break;
    case Kind::kInt:
      if (!micros_from_seconds(static_cast<double>(value.number), micros)) return false;
      break;
    case Kind::kDouble:
      if (!micros_from_seconds(value.real, micros)) return false;
      break;
    case Kind::kText: {
      if (parse_iso_fast(text_of(value), micros)) break;
      if (const std::optional<IsoValue> iso = parse_iso(text_of(value))) {
        if (iso->kind == IsoValue::Kind::kTime) return false;
        micros = iso->kind == IsoValue::Kind::kDate ? iso->days * kMicrosPerDay : iso->micros;
        break;
      }
      const std::optional<double> seconds = parse_python_float(text_of(value));
      if (!seconds || !micros_from_seconds(*seconds, micros)) return false;
      break;
    }
    default:
      return false;
  }
  set_number(out, Kind::kTimestamp, micros);
  return true;
}

bool Coercer::to_date(const Cell& value, Cell& out) {
  if (value.kind == Kind::kDate) {
    out = value;
    return true;
  }
  Cell timestamp;
  if (!to_timestamp(value, timestamp)) return false;
  set_number(out, Kind::kDate, floor_div(timestamp.number, kMicrosPerDay));
  return true;
}

bool Coercer::to_time(const Cell& value, Cell& out) {
  if (value.kind == Kind::kTime) {
    out = value;
    return true;
  }
  if (value.kind != Kind::kText) return false;
  const std::optional<IsoValue> iso = parse_iso(text_of(value));
  if (!iso || iso->kind != IsoValue::Kind::kTime) return false;
  set_number(out, Kind::kTime, iso->micros);
  return true;
}

bool Coercer::to_binary(const Cell& value, Cell& out) {
  if (value.kind == Kind::kBinary) {
    out = value;
    return true;
  }
  std::string bytes;
  if (value.kind == Kind::kInt && value.number >= 0) {
    for (auto number = static_cast<std::uint64_t>(value.number); number > 0; number >>= 8) {
      bytes.push_back(static_cast<char>(number & 0xFF));
    }
    return text_cell(Kind::kBinary, bytes, out);
  }
  if (value.kind != Kind::kText) return false;
  const std::string_view text = text_of(value);
  if (text.starts_with("0x") ? !hex_decode(text.substr(2), bytes) : !base64_decode(text, bytes)) return false;
  return text_cell(Kind::kBinary, bytes, out);
}

bool Coercer::to_json(const Cell* value, Cell& out) {
  if (value->kind == Kind::kList || value->kind == Kind::kObject) return to_text(value, out);
  if (value->kind != Kind::kText) return false;
  json::Parser parser;
  const auto document = parser.parse(std::string(text_of(*value)));
  if (!document) return false;
  const json::Ref root = (*document)->root(0);
  if (root.is_null()) {
    set_number(out, Kind::kNull, 0);
    return true;
  }
  scratch_.clear();
  append_nested_json(scratch_, root);
  return text_cell(Kind::kText, scratch_, out);
}

}  // namespace lode
