// SqlDestination: what loads have in common in all SQL databases. A database adds how it connects and how rows go in.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "config/fields.h"
#include "load/destination.h"
#include "sql/dataset.h"

namespace lode {

/// A package is one transaction: DDL, rows, replacements, merges, `_dlt_version`, `_dlt_loads`, state. Errors and
/// threads: as Destination says.
class SqlDestination : public Destination {
 public:
  /// Adds the options that all SQL databases have to the list of one.
  static void declare_options(FieldSpec& options);
  /// Takes them. REQUIRES: checked
  void read_options(const json::Value& options);

  const Capabilities& capabilities() const override { return capabilities_; }
  Result<std::optional<PipelineState>> saved_state(std::string_view pipeline) override;
  Result<std::optional<Schema>> saved_schema(std::string_view name) override;
  Result<bool> is_loaded(std::string_view load_id) override;
  Result<std::string> newest_load_id() override;
  Result<std::vector<std::string>> saved_schema_names() override;
  Result<std::unique_ptr<QueryRows>> query(const std::string& sql, const std::vector<json::Value>& parameters,
                                           std::stop_token stop = {}) override;
  const Dialect* query_dialect() override { return &dialect(); }
  std::string query_name(std::string_view table) override;
  Result<MigrationPlan> plan_migration(const Schema& schema) override;

  Status begin(std::string_view load_id) override;
  Status drop_tables(const std::vector<std::string>& tables, std::string_view schema_name) override;
  Status empty_tables(const std::vector<std::string>& tables) override;
  Result<SchemaChange> migrate(const Schema& schema) override;
  Status load_jobs(const std::vector<const Job*>& jobs, const Schema& schema, std::stop_token stop,
                   JobListener& listener) override;
  Status load(const Job& job, const Schema& schema, std::stop_token stop) override;
  Status commit(const CommitRecord& record, const Schema& schema, const std::vector<std::string>& replaced) override;
  void rollback() noexcept override;
  std::vector<std::string> take_warnings() override { return std::exchange(warnings_, {}); }

 protected:
  /// The dataset, for reading; null: there is no database yet. Connects, or connects again, if need be.
  virtual Result<SqlDataset*> look() = 0;
  /// As look(), but where there is no database yet, an empty one that leaves no trace.
  virtual Result<SqlDataset*> look_to_plan() { return look(); }
  /// Null: nothing is open.
  virtual SqlDataset* dataset() = 0;
  /// REQUIRES: connected
  virtual const Dialect& dialect() const = 0;
  /// Opens what is needed and begins. From here on no other load changes the dataset.
  virtual Status begin_transaction() = 0;
  virtual Status commit_transaction() = 0;
  /// Also after the database rolled back by itself, or the connection was lost.
  virtual void rollback_transaction() noexcept = 0;
  /// The transaction has ended and nothing is remembered of it; after a commit the package is in the dataset, whatever
  /// happens here.
  virtual void after_transaction(bool committed) noexcept { static_cast<void>(committed); }
  /// Appends the rows of a job; the table there has all its columns.
  virtual Status insert_rows(const Job& job, const Table& table, Place place, std::stop_token stop) = 0;
  /// Makes the staged rows of `chain` quick to look up by key. True: no two rows of the root have the same primary key.
  virtual Result<bool> prepare_staged(const std::vector<const Table*>& chain) = 0;
  /// The name of a temporary table of a merge, ready for SQL.
  virtual std::string temporary_name(std::string_view name) const = 0;
  /// As a parameter for a column of timestamps.
  virtual std::string timestamp_text(std::int64_t micros) const = 0;

  bool in_transaction() const { return in_transaction_; }
  std::string_view load_id() const { return load_id_; }
  /// Where the rows of a table go first.
  Place place_of(const Table& table, const Schema& schema) const;
  /// Makes that place ready for a job of `table`.
  Status prepare_place(const Table& table, const Schema& schema, Place place);
  void warn(std::string text) { warnings_.push_back(std::move(text)); }

  Capabilities capabilities_ = sql_capabilities();

 private:
  static Capabilities sql_capabilities();
  std::string system_table(std::string_view name) { return dataset()->qualified(Place::kFinal, name); }
  std::string parameters(int count) const;
  json::Value to_parameter(const json::Value& value) const;
  Result<bool> has_tables(const std::vector<std::string_view>& names);
  Status fill_root_keys(const SchemaChange& change, const Schema& schema);
  Status empty_chain(const Table& root, const Schema& schema);
  Status replace_staged(const Table& root, const Schema& schema);
  Status merge(const Table& root, const Schema& schema);
  Status make_system_tables(const Schema& schema);
  Status check_commit(const CommitRecord& record);
  Status record_version(const CommitRecord& record, const Schema& schema);
  Status record_load(const CommitRecord& record);
  void end_transaction(bool committed) noexcept;

  ReplaceStrategy replace_strategy_ = ReplaceStrategy::kTruncateAndInsert;

  // Of the transaction that is open
  bool in_transaction_ = false;
  std::string load_id_;
  std::set<std::string> emptied_roots_;
  std::map<std::string, std::set<std::string>> staged_;  // tables that are staged or incoming, by root
  std::stop_token stop_;                                 // of the last job: what the commit runs heeds it too
  std::vector<std::string> warnings_;
};

}  // namespace lode
