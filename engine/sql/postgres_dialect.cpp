// The dialect of PostgreSQL, and of the databases that speak it with an accent.
#include <fmt/format.h>

#include "base/time.h"
#include "sql/dialect.h"

namespace lode {
namespace {

// What dlt writes: both numbers, always.
std::string numeric(const Column& column, std::int64_t precision, std::int64_t scale) {
  return fmt::format("numeric({},{})", column.precision().value_or(precision), column.scale().value_or(scale));
}

std::string integer(const Column& column) {
  const std::int64_t bits = column.precision().value_or(64);
  if (bits <= 16) return "smallint";
  return bits <= 32 ? "integer" : "bigint";
}

std::string with_precision(std::string_view type, const Column& column, std::string_view zone) {
  const std::optional<std::int64_t> digits = column.precision();
  return digits ? fmt::format("{} ({}) {}", type, *digits, zone) : fmt::format("{} {}", type, zone);
}

std::string postgres_type(const Column& column) {
  switch (column.type()) {
    case DataType::kText:
      return column.precision() ? fmt::format("varchar({})", *column.precision()) : "varchar";
    case DataType::kDouble:
      return "double precision";
    case DataType::kBool:
      return "boolean";
    case DataType::kTimestamp:
      return with_precision("timestamp", column, column.has_timezone() ? "with time zone" : "without time zone");
    case DataType::kBigint:
      return integer(column);
    case DataType::kBinary:
      return "bytea";
    case DataType::kJson:
      return "jsonb";
    case DataType::kDecimal:
      return numeric(column, 38, 9);
    case DataType::kWei:
      return numeric(column, 156, 78);
    case DataType::kDate:
      return "date";
    case DataType::kTime:
      return with_precision("time", column, "without time zone");
    case DataType::kNone:
      break;
  }
  LODE_ASSERT(!"only complete columns are created");
  return "";
}

// Without quotes PostgreSQL would fold capitals; quoting all spares a list of words that grows with every release.
bool always(std::string_view) { return true; }

std::string timestamp(std::int64_t micros) { return fmt::format("TIMESTAMPTZ '{}'", iso_timestamp(micros)); }

std::string without_mark(const std::string& id) {
  return fmt::format("split_part({}, chr({}), 1)", id, static_cast<int>(kRowMark));
}

constexpr Dialect kWithoutRowPlace{.name = "postgres",
                                   .column_type = postgres_type,
                                   .needs_quotes = always,
                                   .quote = '"',
                                   .insertion_order = "(SELECT NULL)",
                                   .analyze = {},
                                   .lexis = Lexis::kPostgres,
                                   .parameter = '$',
                                   .bytewise = " COLLATE \"C\"",
                                   .timestamp = timestamp,
                                   .active_timestamp = timestamp,
                                   .without_mark = without_mark};

// PostgreSQL itself knows where a row is: that finds it again, and tells the order of insertion.
constexpr Dialect with_row_place() {
  Dialect dialect = kWithoutRowPlace;
  dialect.insertion_order = "ctid";
  dialect.row_place = "ctid";
  dialect.among_places[0] = " = ANY (ARRAY(";
  dialect.among_places[1] = "))";
  dialect.lock_table[0] = "LOCK TABLE ";
  dialect.lock_table[1] = " IN SHARE ROW EXCLUSIVE MODE";
  dialect.analyze = "ANALYZE";
  return dialect;
}

constexpr Dialect kPostgres = with_row_place();

}  // namespace

const Dialect& postgres_dialect(bool has_row_place) { return has_row_place ? kPostgres : kWithoutRowPlace; }

}  // namespace lode
