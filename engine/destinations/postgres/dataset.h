// Dataset: the tables of one PostgreSQL schema as they really are, and what changes them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "destinations/postgres/connection.h"
#include "destinations/postgres/flavor.h"
#include "schema/schema.h"

namespace lode::postgres {

/// Where a table is: in the dataset, or among the temporary tables of this connection's transaction.
enum class Place { kDataset, kStaging };

/// What a table needs to fit the schema.
struct TablePlan {
  SchemaChange::TableChange change;     ///< no columns: it fits
  std::vector<std::string> statements;  ///< in order
  std::vector<std::string> later;       ///< those that may wait for the table's rows
  std::vector<std::string> warnings;
};

/// Looks at tables and makes them fit a schema. What it has seen it remembers, so it must be forgotten when the
/// transaction ends: while one load holds the dataset's lock no other changes a table.
class Dataset {
 public:
  /// SQL types by column; empty: there is no such table.
  using Columns = std::map<std::string, std::string, std::less<>>;

  Dataset(Connection& connection, const Flavor& flavor, std::string name, bool makes_unique)
      : connection_(connection), flavor_(flavor), name_(std::move(name)), makes_unique_(makes_unique) {}

  /// "data"."orders": ready for SQL.
  std::string qualified(Place place, std::string_view table) const;
  /// Whether all the tables are there. Asks the server, every time.
  Result<bool> has_tables(const std::vector<std::string_view>& names);
  /// The statement that makes the dataset; "" if there is one.
  Result<std::string> plan_dataset();
  /// Makes the dataset if there is none.
  Status ensure_dataset();
  /// Valid until forget() or the next change of the table.
  Result<const Columns*> columns_of(Place place, const std::string& table);
  Result<bool> has_table(Place place, const std::string& table);
  /// What ensure_table() would do. Changes nothing. Errors as there.
  Result<TablePlan> plan_table(Place place, const Table& table);
  /// Creates the table or adds the columns that it lacks. `change` may be null; else it gets what was done, if
  /// anything. Errors: kSchemaInvalid for names and types that PostgreSQL does not have.
  Status ensure_table(Place place, const Table& table, SchemaChange* change);
  /// Gives new tables the UNIQUE that waited for their rows: an index built at once costs less than one kept up to
  /// date.
  Status finish_tables();
  Status drop_staging_table(const std::string& table);
  void forget();
  std::vector<std::string> take_warnings() { return std::exchange(warnings_, {}); }

 private:
  Result<Columns> look_up(Place place, const std::string& table);
  void plan_new(Place place, TablePlan& plan);
  Status plan_columns(Place place, TablePlan& plan);

  Connection& connection_;
  const Flavor& flavor_;
  const std::string name_;
  const bool makes_unique_;
  std::map<std::string, Columns> known_[2];  // by place and table
  std::vector<std::string> later_;           // statements that wait for rows
  std::vector<std::string> warnings_;
};

}  // namespace lode::postgres
