// Dialect: how one kind of database spells things. Plain functions and facts; a difference between databases is an
// entry here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schema/schema.h"

namespace lode {

/// What a statement's characters mean before anything else: texts, names, comments.
enum class Lexis {
  kSqlite,    ///< also `name` and [name]
  kPostgres,  ///< also $$text$$ and E'text\'', and comments in comments
};

struct Dialect {
  std::string_view name;
  /// SQL type of a complete column.
  std::string (*column_type)(const Column& column);
  /// Whether the name means something else without quotes: reserved words, other characters than letters, digits, '_'
  /// and '$', capitals.
  bool (*needs_quotes)(std::string_view name);
  char quote = '"';
  /// Orders rows of a table as they were inserted; part of an ORDER BY.
  std::string_view insertion_order;
  /// Where a row is in its table, a column that every table has; "" if the database does not tell.
  std::string_view row_place = {};
  /// Before and behind a query for places: a condition that finds those rows without a look at the others.
  std::string_view among_places[2] = {" IN (", ")"};
  /// Keeps other writers off a table until the transaction ends, before its name and behind it; "": they are off
  /// anyway, or places do not matter.
  std::string_view lock_table[2] = {};
  /// Statement that counts the rows of a table for the planner, without the table; "": none is needed.
  std::string_view analyze = {};
  Lexis lexis = Lexis::kSqlite;
  /// What stands before the number of a parameter.
  char parameter = '?';
  /// Makes a text column compare byte by byte; after its name in ORDER BY and max().
  std::string_view bytewise = {};
  /// An instant, microseconds since 1970, as the value of a timestamp column is written.
  std::string (*timestamp)(std::int64_t micros) = nullptr;
  /// The same as dlt writes timestamps of active records: in SQLite, where it is a text, with its offset.
  std::string (*active_timestamp)(std::int64_t micros) = nullptr;
  /// The statement for an index on a staged or temporary table, both as they stand in SQL; null where joins do without.
  std::string (*temporary_index)(std::string_view table, std::string_view columns, int number) = nullptr;
  /// An expression for a staged row's id without its mark (schema.h: kRowMark).
  std::string (*without_mark)(const std::string& id) = nullptr;
};

/// As SQLAlchemy's SQLite dialect creates tables for dlt.
const Dialect& sqlite_dialect();
/// As dlt's PostgreSQL destination creates tables. `has_row_place`: rows have a ctid, which tells the order of
/// insertion.
const Dialect& postgres_dialect(bool has_row_place = true);

/// An identifier in quotes, quotes inside it doubled.
std::string quote_name(const Dialect& dialect, std::string_view name);
/// In quotes only where they are needed: for statements that the database keeps and people read.
std::string spell_name(const Dialect& dialect, std::string_view name);

}  // namespace lode
