// What a query's values are.
#include "destinations/sqlite/column_values.h"

#include <sqlite3.h>

#include <array>
#include <charconv>
#include <cmath>

#include "base/iso8601.h"
#include "base/text.h"
#include "json/parse.h"

namespace lode::sqlite {
namespace {

std::string text_of(sqlite3_stmt* row, int column) {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
  return bytes == nullptr ? "" : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
}

json::Value blob_of(sqlite3_stmt* row, int column) {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
  return json::Value::of_text(json::Kind::kBinary, size == 0 ? std::string() : std::string(bytes, size));
}

json::Value integer_value(std::int64_t number, Meaning meaning) {
  if (meaning == Meaning::kBool && (number == 0 || number == 1)) return number == 1;
  if (meaning == Meaning::kDecimal) return json::Value::of_text(json::Kind::kDecimal, std::to_string(number));
  return number;
}

json::Value real_value(double number, Meaning meaning) {
  if (meaning != Meaning::kDecimal || !std::isfinite(number)) return number;
  return json::Value::of_text(json::Kind::kDecimal, show_decimal(number));
}

bool is_plain_decimal(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const auto all_digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (point == std::string_view::npos) return all_digits(text);
  return all_digits(text.substr(0, point)) && all_digits(text.substr(point + 1));
}

json::Value text_value(std::string text, Meaning meaning) {
  if (meaning == Meaning::kDecimal && is_plain_decimal(text)) {
    return json::Value::of_text(json::Kind::kDecimal, std::move(text));
  }
  if (meaning == Meaning::kJson) {
    Result<json::Value> parsed = json::parse_value(text);
    return parsed.ok() ? std::move(*parsed) : json::Value(std::move(text));
  }
  std::int64_t micros = 0;
  if (meaning == Meaning::kTimestamp && parse_iso_fast(text, micros)) {
    return json::Value::of_number(json::Kind::kTimestamp, micros);
  }
  const bool is_time = meaning == Meaning::kTimestamp || meaning == Meaning::kDate || meaning == Meaning::kTime;
  const std::optional<IsoValue> iso = is_time ? parse_iso(text) : std::nullopt;
  if (!iso) return text;
  if (meaning == Meaning::kTimestamp && iso->kind == IsoValue::Kind::kTimestamp) {
    return json::Value::of_number(json::Kind::kTimestamp, iso->micros);
  }
  if (meaning == Meaning::kDate && iso->kind == IsoValue::Kind::kDate) {
    return json::Value::of_number(json::Kind::kDate, iso->days);
  }
  if (meaning == Meaning::kTime && iso->kind == IsoValue::Kind::kTime && !iso->has_offset) {
    return json::Value::of_number(json::Kind::kTime, iso->micros);
  }
  return text;
}

}  // namespace

std::string show_decimal(double number) {
  std::array<char, 400> digits{};  // the greatest double has 309, the smallest 324 places and its digits
  const auto [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
  return error == std::errc() ? std::string(digits.data(), end) : std::to_string(number);
}

Meaning meaning_of(const char* declared_type) {
  if (declared_type == nullptr) return Meaning::kAsStored;
  const std::string type =
      to_upper(trim(std::string_view(declared_type).substr(0, std::string_view(declared_type).find('('))));
  if (type == "BOOLEAN" || type == "BOOL") return Meaning::kBool;
  if (type == "DATETIME" || type == "TIMESTAMP") return Meaning::kTimestamp;
  if (type == "DATE") return Meaning::kDate;
  if (type == "TIME") return Meaning::kTime;
  if (type == "JSON") return Meaning::kJson;
  return type == "NUMERIC" || type == "DECIMAL" ? Meaning::kDecimal : Meaning::kAsStored;
}

json::Value column_value(sqlite3_stmt* row, int column, Meaning meaning) {
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL:
      return nullptr;
    case SQLITE_INTEGER:
      return integer_value(sqlite3_column_int64(row, column), meaning);
    case SQLITE_FLOAT:
      return real_value(sqlite3_column_double(row, column), meaning);
    case SQLITE_BLOB:
      return blob_of(row, column);
    default:
      return text_value(text_of(row, column), meaning);
  }
}

}  // namespace lode::sqlite
