// SqlDataset: the tables of a dataset as they really are.
#include "sql/dataset.h"

#include <fmt/format.h>

#include <algorithm>

#include "sql/statements.h"

namespace lode {

Status SqlDataset::ensure_dataset() {
  LODE_ASSIGN(const std::string statement, plan_dataset());
  return statement.empty() ? Status() : session_.run(statement);
}

// The version of a schema says what a table should have. Whether somebody dropped it since, only the table says.
Result<const SqlDataset::Columns*> SqlDataset::columns_of(Place place, const std::string& table) {
  std::map<std::string, Columns>& tables = known_[static_cast<std::size_t>(place)];
  if (const auto found = tables.find(table); found != tables.end()) return &found->second;
  LODE_ASSIGN(Columns columns, look_up(place, table));
  return &(tables[table] = std::move(columns));
}

Result<bool> SqlDataset::has_table(Place place, const std::string& table) {
  LODE_ASSIGN(const Columns* const columns, columns_of(place, table));
  return !columns->empty();
}

Status SqlDataset::check(const std::string&, const std::vector<Column>&) const { return {}; }

Result<TablePlan> SqlDataset::plan_table(Place place, const Table& table) {
  LODE_ASSIGN(const Columns* const columns, columns_of(place, table.name()));
  TablePlan plan;
  plan.change = {table.name(), columns->empty(), {}};
  for (const Column& column : table.columns()) {
    if (column.complete() && columns->count(fold(column.name())) == 0) plan.change.columns.push_back(column);
  }
  if (plan.change.columns.empty()) return plan;
  LODE_TRY(check(table.name(), plan.change.columns));
  if (plan.change.is_new) {
    plan_new(place, plan);
  } else {
    LODE_TRY(plan_columns(place, plan));
  }
  return plan;
}

void SqlDataset::plan_new(Place place, TablePlan& plan) const {
  plan.statements.push_back(create_table(dialect_, qualified(place, plan.change.table), plan.change.columns));
}

Status SqlDataset::plan_columns(Place place, TablePlan& plan) {
  const std::string& table = plan.change.table;
  LODE_ASSIGN(const bool has_rows,
              session_for(place).finds(fmt::format("SELECT 1 FROM {} LIMIT 1", qualified(place, table))));
  for (const Column& column : plan.change.columns) {
    // Rows that are there have no value for a new column, so databases refuse NOT NULL.
    const bool not_null = !column.nullable() && !has_rows;
    std::string text = add_column(dialect_, qualified(place, table), column, not_null);
    if (place != Place::kStaging) text += column_suffix(column);
    plan.statements.push_back(std::move(text));
    if (column.nullable() || not_null || place != Place::kFinal) continue;
    plan.warnings.push_back(
        fmt::format("table '{}' has rows, so its new column '{}' could not be made NOT NULL as the schema says", table,
                    column.name()));
  }
  return {};
}

Status SqlDataset::ensure_table(Place place, const Table& table, SchemaChange* change) {
  LODE_ASSIGN(TablePlan plan, plan_table(place, table));
  if (plan.change.columns.empty()) return {};
  for (const std::string& statement : plan.statements) LODE_TRY(session_for(place).run(statement));
  for (std::string& warning : plan.warnings) warnings_.push_back(std::move(warning));
  // A table that replaces a new one brings the same statements once more.
  for (std::string& statement : plan.later) {
    if (std::find(later_.begin(), later_.end(), statement) == later_.end()) later_.push_back(std::move(statement));
  }
  known_[static_cast<std::size_t>(place)].erase(table.name());
  if (change != nullptr) change->tables.push_back(std::move(plan.change));
  return {};
}

Status SqlDataset::drop_table(Place place, const std::string& table) {
  known_[static_cast<std::size_t>(place)].erase(table);
  return session_for(place).run("DROP TABLE IF EXISTS " + qualified(place, table));
}

Status SqlDataset::empty_table(const std::string& table) {
  LODE_ASSIGN(const bool is_there, has_table(Place::kFinal, table));
  return is_there ? session_.run(fmt::format("{} {}", emptying(), qualified(Place::kFinal, table))) : Status();
}

std::size_t SqlDataset::number_of(std::string_view table) const {
  const auto found = numbers_.find(table);
  return found != numbers_.end() ? found->second : numbers_.emplace(table, numbers_.size() + 1).first->second;
}

std::string SqlDataset::incoming_name(std::string_view table) const {
  return fmt::format("_lode_new_{}", number_of(table));
}

Status SqlDataset::take_place(const std::string& table) {
  LODE_TRY(drop_table(Place::kFinal, table));
  LODE_ASSIGN(const std::string incoming, bring_in(table));
  known_[static_cast<std::size_t>(Place::kIncoming)].erase(table);
  return session_.run(fmt::format("ALTER TABLE {} RENAME TO {}", incoming, spell_name(dialect_, table)));
}

Status SqlDataset::finish_tables() {
  for (const std::string& statement : std::exchange(later_, {})) LODE_TRY(session_.run(statement));
  return {};
}

std::vector<std::string> SqlDataset::tables_in(Place place) const {
  std::vector<std::string> names;
  for (const auto& [table, columns] : known_[static_cast<std::size_t>(place)]) {
    if (!columns.empty()) names.push_back(table);
  }
  return names;
}

void SqlDataset::forget() {
  for (auto& tables : known_) tables.clear();
  numbers_.clear();
  later_.clear();
}

}  // namespace lode
