// SqlDestination: what loads have in common in all SQL databases.
#include "destinations/sql_destination.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/time.h"
#include "json/parse.h"
#include "json/write.h"
#include "package/deflate.h"
#include "schema/system_tables.h"
#include "sql/merge.h"
#include "sql/placeholders.h"
#include "sql/statements.h"

namespace lode {
namespace {

constexpr std::int64_t kParallelLoadJobsLimit = 64;  // connections are dear to servers

}  // namespace

Capabilities SqlDestination::sql_capabilities() {
  Capabilities capabilities;
  capabilities.loads_while_extracting = true;
  capabilities.merge_strategies = {MergeStrategy::kDeleteInsert, MergeStrategy::kUpsert, MergeStrategy::kInsertOnly,
                                   MergeStrategy::kScd2};
  capabilities.replace_strategies = {ReplaceStrategy::kTruncateAndInsert, ReplaceStrategy::kInsertFromStaging,
                                     ReplaceStrategy::kStagingOptimized};
  return capabilities;
}

void SqlDestination::declare_options(FieldSpec& options) {
  std::vector<std::string> strategies;
  for (const ReplaceStrategy strategy : sql_capabilities().replace_strategies) {
    strategies.emplace_back(replace_strategy_name(strategy));
  }
  options.text("replace_strategy", "what a load with write disposition replace costs, and whom it keeps waiting")
      .fallback(strategies.front())
      .choices(strategies);
  options.integer("max_parallel_load_jobs", "connections over which staged rows are loaded at the same time, if any")
      .at_least(1)
      .at_most(kParallelLoadJobsLimit);
}

void SqlDestination::read_options(const json::Value& options) {
  const std::string wanted = options.text_or("replace_strategy", "");
  for (const ReplaceStrategy strategy : capabilities_.replace_strategies) {
    if (replace_strategy_name(strategy) == wanted) replace_strategy_ = strategy;
  }
  // What a database cannot do in parallel it does one by one.
  const std::int64_t jobs = options.int_or("max_parallel_load_jobs", kParallelLoadJobsLimit);
  capabilities_.parallel_load_jobs_max =
      std::min(capabilities_.parallel_load_jobs_max, static_cast<std::uint32_t>(jobs));
}

Result<bool> SqlDestination::has_tables(const std::vector<std::string_view>& names) {
  LODE_ASSIGN(SqlDataset* const dataset, look());
  if (dataset == nullptr) return false;
  return dataset->has_tables(names);
}

// "?1, ?2, ?3"
std::string SqlDestination::parameters(int count) const {
  std::string text;
  for (int i = 1; i <= count; ++i) text += fmt::format("{}{}{}", i > 1 ? ", " : "", dialect().parameter, i);
  return text;
}

Result<std::optional<PipelineState>> SqlDestination::saved_state(std::string_view pipeline) {
  LODE_ASSIGN(const bool is_there, has_tables({kStateTable, kLoadsTable}));
  if (!is_there) return std::optional<PipelineState>();
  const std::string sql = fmt::format(
      "SELECT s.state FROM {} AS s JOIN {} AS l ON s._dlt_load_id = l.load_id "
      "WHERE s.pipeline_name = {} AND l.status = 0 ORDER BY l.load_id{} DESC LIMIT 1",
      system_table(kStateTable), system_table(kLoadsTable), parameters(1), dialect().bytewise);
  LODE_ASSIGN(const std::string blob, dataset()->session().select_text(sql, {pipeline}));
  if (blob.empty()) return std::optional<PipelineState>();
  LODE_ASSIGN(PipelineState state, PipelineState::from_blob(blob));
  return std::optional<PipelineState>(std::move(state));
}

Result<std::optional<Schema>> SqlDestination::saved_schema(std::string_view name) {
  LODE_ASSIGN(const bool is_there, has_tables({kVersionTable}));
  if (!is_there) return std::optional<Schema>();
  const std::string sql =
      fmt::format("SELECT schema FROM {} WHERE schema_name = {} ORDER BY inserted_at DESC, version DESC LIMIT 1",
                  system_table(kVersionTable), parameters(1));
  LODE_ASSIGN(const std::string text, dataset()->session().select_text(sql, {name}));
  if (text.empty()) return std::optional<Schema>();
  LODE_ASSIGN(const json::Value stored, json::parse_value(inflate_base64(text).value_or(text)));
  LODE_ASSIGN(Schema schema, Schema::from_json(stored));
  return std::optional<Schema>(std::move(schema));
}

Result<bool> SqlDestination::is_loaded(std::string_view load_id) {
  LODE_ASSIGN(const bool is_there, has_tables({kLoadsTable}));
  if (!is_there) return false;
  return dataset()->session().finds(
      fmt::format("SELECT 1 FROM {} WHERE load_id = {}", system_table(kLoadsTable), parameters(1)), {load_id});
}

Result<std::string> SqlDestination::newest_load_id() {
  LODE_ASSIGN(const bool is_there, has_tables({kLoadsTable}));
  if (!is_there) return std::string();
  return dataset()->session().select_text(
      fmt::format("SELECT max(load_id{}) FROM {}", dialect().bytewise, system_table(kLoadsTable)));
}

Result<std::vector<std::string>> SqlDestination::saved_schema_names() {
  std::vector<std::string> names;
  LODE_ASSIGN(const bool is_there, has_tables({kVersionTable}));
  if (!is_there) return names;
  LODE_ASSIGN(const std::unique_ptr<QueryRows> rows,
              dataset()->session().select(fmt::format("SELECT schema_name, max(inserted_at) FROM {} "
                                                      "GROUP BY schema_name ORDER BY 2 DESC, 1",
                                                      system_table(kVersionTable))));
  for (;;) {
    LODE_ASSIGN(const bool more, rows->next());
    if (!more) return names;
    const json::Value name = rows->value(0);
    if (name.is_text()) names.push_back(name.as_text());
  }
}

std::string SqlDestination::query_name(std::string_view table) {
  return dataset() == nullptr ? "" : dataset()->qualified(Place::kFinal, table);
}

namespace {

// Rows that a stop ends, whether it comes while the database works or between two rows.
class StoppableRows : public QueryRows {
 public:
  StoppableRows(std::unique_ptr<SqlSession::StopScope> scope, std::stop_token stop, std::unique_ptr<QueryRows> rows)
      : scope_(std::move(scope)), stop_(std::move(stop)), rows_(std::move(rows)) {}
  const std::vector<std::string>& columns() const override { return rows_->columns(); }
  Result<bool> next() override {
    if (stop_.stop_requested()) return Status::error(Code::kCancelled, "the query was cancelled");
    return rows_->next();
  }
  json::Value value(std::size_t column) const override { return rows_->value(column); }

