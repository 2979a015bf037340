// What a query's values are: SQLite keeps integers, reals, texts and blobs, and the column's declared type says what
// they stand for.
#pragma once

#include <string>
#include <string_view>

#include "json/value.h"

struct sqlite3_stmt;

namespace lode::sqlite {

/// What the declared type of a column makes of its values.
enum class Meaning { kAsStored, kBool, kTimestamp, kDate, kTime, kJson, kDecimal };

/// "DATETIME" is kTimestamp; null (an expression) and what lode does not create are kAsStored.
Meaning meaning_of(const char* declared_type);
/// Of the row at hand. A value that does not have the form of its meaning is what is stored.
json::Value column_value(sqlite3_stmt* row, int column, Meaning meaning);
/// "12.5": the shortest digits that are this number, without an exponent. REQUIRES: finite
std::string show_decimal(double number);

}  // namespace lode::sqlite
