// SqlDataset: the tables of a dataset as they really are, and what changes them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/schema.h"
#include "sql/dialect.h"
#include "sql/session.h"

namespace lode {

/// Where the table of a name is.
enum class Place {
  kFinal,     ///< in the dataset, where users read it
  kStaging,   ///< rows on their way, seen by this load alone
  kIncoming,  ///< in the dataset under another name: takes the place of the final table
};
inline constexpr std::size_t kPlaces = 3;

/// What a table needs to fit the schema.
struct TablePlan {
  SchemaChange::TableChange change;     ///< no columns: it fits
  std::vector<std::string> statements;  ///< in order
  std::vector<std::string> later;       ///< those that may wait for the table's rows
  std::vector<std::string> warnings;
};

/// Looks at tables and makes them fit a schema. What it has seen it remembers, so it must be forgotten when the
/// transaction ends: while one load holds the dataset's lock no other changes a table.
class SqlDataset {
 public:
  /// SQL types by column, names as fold() has them. Empty: there is no such table.
  using Columns = std::map<std::string, std::string, std::less<>>;

  /// Both outlive the dataset.
  SqlDataset(SqlSession& session, const Dialect& dialect) : session_(session), dialect_(dialect) {}
  virtual ~SqlDataset() = default;

  SqlSession& session() { return session_; }
  /// The one that makes, changes and drops tables of a place.
  virtual SqlSession& session_for(Place) { return session_; }
  const Dialect& dialect() const { return dialect_; }

  /// "shop"."orders": ready for SQL.
  virtual std::string qualified(Place place, std::string_view table) const = 0;
  /// Whether all the tables are in the dataset. Asks the database, every time.
  virtual Result<bool> has_tables(const std::vector<std::string_view>& names) = 0;
  /// The statement that makes the dataset; "" if there is one.
  virtual Result<std::string> plan_dataset() { return std::string(); }
  /// Makes the dataset if there is none.
  Status ensure_dataset();

  /// Valid until forget() or the next change of the table.
  Result<const Columns*> columns_of(Place place, const std::string& table);
  Result<bool> has_table(Place place, const std::string& table);
  /// What ensure_table() would do. Changes nothing. Errors as there.
  Result<TablePlan> plan_table(Place place, const Table& table);
  /// Creates the table or adds the columns that it lacks. `change` may be null; else it gets what was done, if
  /// anything. Errors: kSchemaInvalid for names and types that the database does not have.
  Status ensure_table(Place place, const Table& table, SchemaChange* change);
  Status drop_table(Place place, const std::string& table);
  /// Deletes all rows, if the table is there.
  Status empty_table(const std::string& table);
  /// The incoming table takes the place of the final one.
  Status take_place(const std::string& table);
  /// Runs what waited for the rows of new tables.
  Status finish_tables();
  /// The tables of a place that were made or looked at since forget(), and are there.
  std::vector<std::string> tables_in(Place place) const;
  virtual void forget();
  std::vector<std::string> take_warnings() { return std::exchange(warnings_, {}); }

 protected:
  /// How the database compares names of columns.
  virtual std::string fold(std::string_view column) const { return std::string(column); }
  virtual Result<Columns> look_up(Place place, const std::string& table) = 0;
  /// Errors: kSchemaInvalid for a name or type that the database does not have.
  virtual Status check(const std::string& table, const std::vector<Column>& columns) const;
  /// CREATE TABLE and what goes with it.
  virtual void plan_new(Place place, TablePlan& plan) const;
  /// Numbers tables from 1, until forget(): for names that are short, whatever the table is called.
  std::size_t number_of(std::string_view table) const;
  /// What the incoming table of a final one is called.
  std::string incoming_name(std::string_view table) const;
  /// Makes an incoming table one of the dataset, still under its own name; returns its name, ready for SQL.
  virtual Result<std::string> bring_in(const std::string& table) { return qualified(Place::kIncoming, table); }
  /// What follows a new column's clause: " UNIQUE".
  virtual std::string column_suffix(const Column&) const { return ""; }
  /// "DELETE FROM" or "TRUNCATE TABLE", without the table.
  virtual std::string_view emptying() const { return "DELETE FROM"; }

 private:
  Status plan_columns(Place place, TablePlan& plan);

  SqlSession& session_;
  const Dialect& dialect_;
  std::map<std::string, Columns> known_[kPlaces];                    // by place and table
  mutable std::map<std::string, std::size_t, std::less<>> numbers_;  // of tables with short names
  std::vector<std::string> later_;                                   // statements that wait for rows
  std::vector<std::string> warnings_;
};

}  // namespace lode
