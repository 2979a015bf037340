// Dataset: the tables of one SQLite file as they really are, and what changes them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "destinations/sqlite/database.h"
#include "schema/schema.h"
#include "sql/dialect.h"

namespace lode::sqlite {

/// Which of the connection's databases: the file, or the staging tables that live as long as the connection.
enum class Place { kMain, kTemp };

/// main."orders": ready for SQL.
std::string qualified(Place place, std::string_view table);

/// What a table needs to fit the schema.
struct TablePlan {
  SchemaChange::TableChange change;     ///< no columns: it fits
  std::vector<std::string> statements;  ///< in order
  std::vector<std::string> warnings;
};

/// Looks at tables and makes them fit a schema. What it has seen it remembers, so it must be forgotten when the
/// transaction ends: while we hold the write lock nobody else changes a table.
class Dataset {
 public:
  explicit Dataset(Database& database) : database_(database) {}

  /// Whether all the tables are in the file. Asks the file itself, every time.
  Result<bool> has_tables(const std::vector<std::string_view>& names);
  Result<bool> has_table(Place place, const std::string& table);
  /// What ensure_table() would do. Changes nothing.
  Result<TablePlan> plan_table(Place place, const Table& table);
  /// Creates the table or adds the columns that it lacks; compares names without regard to case, as SQLite does.
  /// `change` may be null; else it gets what was done, if anything.
  Status ensure_table(Place place, const Table& table, SchemaChange* change);
  Status drop_table(Place place, const std::string& table);
  /// Forgets what it knows of tables.
  void forget();
  /// Names of staging tables that were made since forget().
  std::vector<std::string> staged_tables() const;
  std::vector<std::string> take_warnings() { return std::exchange(warnings_, {}); }

 private:
  using ColumnNames = std::unordered_set<std::string>;  // lower case
  /// Empty: the table does not exist.
  Result<ColumnNames*> columns_of(Place place, const std::string& table);
  Status plan_columns(Place place, TablePlan& plan);

  Database& database_;
  std::map<std::string, ColumnNames> known_[2];  // by place and table
  std::vector<std::string> warnings_;
};

}  // namespace lode::sqlite
