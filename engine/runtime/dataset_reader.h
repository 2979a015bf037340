// DatasetReader: what was loaded, for those who ask: tables, counts, relations, SQL. Read only.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "extract/pipe.h"
#include "load/destination.h"
#include "schema/schema.h"
#include "sql/select_builder.h"

namespace lode {

class DatasetRows;

/// One dataset of a destination. Everything blocks, so it is for workers; any number of them at a time: each query has
/// a connection of its own, and connections are used again.
class DatasetReader : public std::enable_shared_from_this<DatasetReader> {
 public:
  using Schemas = std::vector<std::shared_ptr<const Schema>>;

  /// `destination` as make_destination() takes it, with its credentials. `schema`: the one to look at; "": all that the
  /// dataset has. Contacts nothing.
  static std::shared_ptr<DatasetReader> make(json::Value destination, std::string dataset, std::string schema,
                                             Env& env);

  /// The stored schemas, the newest first. Empty: nothing was loaded yet, or not by a pipeline. With `anew`, what is
  /// remembered is not enough.
  Result<Schemas> schemas(bool anew);
  /// Asks a question:
  ///   {sql, parameters}   in the destination's language
  ///   {table, steps}      a relation; the steps are {step = "where", …}: see dataset_question.cpp
  ///   {count = {tables, dlt_tables, load_id}}  rows of tables: table_name, row_count
  ///   {loads = {schema, newest}}               load_id, in ascending order; `newest`: the last one alone
  /// Errors: those of Destination::query() and SelectBuilder.
  Result<std::unique_ptr<DatasetRows>> ask(const json::Value& question, std::stop_token stop);
  /// The statement that ask() would run.
  Result<std::string> sql_of(const json::Value& question);
  const std::string& dataset() const { return dataset_; }

 private:
  friend class DatasetRows;
  DatasetReader(json::Value destination, std::string dataset, std::string schema, Env& env)
      : destination_(std::move(destination)), dataset_(std::move(dataset)), schema_(std::move(schema)), env_(env) {}

  struct Connection {
    std::unique_ptr<Destination> destination;
    bool was_idle = false;
  };
  Result<Connection> connect();
  void put_back(std::unique_ptr<Destination> destination);
  Result<Schemas> schemas(Destination& destination, bool anew);
  Result<SqlText> statement(Destination& destination, const json::Value& question);
  Result<std::unique_ptr<DatasetRows>> ask_through(Connection connection, const json::Value& question,
                                                   std::stop_token stop);

  const json::Value destination_;
  const std::string dataset_;
  const std::string schema_;
  Env& env_;

  std::mutex mutex_;
  std::vector<std::unique_ptr<Destination>> idle_;
  std::optional<Schemas> known_;
};

/// The rows of one question, as the database finds them. One thread at a time; the destructor may block as well.
class DatasetRows {
 public:
  DatasetRows(std::shared_ptr<DatasetReader> reader, std::unique_ptr<Destination> destination,
              std::unique_ptr<QueryRows> rows);
  ~DatasetRows();
  DatasetRows(const DatasetRows&) = delete;
  DatasetRows& operator=(const DatasetRows&) = delete;

  /// Names, in order, no two alike: of two columns "id" the second is "id_2".
  const std::vector<std::string>& columns() const { return columns_; }
  /// Some rows, objects with all columns in order; nullopt: there are no more.
  Result<std::optional<Page>> next_page();

 private:
  std::shared_ptr<DatasetReader> reader_;
  std::unique_ptr<Destination> destination_;
  std::unique_ptr<QueryRows> rows_;  // null: all were given out
  std::vector<std::string> columns_;
  std::size_t page_rows_;
};

/// The tables that loads have made: users' own, then, if wanted, those that dlt keeps beside them.
std::vector<const Table*> dataset_tables(const SelectTables& tables, bool with_dlt_tables);
/// The statement of a question other than SQL. Errors: as SelectBuilder, kInvalidArgument for a question that is none.
Result<SqlText> dataset_statement(const Dialect& dialect, const SelectTables& tables, const json::Value& question);

}  // namespace lode
