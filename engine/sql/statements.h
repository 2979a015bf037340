// SQL statements made from schemas.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/schema.h"
#include "sql/dialect.h"

namespace lode {

/// `qualified` is the table's name, quoted and qualified as needed. REQUIRES: all columns are complete.
std::string create_table(const Dialect& dialect, std::string_view qualified, const std::vector<Column>& columns);
/// `not_null`: databases refuse it for a table with rows.
std::string add_column(const Dialect& dialect, std::string_view qualified, const Column& column, bool not_null);
/// `INSERT INTO qualified ("a", "b")`, without what is inserted.
std::string insert_into(const Dialect& dialect, std::string_view qualified, const std::vector<std::string>& columns);
/// Names of the columns that tables are made with: those that have a type.
std::vector<std::string> complete_columns(const Table& table);
/// `"a", "b"`; with a prefix: `s."a", s."b"`.
std::string name_list(const Dialect& dialect, const std::vector<std::string>& names, std::string_view prefix = {});

}  // namespace lode
