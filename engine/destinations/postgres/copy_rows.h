// CopyRows: row files into tables through COPY in PostgreSQL's binary format.
//
// Binary spares the server the reading of text: with a table of ids, texts, numbers and timestamps, PostgreSQL 15 took
// a quarter to a half less time for it than for the text format, and here a timestamp is eight bytes instead of a
// calendar. Its price: a value must be in the form of the very type that the column has.
// https://www.postgresql.org/docs/current/sql-copy.html describes the format.
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "destinations/postgres/connection.h"
#include "format/row_file.h"

namespace lode::postgres {

/// The form a value has on the wire.
enum class Wire : std::uint8_t {
  kText,
  kBool,
  kInt2,
  kInt4,
  kInt8,
  kFloat8,
  kNumeric,
  kTimestamp,
  kDate,
  kTime,
  kBytes,
  kJsonb,
};

/// The form in which values of `type` go into a column whose SQL type is `sql_type`, as format_type() names it without
/// its numbers: "character varying". False if there is none and the server must cast.
bool find_wire(DataType type, std::string_view sql_type, Wire* wire);

/// Appends a decimal ("-12.50", "1e3", "NaN") in the form of numeric, without the length. False: it is no number, or
/// has more digits than numeric keeps.
bool append_numeric(std::string& out, std::string_view decimal);

/// The form of each column's values, by name.
using Wires = std::map<std::string, Wire, std::less<>>;

/// Appends all rows of `reader` to `table` (qualified, ready for SQL). `wires`: by column, all that the file has.
/// Errors: of the server, with row and column where it says them; kLoadIntegrity for values that have no form there;
/// kCancelled soon after a stop; kPackageCorrupt from the reader.
Status copy_rows(Connection& connection, RowFileReader& reader, const std::string& table, const Wires& wires,
                 std::stop_token stop);

}  // namespace lode::postgres