 private:
  std::unique_ptr<SqlSession::StopScope> scope_;
  const std::stop_token stop_;
  std::unique_ptr<QueryRows> rows_;  // goes first
};

}  // namespace

// What databases have no type for goes as the text that their columns keep.
json::Value SqlDestination::to_parameter(const json::Value& value) const {
  switch (value.kind()) {
    case json::Kind::kTimestamp:
      return timestamp_text(value.as_int());
    case json::Kind::kDate:
      return iso_date(value.as_int());
    case json::Kind::kTime: {
      const std::string text = iso_time(value.as_int());
      return text.find('.') == std::string::npos ? text + ".000000" : text;
    }
    case json::Kind::kList:
    case json::Kind::kObject:
      return json::write(value);
    case json::Kind::kDecimal:
    case json::Kind::kBigInt:
      return value.as_text();
    default:
      return value;
  }
}

Result<std::unique_ptr<QueryRows>> SqlDestination::query(const std::string& sql,
                                                         const std::vector<json::Value>& parameters,
                                                         std::stop_token stop) {
  LODE_ASSIGN(SqlDataset* const dataset, look());
  if (dataset == nullptr) {
    return Status::error(Code::kNotFound, fmt::format("{} has no such dataset yet", display()))
        .hint("the first load makes it");
  }
  LODE_ASSIGN(const std::string numbered, number_placeholders(dialect(), sql, parameters.size()));
  std::vector<json::Value> bound;
  for (const json::Value& value : parameters) bound.push_back(to_parameter(value));
  if (stop.stop_requested()) return Status::error(Code::kCancelled, "the query was cancelled");
  SqlSession& session = dataset->session();
  auto scope = session.heed(stop);
  LODE_ASSIGN(std::unique_ptr<QueryRows> rows, session.select(numbered, bound));
  return std::unique_ptr<QueryRows>(
      std::make_unique<StoppableRows>(std::move(scope), std::move(stop), std::move(rows)));
}

Result<MigrationPlan> SqlDestination::plan_migration(const Schema& schema) {
  LODE_ASSERT(!in_transaction_);
  MigrationPlan plan;
  LODE_ASSIGN(SqlDataset* const dataset, look_to_plan());
  dataset->forget();
  LODE_ASSIGN(std::string statement, dataset->plan_dataset());
  if (!statement.empty()) plan.statements.push_back({"", std::move(statement)});
  for (const Table& table : schema.tables()) {
    if (!is_made_by_loads(table)) continue;
    LODE_ASSIGN(TablePlan needed, dataset->plan_table(Place::kFinal, table));
    if (needed.change.columns.empty()) continue;
    for (std::string& sql : needed.statements) plan.statements.push_back({table.name(), std::move(sql)});
    for (std::string& sql : needed.later) plan.statements.push_back({table.name(), std::move(sql)});
    plan.change.tables.push_back(std::move(needed.change));
  }
  dataset->forget();
  return plan;
}

Status SqlDestination::begin(std::string_view load_id) {
  rollback();
  load_id_ = load_id;
  LODE_TRY(begin_transaction());
  in_transaction_ = true;
  return {};
}

Status SqlDestination::drop_tables(const std::vector<std::string>& tables, std::string_view schema_name) {
  LODE_ASSERT(in_transaction_);
  // Nested tables come after their parents, and go before them.
  for (auto table = tables.rbegin(); table != tables.rend(); ++table) {
    LODE_TRY(dataset()->drop_table(Place::kFinal, *table));
  }
  LODE_ASSIGN(const bool has_versions, dataset()->has_tables({kVersionTable}));
  if (!has_versions) return {};
  return dataset()->session().execute(
      fmt::format("DELETE FROM {} WHERE schema_name = {}", system_table(kVersionTable), parameters(1)), {schema_name});
}

Status SqlDestination::empty_tables(const std::vector<std::string>& tables) {
  LODE_ASSERT(in_transaction_);
  for (const std::string& table : tables) LODE_TRY(dataset()->empty_table(table));
  return {};
}

Result<SchemaChange> SqlDestination::migrate(const Schema& schema) {
  LODE_ASSERT(in_transaction_);
  LODE_TRY(dataset()->ensure_dataset());
  SchemaChange change;
  for (const Table& table : schema.tables()) {
    if (is_made_by_loads(table)) LODE_TRY(dataset()->ensure_table(Place::kFinal, table, &change));
  }
  LODE_TRY(fill_root_keys(change, schema));
  return change;
}

// Nested tables that were not merged before get a root key, also in the rows that they have: merges find those by it.
Status SqlDestination::fill_root_keys(const SchemaChange& change, const Schema& schema) {
  for (const Table& table : schema.tables()) {  // parents come before their children
    const std::string root_key = table.first_with("root_key");
    const Table* const parent = table.parent().empty() ? nullptr : schema.find_table(table.parent());
    if (root_key.empty() || parent == nullptr) continue;
    const bool is_added = std::any_of(change.tables.begin(), change.tables.end(), [&](const auto& added) {
      return added.table == table.name() && !added.is_new &&
             std::any_of(added.columns.begin(), added.columns.end(),
                         [&](const Column& column) { return column.name() == root_key; });
    });
    const std::string row_key = parent->first_with("row_key");
    const std::string parent_key = table.first_with("parent_key");
    const std::string value = parent->parent().empty() ? row_key : parent->first_with("root_key");
    if (!is_added || row_key.empty() || parent_key.empty() || value.empty()) continue;
    const auto name = [&](const std::string& column) { return quote_name(dialect(), column); };
    LODE_TRY(dataset()->session().run(fmt::format(
        "UPDATE {} AS d SET {} = p.{} FROM {} AS p WHERE p.{} = d.{} AND d.{} IS NULL",
        dataset()->qualified(Place::kFinal, table.name()), name(root_key), name(value),
        dataset()->qualified(Place::kFinal, parent->name()), name(row_key), name(parent_key), name(root_key))));
  }
  return {};
}

Place SqlDestination::place_of(const Table& table, const Schema& schema) const {
  switch (schema.disposition(table)) {
    case WriteDisposition::kMerge:
      return merge_needs_staging(schema.root_of(table)) ? Place::kStaging : Place::kFinal;
    case WriteDisposition::kReplace:
      if (replace_strategy_ == ReplaceStrategy::kInsertFromStaging) return Place::kStaging;
      return replace_strategy_ == ReplaceStrategy::kStagingOptimized ? Place::kIncoming : Place::kFinal;
    default:
      return Place::kFinal;
  }
}

Status SqlDestination::prepare_place(const Table& table, const Schema& schema, Place place) {
  LODE_TRY(dataset()->ensure_dataset());
  LODE_TRY(dataset()->ensure_table(Place::kFinal, table, nullptr));
  const Table& root = schema.root_of(table);
  if (place == Place::kFinal) {
    return schema.disposition(table) == WriteDisposition::kReplace ? empty_chain(root, schema) : Status();
  }
  staged_[root.name()].insert(table.name());
  return dataset()->ensure_table(place, table, nullptr);
}

Status SqlDestination::load_jobs(const std::vector<const Job*>& jobs, const Schema& schema, std::stop_token stop,
                                 JobListener& listener) {
  stop_ = stop;
  return Destination::load_jobs(jobs, schema, std::move(stop), listener);
}

Status SqlDestination::load(const Job& job, const Schema& schema, std::stop_token stop) {
  LODE_ASSERT(in_transaction_);
  const Table* const table = schema.find_table(job.table);
  LODE_ASSERT(table != nullptr);
  const Place place = place_of(*table, schema);
  LODE_TRY(prepare_place(*table, schema, place));
  return insert_rows(job, *table, place, std::move(stop));
}

// Once a transaction: what the package replaces.
Status SqlDestination::empty_chain(const Table& root, const Schema& schema) {
  if (!emptied_roots_.insert(root.name()).second) return {};
  for (const Table* table : schema.chain(root.name())) LODE_TRY(dataset()->empty_table(table->name()));
  return {};
}

// Brings rows that replace a table and its nested tables into place. Readers wait for this only, not for the load.
Status SqlDestination::replace_staged(const Table& root, const Schema& schema) {
  const std::set<std::string>& staged = staged_[root.name()];
  for (const Table* table : schema.chain(root.name())) {
    const std::string& name = table->name();
    if (staged.count(name) == 0) {
      LODE_TRY(dataset()->empty_table(name));
    } else if (place_of(*table, schema) == Place::kIncoming) {
      LODE_TRY(dataset()->ensure_table(Place::kIncoming, *table, nullptr));  // columns that came after its last job
      LODE_TRY(dataset()->take_place(name));
    } else {
      LODE_TRY(dataset()->ensure_table(Place::kFinal, *table, nullptr));
      LODE_TRY(dataset()->ensure_table(Place::kStaging, *table, nullptr));
      LODE_TRY(dataset()->empty_table(name));
      const std::vector<std::string> columns = complete_columns(*table);
      LODE_TRY(dataset()->session().run(fmt::format(
          "{} SELECT {} FROM {}", insert_into(dialect(), dataset()->qualified(Place::kFinal, name), columns),
          name_list(dialect(), columns), dataset()->qualified(Place::kStaging, name))));
    }
  }
  return {};
}

// Brings the staged rows of a root table and its nested tables into place.
Status SqlDestination::merge(const Table& root, const Schema& schema) {
  std::vector<const Table*> chain;
  for (const Table* table : schema.chain(root.name())) {
    LODE_ASSIGN(const bool is_there, dataset()->has_table(Place::kFinal, table->name()));
    if (!is_there) continue;
    LODE_TRY(dataset()->ensure_table(Place::kFinal, *table, nullptr));
    LODE_TRY(dataset()->ensure_table(Place::kStaging, *table, nullptr));
    chain.push_back(table);
  }
  MergeTables tables;
  tables.final_name = [this](const Table& table) { return dataset()->qualified(Place::kFinal, table.name()); };
  tables.staging_name = [this](const Table& table) { return dataset()->qualified(Place::kStaging, table.name()); };
  tables.temporary_name = [this](std::string_view name) { return temporary_name(fmt::format("_lode_{}", name)); };
  tables.created_at_us = micros_of_load_id(load_id_);
  LODE_ASSIGN(tables.is_distinct, prepare_staged(chain));
  LODE_ASSIGN(const std::vector<std::string> statements, merge_statements(dialect(), chain, tables));
  for (const std::string& statement : statements) {
    if (stop_.stop_requested()) return Status::error(Code::kCancelled, "the run was cancelled");
    Status status = dataset()->session().run(statement);
    if (!status.ok()) return std::move(status).about(fmt::format("merging into table '{}'", root.name()));
  }
  return {};
}

Status SqlDestination::make_system_tables(const Schema& schema) {
  LODE_TRY(dataset()->ensure_dataset());
  for (const std::string_view name : {kVersionTable, kLoadsTable}) {
    const Table* const table = schema.find_table(name);
    LODE_ASSERT(table != nullptr);
    LODE_TRY(dataset()->ensure_table(Place::kFinal, *table, nullptr));
  }
  return {};
}

// Under the dataset's lock: a run that slept through its own load, done by another, must not do it again.
Status SqlDestination::check_commit(const CommitRecord& record) {
  LODE_ASSIGN(const bool loaded, is_loaded(record.load_id));
  if (!loaded) return record.follows ? check_follows(*record.follows) : Status();
  return Status::error(Code::kDestinationBusy,
                       fmt::format("load {} was committed by another run in the meantime", record.load_id));
}

Status SqlDestination::record_version(const CommitRecord& record, const Schema& schema) {
  const std::string table = system_table(kVersionTable);
  LODE_ASSIGN(const bool is_known,
              dataset()->session().finds(fmt::format("SELECT 1 FROM {} WHERE version_hash = {}", table, parameters(1)),
                                         {schema.version_hash()}));
  if (is_known) return {};
  return dataset()->session().execute(
      fmt::format("INSERT INTO {} (version, engine_version, inserted_at, schema_name, version_hash, schema) "
                  "VALUES ({})",
                  table, parameters(6)),
      {schema.version(), std::int64_t{kSchemaEngineVersion}, timestamp_text(record.inserted_at_us), schema.name(),
       schema.version_hash(), json::write(schema.to_json())});
}

Status SqlDestination::record_load(const CommitRecord& record) {
  return dataset()->session().execute(
      fmt::format("INSERT INTO {} (load_id, schema_name, status, inserted_at, schema_version_hash) VALUES ({})",
                  system_table(kLoadsTable), parameters(5)),
      {record.load_id, record.schema_name, std::int64_t{0}, timestamp_text(record.inserted_at_us),
       record.schema_version_hash});
}

Status SqlDestination::commit(const CommitRecord& record, const Schema& schema,
                              const std::vector<std::string>& replaced) {
  LODE_ASSERT(in_transaction_);
  LODE_TRY(check_commit(record));
  {
    const auto heeding = dataset()->session().heed(stop_);
    for (const std::string& name : replaced) {
      const Table* const table = schema.find_table(name);
      if (table == nullptr || staged_.count(schema.root_of(*table).name()) > 0) continue;
      LODE_TRY(empty_chain(schema.root_of(*table), schema));
    }
    for (const auto& [name, tables] : staged_) {
      const Table& root = *schema.find_table(name);
      const bool is_merge = schema.disposition(root) == WriteDisposition::kMerge;
      LODE_TRY(is_merge ? merge(root, schema) : replace_staged(root, schema));
    }
    LODE_TRY(make_system_tables(schema));
    LODE_TRY(dataset()->finish_tables());
  }
  LODE_TRY(record_version(record, schema));
  LODE_TRY(record_load(record));
  LODE_TRY(commit_transaction());
  // From here on the package is in the dataset, whatever happens.
  for (std::string& warning : dataset()->take_warnings()) warnings_.push_back(std::move(warning));
  end_transaction(true);
  return {};
}

void SqlDestination::rollback() noexcept {
  if (!in_transaction_) return;
  rollback_transaction();
  if (dataset() != nullptr) (void)dataset()->take_warnings();
  warnings_.clear();
  end_transaction(false);
}

void SqlDestination::end_transaction(bool committed) noexcept {
  in_transaction_ = false;
  emptied_roots_.clear();
  staged_.clear();
  stop_ = {};
  after_transaction(committed);
  if (dataset() != nullptr) dataset()->forget();
}

}  // namespace lode
