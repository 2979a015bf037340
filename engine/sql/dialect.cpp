// Dialect: how one kind of database spells things.
#include "sql/dialect.h"

#include <fmt/format.h>

namespace lode {
namespace {

std::string sqlite_type(const Column& column) {
  const std::int64_t precision = column.precision().value_or(0);
  switch (column.type()) {
    case DataType::kText:
      // A unique text column needs a length in other databases; dlt gives it one here too.
      if (precision > 0) return fmt::format("VARCHAR({})", precision);
      return column.flag("unique") ? "VARCHAR(128)" : "TEXT";
    case DataType::kDouble:
      return "DOUBLE";
    case DataType::kBool:
      return "BOOLEAN";
    case DataType::kTimestamp:
      return "DATETIME";
    case DataType::kBigint:
      if (precision > 0 && precision <= 16) return "SMALLINT";
      if (precision > 0 && precision <= 32) return "INTEGER";
      return "BIGINT";
    case DataType::kBinary:
      return "BLOB";
    case DataType::kJson:
      return "JSON";
    case DataType::kDecimal:
      return fmt::format("NUMERIC({}, {})", precision > 0 ? precision : 38, column.scale().value_or(precision > 0 ? 0 : 9));
    case DataType::kWei:
      return "NUMERIC(38, 0)";
    case DataType::kDate:
      return "DATE";
    case DataType::kTime:
      return "TIME";
    case DataType::kNone:
      break;
  }
  return "TEXT";
}

}  // namespace

const Dialect& sqlite_dialect() {
  static const Dialect kDialect{.name = "sqlite", .column_type = sqlite_type, .quote = '"'};
  return kDialect;
}

std::string quote_name(const Dialect& dialect, std::string_view name) {
  std::string out(1, dialect.quote);
  for (const char c : name) {
    if (c == dialect.quote) out += c;
    out += c;
  }
  return out + dialect.quote;
}

}  // namespace lode
