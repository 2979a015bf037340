// RowFeed: shows the rows of a row file to SQLite as a table, so that one statement inserts them all. The inner loop of every
// load: SQLite pulls the rows itself, which saves starting and binding a statement for each.
#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "destinations/sqlite/database.h"
#include "format/row_file.h"
#include "json/document.h"

namespace lode::sqlite {

/// Writes "YYYY-MM-DD HH:MM:SS.ffffff" to `out`, 26 characters: the form in which SQLAlchemy keeps timestamps.
void write_timestamp(std::int64_t micros, char* out);

/// Inserts all rows of `reader` into `table` (qualified and quoted). Columns of the file must exist in the table.
/// Errors: of the reader and of the database, kCancelled.
Status insert_rows(Database& database, const std::string& table, RowFileReader& reader, const std::stop_token& stop);

}  // namespace lode::sqlite
