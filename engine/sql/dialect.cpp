// Dialect: how one kind of database spells things.
#include "sql/dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/time.h"

namespace lode {
namespace {

std::string sqlite_decimal(const Column& column) {
  // As dlt: a precision without a scale is written alone; neither means 38 and 9.
  const std::optional<std::int64_t> precision = column.precision();
  const std::optional<std::int64_t> scale = column.scale();
  if (!precision && !scale) return "NUMERIC(38, 9)";
  if (!precision) return "NUMERIC";
  return scale ? fmt::format("NUMERIC({}, {})", *precision, *scale) : fmt::format("NUMERIC({})", *precision);
}

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
      return precision > 0 && precision <= 32 ? "INTEGER" : "BIGINT";
    case DataType::kBinary:
      return "BLOB";
    case DataType::kJson:
      return "JSON";
    case DataType::kDecimal:
      return sqlite_decimal(column);
    case DataType::kWei:
      return "NUMERIC(38, 0)";
    case DataType::kDate:
      return "DATE";
    case DataType::kTime:
      return "TIME";
    case DataType::kNone:
      break;
  }
  LODE_ASSERT(!"only complete columns are created");
  return "";
}

// The words that SQLAlchemy quotes for SQLite; and "nothing" and "returning", which SQLite reserved later. Sorted.
constexpr std::string_view kSqliteWords[] = {
    "add",          "after",
    "all",          "alter",
    "analyze",      "and",
    "as",           "asc",
    "attach",       "autoincrement",
    "before",       "begin",
    "between",      "by",
    "cascade",      "case",
    "cast",         "check",
    "collate",      "column",
    "commit",       "conflict",
    "constraint",   "create",
    "cross",        "current_date",
    "current_time", "current_timestamp",
    "database",     "default",
    "deferrable",   "deferred",
    "delete",       "desc",
    "detach",       "distinct",
    "drop",         "each",
    "else",         "end",
    "escape",       "except",
    "exclusive",    "exists",
    "explain",      "fail",
    "false",        "for",
    "foreign",      "from",
    "full",         "glob",
    "group",        "having",
    "if",           "ignore",
    "immediate",    "in",
    "index",        "indexed",
    "initially",    "inner",
    "insert",       "instead",
    "intersect",    "into",
    "is",           "isnull",
    "join",         "key",
    "left",         "like",
    "limit",        "match",
    "natural",      "not",
    "nothing",      "notnull",
    "null",         "of",
    "offset",       "on",
    "or",           "order",
    "outer",        "plan",
    "pragma",       "primary",
    "query",        "raise",
    "references",   "reindex",
    "rename",       "replace",
    "restrict",     "returning",
    "right",        "rollback",
    "row",          "select",
    "set",          "table",
    "temp",         "temporary",
    "then",         "to",
    "transaction",  "trigger",
    "true",         "union",
    "unique",       "update",
    "using",        "vacuum",
    "values",       "view",
    "virtual",      "when",
    "where",
};

bool sqlite_needs_quotes(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '$'; };
  if (name.empty() || (name[0] >= '0' && name[0] <= '9') || name[0] == '$') return true;
  if (!std::all_of(name.begin(), name.end(), is_plain)) return true;
  return std::binary_search(std::begin(kSqliteWords), std::end(kSqliteWords), name);
}

// As text columns have them: SQLAlchemy's form, always with six digits behind the point.
std::string sqlite_timestamp(std::int64_t micros) {
  const Civil at = civil_from_micros(micros);
  return fmt::format("'{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}'", at.year, at.month, at.day, at.hour, at.minute,
                     at.second, at.microsecond);
}

std::string sqlite_active_timestamp(std::int64_t micros) {
  std::string literal = sqlite_timestamp(micros);
  return literal.insert(literal.size() - 1, "+00:00");
}

// Rows are joined by looking them up; without an index by looking at all of them.
std::string sqlite_temporary_index(std::string_view table, std::string_view columns, int number) {
  return fmt::format("CREATE INDEX temp._lode_index_{} ON {} ({})", number, table.substr(table.find('.') + 1), columns);
}

std::string sqlite_without_mark(const std::string& id) {
  return fmt::format("CASE instr({0}, char({1})) WHEN 0 THEN {0} ELSE substr({0}, 1, instr({0}, char({1})) - 1) END",
                     id, static_cast<int>(kRowMark));
}

}  // namespace

const Dialect& sqlite_dialect() {
  static const Dialect kDialect{.name = "sqlite",
                                .column_type = sqlite_type,
                                .needs_quotes = sqlite_needs_quotes,
                                .quote = '"',
                                .insertion_order = "_rowid_",
                                .row_place = "_rowid_",
                                .timestamp = sqlite_timestamp,
                                .active_timestamp = sqlite_active_timestamp,
                                .temporary_index = sqlite_temporary_index,
                                .without_mark = sqlite_without_mark};
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

std::string spell_name(const Dialect& dialect, std::string_view name) {
  return dialect.needs_quotes(name) ? quote_name(dialect, name) : std::string(name);
}

}  // namespace lode
