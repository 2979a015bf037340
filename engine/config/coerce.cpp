// Coercion: turning what was found into the type that was asked for.
#include "config/coerce.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "base/iso8601.h"
#include "base/text.h"
#include "base/time.h"
#include "json/parse.h"
#include "json/write.h"

namespace lode {
namespace {

using json::Kind;
using json::Value;

// Digits with single underscores between them, as Python allows; nullopt for any other use of '_'.
std::optional<std::string> without_underscores(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
      continue;
    }
    const auto is_alnum = [&](std::size_t k) {
      return k < text.size() && std::isalnum(static_cast<unsigned char>(text[k])) != 0;
    };
    if (i == 0 || !is_alnum(i - 1) || !is_alnum(i + 1)) return std::nullopt;
  }
  return out;
}

std::optional<Value> integer_from_text(std::string_view text) {
  std::optional<std::string> digits = without_underscores(trim(text));
  if (!digits) return std::nullopt;
  std::string_view rest = *digits;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  int base = 10;
  if (rest.size() == digits->size() && rest.starts_with("0x")) {  // as dlt: lower case, without a sign
    rest.remove_prefix(2);
    base = 16;
  }
  if (rest.empty() || rest.front() == '-' || rest.front() == '+') return std::nullopt;
  const std::string number = (negative ? "-" : "") + std::string(rest);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value, base);
  if (end != number.data() + number.size()) return std::nullopt;
  if (error == std::errc()) return Value(value);
  if (error == std::errc::result_out_of_range && base == 10) return Value::of_text(Kind::kBigInt, number);
  return std::nullopt;
}

