// Dataset: the tables of one PostgreSQL schema as they really are.
#include "destinations/postgres/dataset.h"

#include <fmt/format.h>

#include <iterator>

#include "base/text.h"
#include "sql/statements.h"

namespace lode::postgres {
namespace {

constexpr std::size_t kNameBytesMax = 63;  // PostgreSQL cuts longer names without a word
constexpr std::int64_t kTimestampDigitsMax = 6;

std::size_t index_of(Place place) { return place == Place::kDataset ? 0 : 1; }

Status check_name(std::string_view name, std::string_view what) {
  if (name.size() <= kNameBytesMax) return {};
  return Status::error(Code::kSchemaInvalid, fmt::format("the name of {} '{}' has {} bytes, PostgreSQL allows {}", what,
                                                         name, name.size(), kNameBytesMax));
}

Status check_column(const Column& column) {
  LODE_TRY(check_name(column.name(), "column"));
  const std::int64_t precision = column.precision().value_or(0);
  const bool is_time = column.type() == DataType::kTimestamp || column.type() == DataType::kTime;
  const bool fits = (column.type() != DataType::kBigint || precision <= 64) &&
                    (!is_time || (precision >= 0 && precision <= kTimestampDigitsMax));
  if (fits) return {};
  return Status::error(Code::kSchemaInvalid, fmt::format("column '{}': PostgreSQL has no {} of precision {}",
                                                         column.name(), type_name(column.type()), precision))
      .hint("bigint: at most 64 bits; timestamp and time: at most 6 digits of a second");
}

}  // namespace

std::string Dataset::qualified(Place place, std::string_view table) const {
  return fmt::format("{}.{}", place == Place::kDataset ? quote_name(flavor_.dialect(), name_) : "pg_temp",
                     quote_name(flavor_.dialect(), table));
}

Result<bool> Dataset::has_tables(const std::vector<std::string_view>& names) {
  for (const std::string_view name : names) {
    LODE_ASSIGN(const Rows found,
                connection_.query("SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n "
                                  "ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2",
                                  {name_, std::string(name)}));
    if (found.empty()) return false;
  }
  return true;
}

// Asked first, so that a user who may not make schemas can load into one that is there.
Result<std::string> Dataset::plan_dataset() {
  LODE_TRY(check_name(name_, "dataset"));
  LODE_ASSIGN(const Rows found, connection_.query("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", {name_}));
  return found.empty() ? "CREATE SCHEMA " + quote_name(flavor_.dialect(), name_) : std::string();
}

Status Dataset::ensure_dataset() {
  LODE_ASSIGN(const std::string statement, plan_dataset());
  return statement.empty() ? Status() : connection_.run(statement);
}

// The version of a schema says what a table should have. Whether somebody dropped it since, only the table says.
Result<Dataset::Columns> Dataset::look_up(Place place, const std::string& table) {
  const std::string where = place == Place::kDataset ? "n.nspname = $2" : "n.oid = pg_catalog.pg_my_temp_schema()";
  std::vector<std::string> parameters = {table};
  if (place == Place::kDataset) parameters.push_back(name_);
  LODE_ASSIGN(const Rows found, connection_.query("SELECT a.attname, pg_catalog.format_type(a.atttypid, NULL) "
                                                  "FROM pg_catalog.pg_attribute AS a "
                                                  "JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid "
                                                  "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
                                                  "WHERE c.relname = $1 AND " +
                                                      where + " AND a.attnum > 0 AND NOT a.attisdropped",
                                                  parameters));
  Columns columns;
  for (int row = 0; row < found.size(); ++row) columns[found.text(row, 0)] = found.text(row, 1);
  return columns;
}

Result<const Dataset::Columns*> Dataset::columns_of(Place place, const std::string& table) {
  std::map<std::string, Columns>& tables = known_[index_of(place)];
  if (const auto found = tables.find(table); found != tables.end()) return &found->second;
  LODE_ASSIGN(Columns columns, look_up(place, table));
  return &(tables[table] = std::move(columns));
}

Result<bool> Dataset::has_table(Place place, const std::string& table) {
  LODE_ASSIGN(const Columns* const columns, columns_of(place, table));
  return !columns->empty();
}

Result<TablePlan> Dataset::plan_table(Place place, const Table& table) {
  LODE_ASSIGN(const Columns* const columns, columns_of(place, table.name()));
  TablePlan plan;
  plan.change = {table.name(), columns->empty(), {}};
  for (const Column& column : table.columns()) {
    if (column.complete() && columns->count(column.name()) == 0) plan.change.columns.push_back(column);
  }
  if (plan.change.columns.empty()) return plan;
  LODE_TRY(check_name(table.name(), "table"));
  for (const Column& column : plan.change.columns) {
    Status fits = check_column(column);
    if (!fits.ok()) return std::move(fits).about(fmt::format("table '{}'", table.name()));
  }
  if (plan.change.is_new) {
    plan_new(place, plan);
  } else {
    LODE_TRY(plan_columns(place, plan));
  }
  return plan;
}

void Dataset::plan_new(Place place, TablePlan& plan) {
  const std::string& table = plan.change.table;
  std::string text = create_table(flavor_.dialect(), qualified(place, table), plan.change.columns);
  if (place == Place::kStaging) {
    text.replace(0, std::string_view("CREATE TABLE").size(), "CREATE TEMPORARY TABLE");
    text += " ON COMMIT DROP";
  }
  plan.statements.push_back(std::move(text));
  for (const Column& column : plan.change.columns) {
    if (place != Place::kDataset || !makes_unique_ || !column.flag("unique")) continue;
    plan.later.push_back(fmt::format("ALTER TABLE {} ADD UNIQUE ({})", qualified(Place::kDataset, table),
                                     quote_name(flavor_.dialect(), column.name())));
  }
}

Status Dataset::plan_columns(Place place, TablePlan& plan) {
  const std::string& table = plan.change.table;
  LODE_ASSIGN(const Rows found, connection_.query(fmt::format("SELECT 1 FROM {} LIMIT 1", qualified(place, table))));
  for (const Column& column : plan.change.columns) {
    // Rows that are there have no value for a new column, so PostgreSQL refuses NOT NULL.
    const bool not_null = !column.nullable() && found.empty();
    std::string text = add_column(flavor_.dialect(), qualified(place, table), column, not_null);
    if (place == Place::kDataset && makes_unique_ && column.flag("unique")) text += " UNIQUE";
    plan.statements.push_back(std::move(text));
    if (column.nullable() || not_null || place == Place::kStaging) continue;
    plan.warnings.push_back(
        fmt::format("table '{}' has rows, so its new column '{}' could not be made NOT NULL as the schema says", table,
                    column.name()));
  }
  return {};
}

Status Dataset::ensure_table(Place place, const Table& table, SchemaChange* change) {
  LODE_ASSIGN(TablePlan plan, plan_table(place, table));
  if (plan.change.columns.empty()) return {};
  for (const std::string& statement : plan.statements) LODE_TRY(connection_.run(statement));
  for (std::string& warning : plan.warnings) warnings_.push_back(std::move(warning));
  std::move(plan.later.begin(), plan.later.end(), std::back_inserter(later_));
  if (!flavor_.unique_later) LODE_TRY(finish_tables());
  known_[index_of(place)].erase(table.name());
  if (change != nullptr) change->tables.push_back(std::move(plan.change));
  return {};
}

Status Dataset::finish_tables() {
  for (const std::string& statement : std::exchange(later_, {})) LODE_TRY(connection_.run(statement));
  return {};
}

Status Dataset::drop_staging_table(const std::string& table) {
  known_[index_of(Place::kStaging)].erase(table);
  return connection_.run("DROP TABLE IF EXISTS " + qualified(Place::kStaging, table));
}

void Dataset::forget() {
  for (auto& tables : known_) tables.clear();
  later_.clear();
}

}  // namespace lode::postgres
