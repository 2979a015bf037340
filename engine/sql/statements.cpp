// SQL statements made from schemas.
#include "sql/statements.h"

#include <fmt/format.h>

namespace lode {
namespace {

std::string column_clause(const Dialect& dialect, const Column& column, bool not_null) {
  return fmt::format("{} {}{}", spell_name(dialect, column.name()), dialect.column_type(column),
                     not_null ? " NOT NULL" : "");
}

}  // namespace

// The layout is SQLAlchemy's: databases keep the text, and this way it does not tell who made the table.
std::string create_table(const Dialect& dialect, std::string_view qualified, const std::vector<Column>& columns) {
  std::string text = fmt::format("CREATE TABLE {} (", qualified);
  std::string_view separator = "\n\t";
  for (const Column& column : columns) {
    text += separator;
    text += column_clause(dialect, column, !column.nullable());
    separator = ", \n\t";
  }
  return text + "\n)";
}

std::string add_column(const Dialect& dialect, std::string_view qualified, const Column& column, bool not_null) {
  return fmt::format("ALTER TABLE {} ADD COLUMN {}", qualified, column_clause(dialect, column, not_null));
}

std::vector<std::string> complete_columns(const Table& table) {
  std::vector<std::string> names;
  for (const Column& column : table.columns()) {
    if (column.complete()) names.push_back(column.name());
  }
  return names;
}

std::string name_list(const Dialect& dialect, const std::vector<std::string>& names, std::string_view prefix) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ", ";
    text += prefix;
    text += quote_name(dialect, name);
  }
  return text;
}

std::string insert_into(const Dialect& dialect, std::string_view qualified, const std::vector<std::string>& columns) {
  return fmt::format("INSERT INTO {} ({})", qualified, name_list(dialect, columns));
}

}  // namespace lode
