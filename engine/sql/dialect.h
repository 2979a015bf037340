// Dialect: how one kind of database spells things. Plain functions and facts; a difference between databases is an
// entry here.
#pragma once

#include <string>
#include <string_view>

#include "schema/schema.h"

namespace lode {

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
  /// Statement that counts the rows of a table for the planner, without the table; "": none is needed.
  std::string_view analyze = {};
  /// What stands before the number of a parameter.
  char parameter = '?';
  /// Makes a text column compare byte by byte; after its name in ORDER BY and max().
  std::string_view bytewise = {};
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
