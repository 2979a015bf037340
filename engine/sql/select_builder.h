// SelectBuilder: SELECT statements about the tables of schemas, made step by step.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "schema/schema.h"
#include "sql/dialect.h"

namespace lode {

/// A statement and what goes to its placeholders.
struct SqlText {
  std::string sql;
  std::vector<json::Value> parameters;
};

/// What there is to select from. Whoever makes one keeps it, and what it points to, as long as the builders.
struct SelectTables {
  std::vector<const Schema*> schemas;                       ///< a table is that of the first that has it
  std::function<std::string(std::string_view)> query_name;  ///< of a table, ready for SQL
  std::string place;                                        ///< "dataset shop_data": for messages

  const Table* find(std::string_view name) const;
  /// The schema whose table this is.
  const Schema* schema_of(std::string_view table) const;
  /// Errors: kQueryUnknown, with a guess of what was meant.
  Result<const Table*> get(std::string_view name) const;
};

/// A table to be joined, along what the schema knows: parents and nested tables, references, loads.
struct Join {
  std::string table;
  std::string kind = "inner";  ///< or left, right, full
  std::string alias;           ///< begins the names of its columns: items__sku; "": the table's name
};

/// Steps mean what they say in their order: a where() after a limit() looks at the limited rows. A value: a copy goes
/// its own way. Not synchronised. Errors: kQueryUnknown for columns and tables that there are not, kQueryInvalid for
/// what makes no sense, kQueryParameters.
class SelectBuilder {
 public:
  /// All rows and columns of a table.
  static Result<SelectBuilder> from(const Dialect& dialect, const SelectTables& tables, std::string_view table);

  Status select(const std::vector<std::string>& columns);
  /// `operation`: = != < <= > >= in, not_in, like, not_like, or dlt's words eq, ne, lt, lte, gt, gte. A null is found
  /// by = and !=. Texts that stand for timestamps are compared as such.
  Status where(std::string_view column, std::string_view operation, const json::Value& value);
  /// A condition in SQL; `parameters` go to its placeholders.
  Status where_sql(std::string_view condition, const std::vector<json::Value>& parameters);
  /// A second call orders what the first leaves equal.
  Status order_by(std::string_view column, bool descending);
  void limit(std::uint64_t rows);
  /// Rows that came with these loads; those of nested tables came with their parents.
  Status from_loads(const std::vector<std::string>& load_ids);
  Status join(const Join& join);
  /// The least or greatest value of a column that is not null: no row or one.
  Status extreme(std::string_view column, bool greatest);
  /// One row: how many there are.
  void count();

  SqlText text() const;

 private:
  struct VisibleColumn {
    std::string name;
    const Column* column;  ///< null: not known
  };
  struct Joined {
    const Table* table;
    std::string prefix;  ///< of its columns: "" for the first table
  };
  SelectBuilder(const Dialect& dialect, const SelectTables& tables) : dialect_(&dialect), tables_(&tables) {}

  Result<const VisibleColumn*> find(std::string_view column) const;
  std::string reference(std::string_view column) const;
  std::string parameter(json::Value value);
  std::string list_of(const std::vector<json::Value>& values);
  std::string compare_in(const std::string& column, const std::vector<json::Value>& values, bool negated);
  Result<std::string> load_condition(const Table& table, const std::string& alias, const std::vector<json::Value>& ids);
  Result<std::string> join_condition(const Join& join, const Table& table) const;
  bool is_plain() const;
  void wrap();
  std::string statement() const;

  const Dialect* dialect_;
  const SelectTables* tables_;
  std::string table_;
  std::string source_;  ///< behind FROM, with alias_
  std::string alias_;
  std::vector<VisibleColumn> columns_;
  std::vector<Joined> joined_;
  bool lists_columns_ = false;  ///< else all are selected, whatever they are
  std::vector<std::string> selected_;
  std::vector<std::string> conditions_;
  std::vector<std::pair<std::string, bool>> order_;  ///< columns, and whether descending
  bool is_order_inherited_ = false;
  std::optional<std::uint64_t> limit_;
  bool counts_ = false;
  std::vector<json::Value> parameters_;
};

/// Statement that counts the rows of tables: a row of name and number each. With a load id, only its rows, of the
/// tables that note one. "": there is no table to count.
SqlText count_statement(const Dialect& dialect, const SelectTables& tables, const std::vector<const Table*>& counted,
                        std::string_view load_id);

}  // namespace lode