std::optional<double> number_from_text(std::string_view text) {
  std::optional<std::string> digits = without_underscores(trim(text));
  if (!digits) return std::nullopt;
  std::string_view rest = *digits;
  if (rest.starts_with('+')) rest.remove_prefix(1);
  if (rest.empty() || rest.front() == '+') return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (end != rest.data() + rest.size()) return std::nullopt;
  // Beyond what a double holds: strtod() knows whether that is infinity or zero.
  if (error == std::errc::result_out_of_range) return std::strtod(std::string(rest).c_str(), nullptr);
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::optional<bool> boolean_from_text(std::string_view text) {
  const std::string word = to_lower(text);
  for (const char* yes : {"yes", "true", "t", "y", "1"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"no", "false", "f", "n", "0"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

std::optional<Value> to_integer(const Value& value) {
  if (value.is_int() || value.kind() == Kind::kBigInt) return value;
  if (value.is_text()) return integer_from_text(value.as_text());
  constexpr double kLimit = 9.2e18;
  if (value.is_double() && std::floor(value.as_double()) == value.as_double() && std::isfinite(value.as_double())) {
    if (std::fabs(value.as_double()) < kLimit) return Value(static_cast<std::int64_t>(value.as_double()));
    return Value::of_text(Kind::kBigInt, fmt::format("{:.0f}", value.as_double()));
  }
  return std::nullopt;
}

// Whole numbers stay whole as long as a double would say the same.
std::optional<Value> to_number(const Value& value) {
  constexpr std::int64_t kExactMax = std::int64_t{1} << 53;
  if (value.is_double()) return value;
  if (value.is_int()) {
    return value.as_int() <= kExactMax && value.as_int() >= -kExactMax ? value : Value(value.as_double());
  }
  if (!value.is_text()) return std::nullopt;
  if (std::optional<Value> integer = integer_from_text(value.as_text()); integer && integer->is_int()) {
    return to_number(*integer);
  }
  if (std::optional<double> number = number_from_text(value.as_text())) return Value(*number);
  return std::nullopt;
}

std::optional<Value> to_boolean(const Value& value) {
  if (value.is_bool()) return value;
  if (value.is_int()) return Value(value.as_int() != 0);
  if (value.is_double()) return Value(value.as_double() != 0);
  if (!value.is_text()) return std::nullopt;
  const std::optional<bool> boolean = boolean_from_text(value.as_text());
  return boolean ? std::optional<Value>(*boolean) : std::nullopt;
}

// As Python writes it: "1.0", "1e+16", "1e-05".
std::string text_of(double number) {
  std::string text = fmt::format("{}", number);
  if (std::isfinite(number) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::optional<Value> to_text(const Value& value) {
  switch (value.kind()) {
    case Kind::kText:
      return value;
    case Kind::kBigInt:
    case Kind::kDecimal:
    case Kind::kBinary:
      return Value(value.as_text());
    case Kind::kNull:
      return std::nullopt;
    case Kind::kBool:
      return Value(value.as_bool() ? "true" : "false");
    case Kind::kTimestamp:
      return Value(iso_timestamp(value.as_int()));
    case Kind::kDate:
      return Value(iso_date(value.as_int()));
    case Kind::kTime:
      return Value(iso_time(value.as_int()));
    case Kind::kDouble:
      return Value(text_of(value.as_double()));
    case Kind::kInt:
    case Kind::kList:
    case Kind::kObject:
      return Value(json::write(value));
  }
  return std::nullopt;
}

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;

std::int64_t floor_days(std::int64_t micros) { return micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0); }

// Seconds since 1970, of the years 1 to 9999.
std::optional<Value> timestamp_of(double seconds) {
  constexpr double kLeast = -62'135'596'800.0;
  constexpr double kMost = 253'402'300'800.0;
  if (!(seconds >= kLeast && seconds < kMost)) return std::nullopt;
  return Value::of_number(Kind::kTimestamp, std::llround(seconds * 1e6));
}

std::optional<Value> to_timestamp(const Value& value) {
  if (value.kind() == Kind::kTimestamp) return value;
  if (value.kind() == Kind::kDate) return Value::of_number(Kind::kTimestamp, value.as_int() * kMicrosPerDay);
  if (value.is_int() || value.is_double()) return timestamp_of(value.as_double());
  if (!value.is_text()) return std::nullopt;
  const std::optional<IsoValue> iso = parse_iso(value.as_text());
  if (!iso) {
    const std::optional<double> seconds = number_from_text(value.as_text());
    return seconds ? timestamp_of(*seconds) : std::nullopt;
  }
  if (iso->kind == IsoValue::Kind::kTime) return std::nullopt;
  return Value::of_number(Kind::kTimestamp,
                          iso->kind == IsoValue::Kind::kDate ? iso->days * kMicrosPerDay : iso->micros);
}

std::optional<Value> to_date(const Value& value) {
  if (value.kind() == Kind::kDate) return value;
  const std::optional<Value> stamp = to_timestamp(value);
  if (!stamp) return std::nullopt;
  return Value::of_number(Kind::kDate, floor_days(stamp->as_int()));
}

std::optional<Value> to_container(const Value& value, Kind kind) {
  if (value.kind() == kind) return value;
  if (!value.is_text()) return std::nullopt;
  Result<Value> parsed = json::parse_value(value.as_text());
  if (!parsed.ok() || parsed->kind() != kind) return std::nullopt;
  return std::move(*parsed);
}

std::optional<Value> convert(const Value& value, FieldType type) {
  switch (type) {
    case FieldType::kAny:
      return value;
    case FieldType::kSecret:
      // Much more likely a section of that name than a secret that is JSON.
      return value.is_list() || value.is_object() ? std::nullopt : to_text(value);
    case FieldType::kText:
    case FieldType::kPath:
      return to_text(value);
    case FieldType::kInteger:
      return to_integer(value);
    case FieldType::kNumber:
      return to_number(value);
    case FieldType::kBoolean:
      return to_boolean(value);
    case FieldType::kTimestamp:
      return to_timestamp(value);
    case FieldType::kDate:
      return to_date(value);
    case FieldType::kList:
      return to_container(value, Kind::kList);
    case FieldType::kObject:
      return to_container(value, Kind::kObject);
  }
  return std::nullopt;
}

}  // namespace

std::string_view type_phrase(FieldType type) {
  switch (type) {
    case FieldType::kAny:
      return "any value";
    case FieldType::kText:
      return "text";
    case FieldType::kInteger:
      return "an integer";
    case FieldType::kNumber:
      return "a number";
    case FieldType::kBoolean:
      return "true or false";
    case FieldType::kSecret:
      return "a secret text";
    case FieldType::kPath:
      return "a path";
    case FieldType::kTimestamp:
      return "a timestamp";
    case FieldType::kDate:
      return "a date";
    case FieldType::kList:
      return "a list";
    case FieldType::kObject:
      return "a table of names and values";
  }
  return "";
}

Result<Value> coerce(const Value& value, FieldType type, std::string_view subject, bool hide) {
  if (std::optional<Value> converted = convert(value, type)) return std::move(*converted);
  Status error = Status::error(Code::kConfigInvalid, fmt::format("{} is {}; {} was expected", subject,
                                                                 json::kind_name(value.kind()), type_phrase(type)));
  if (!hide && type != FieldType::kSecret) error.with("value", shorten(json::write(value), 200));
  if (value.is_text() && (type == FieldType::kList || type == FieldType::kObject)) {
    error.hint(type == FieldType::kList ? R"(write it as JSON: ["a", "b"])" : R"(write it as JSON: {"a": 1})");
  }
  return error;
}

Value guess_type(Value value) {
  if (!value.is_text()) return value;
  const std::string& text = value.as_text();
  if (equal_ignoring_case(text, "true")) return true;
  if (equal_ignoring_case(text, "false")) return false;
  if (std::optional<Value> integer = integer_from_text(text)) return std::move(*integer);
  if (const std::optional<double> number = number_from_text(text)) return *number;
  if (text.starts_with('[') || text.starts_with('{')) {
    Result<Value> parsed = json::parse_value(text);
    if (parsed.ok() && (parsed->is_list() || parsed->is_object())) return std::move(*parsed);
  }
  return value;
}

}  // namespace lode
