// SQL statements made from schemas.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/schema.h"
#include "sql/dialect.h"

namespace lode {

/// `qualified` is the table's name, quoted and qualified as needed. Columns without a type are left out.
std::string create_table(const Dialect& dialect, std::string_view qualified, const std::vector<Column>& columns);
/// `not_null`: databases refuse it for a table with rows.
std::string add_column(const Dialect& dialect, std::string_view qualified, const Column& column, bool not_null);
/// INSERT with one '?' a column.
std::string insert_row(const Dialect& dialect, std::string_view qualified, const std::vector<std::string>& columns);

}  // namespace lode
