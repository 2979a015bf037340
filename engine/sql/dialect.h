// Dialect: how one kind of database spells things. Plain functions and facts; a difference between databases is an entry here.
#pragma once

#include <string>
#include <string_view>

#include "schema/schema.h"

namespace lode {

struct Dialect {
  std::string_view name;
  /// SQL type of a complete column.
  std::string (*column_type)(const Column& column);
  char quote = '"';
};

/// As SQLAlchemy's SQLite dialect creates tables for dlt.
const Dialect& sqlite_dialect();

/// An identifier in quotes, quotes inside it doubled.
std::string quote_name(const Dialect& dialect, std::string_view name);

}  // namespace lode
