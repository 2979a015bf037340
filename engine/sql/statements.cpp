// SQL statements made from schemas.
#include "sql/statements.h"

#include <fmt/format.h>

namespace lode {

std::string create_table(const Dialect& dialect, std::string_view qualified, const std::vector<Column>& columns) {
  std::string text = fmt::format("CREATE TABLE {} (", qualified);
  bool first = true;
  for (const Column& column : columns) {
    if (!column.complete()) continue;
    text += fmt::format("{}\n\t{} {}{}", first ? "" : ", ", quote_name(dialect, column.name()), dialect.column_type(column),
                        column.nullable() ? "" : " NOT NULL");
    first = false;
  }
  return text + "\n)";
}

std::string add_column(const Dialect& dialect, std::string_view qualified, const Column& column, bool not_null) {
  return fmt::format("ALTER TABLE {} ADD COLUMN {} {}{}", qualified, quote_name(dialect, column.name()),
                     dialect.column_type(column), not_null ? " NOT NULL" : "");
}

std::string insert_row(const Dialect& dialect, std::string_view qualified, const std::vector<std::string>& columns) {
  std::string text = fmt::format("INSERT INTO {} (", qualified);
  for (std::size_t i = 0; i < columns.size(); ++i) text += (i > 0 ? ", " : "") + quote_name(dialect, columns[i]);
  text += ") VALUES (";
  for (std::size_t i = 0; i < columns.size(); ++i) text += i > 0 ? ", ?" : "?";
  return text + ")";
}

}  // namespace lode
