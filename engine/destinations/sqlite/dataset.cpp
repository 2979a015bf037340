// Dataset: the tables of one SQLite file as they really are.
#include "destinations/sqlite/dataset.h"

#include <fmt/format.h>

#include "base/text.h"
#include "sql/statements.h"

namespace lode::sqlite {

std::string qualified(Place place, std::string_view table) {
  return fmt::format("{}.{}", place == Place::kMain ? "main" : "temp", spell_name(sqlite_dialect(), table));
}

Result<bool> Dataset::has_tables(const std::vector<std::string_view>& names) {
  for (const std::string_view name : names) {
    LODE_ASSIGN(Statement query,
                database_.prepare("SELECT 1 FROM main.sqlite_master WHERE type IN ('table', 'view') AND "
                                  "name = ? COLLATE NOCASE"));
    query.bind(1, name);
    LODE_ASSIGN(const bool found, database_.step(query));
    if (!found) return false;
  }
  return true;
}

// The version of a schema says what a table should have. Whether somebody dropped it since, only the table says.
Result<Dataset::ColumnNames*> Dataset::columns_of(Place place, const std::string& table) {
  std::map<std::string, ColumnNames>& tables = known_[place == Place::kMain ? 0 : 1];
  if (const auto found = tables.find(table); found != tables.end()) return &found->second;
  LODE_ASSIGN(Statement query,
              database_.prepare(fmt::format("PRAGMA {}.table_info({})", place == Place::kMain ? "main" : "temp",
                                            quote_name(sqlite_dialect(), table))));
  ColumnNames seen;
  for (;;) {
    LODE_ASSIGN(const bool row, database_.step(query));
    if (!row) break;
    seen.insert(to_lower(query.text(1)));
  }
  return &(tables[table] = std::move(seen));
}

Result<bool> Dataset::has_table(Place place, const std::string& table) {
  LODE_ASSIGN(const ColumnNames* const seen, columns_of(place, table));
  return !seen->empty();
}

Result<TablePlan> Dataset::plan_table(Place place, const Table& table) {
  LODE_ASSIGN(const ColumnNames* const seen, columns_of(place, table.name()));
  TablePlan plan;
  plan.change = {table.name(), seen->empty(), {}};
  for (const Column& column : table.columns()) {
    if (column.complete() && seen->count(to_lower(column.name())) == 0) plan.change.columns.push_back(column);
  }
  if (plan.change.columns.empty()) return plan;
  if (!plan.change.is_new) {
    LODE_TRY(plan_columns(place, plan));
    return plan;
  }
  plan.statements.push_back(create_table(sqlite_dialect(), qualified(place, table.name()), plan.change.columns));
  return plan;
}

Status Dataset::plan_columns(Place place, TablePlan& plan) {
  const std::string& table = plan.change.table;
  LODE_ASSIGN(Statement query, database_.prepare(fmt::format("SELECT 1 FROM {} LIMIT 1", qualified(place, table))));
  LODE_ASSIGN(const bool has_rows, database_.step(query));
  for (const Column& column : plan.change.columns) {
    // Rows that are there have no value for a new column, so SQLite refuses NOT NULL.
    const bool not_null = !column.nullable() && !has_rows;
    plan.statements.push_back(add_column(sqlite_dialect(), qualified(place, table), column, not_null));
    if (!column.nullable() && !not_null && place == Place::kMain) {
      plan.warnings.push_back(
          fmt::format("table '{}' has rows, so its new column '{}' could not be made NOT NULL as the schema says",
                      table, column.name()));
    }
  }
  return {};
}

Status Dataset::ensure_table(Place place, const Table& table, SchemaChange* change) {
  LODE_ASSIGN(TablePlan plan, plan_table(place, table));
  if (plan.change.columns.empty()) return {};
  for (const std::string& statement : plan.statements) LODE_TRY(database_.run(statement));
  for (std::string& warning : plan.warnings) warnings_.push_back(std::move(warning));
  LODE_ASSIGN(ColumnNames* const seen, columns_of(place, table.name()));
  for (const Column& column : plan.change.columns) seen->insert(to_lower(column.name()));
  if (change != nullptr) change->tables.push_back(std::move(plan.change));
  return {};
}

Status Dataset::drop_table(Place place, const std::string& table) {
  known_[place == Place::kMain ? 0 : 1].erase(table);
  return database_.run("DROP TABLE IF EXISTS " + qualified(place, table));
}

void Dataset::forget() {
  for (auto& tables : known_) tables.clear();
}

std::vector<std::string> Dataset::staged_tables() const {
  std::vector<std::string> names;
  for (const auto& [table, seen] : known_[1]) {
    if (!seen.empty()) names.push_back(table);
  }
  return names;
}

}  // namespace lode::sqlite
