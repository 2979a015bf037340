// SQLite as a destination: a package is one transaction of the dataset's file.
#include "destinations/sqlite/sqlite.h"

#include <fmt/format.h>

#include <optional>
#include <set>

#include "base/text.h"
#include "destinations/sqlite/database.h"
#include "destinations/sqlite/dataset.h"
#include "destinations/sqlite/row_feed.h"
#include "destinations/sqlite/text_forms.h"
#include "format/row_file.h"
#include "json/parse.h"
#include "json/write.h"
#include "package/deflate.h"
#include "schema/naming.h"
#include "schema/system_tables.h"
#include "sql/merge.h"
#include "sql/statements.h"

namespace lode {
namespace {

using sqlite::Database;
using sqlite::Dataset;
using sqlite::Place;
using sqlite::qualified;
using sqlite::RowFeed;
using sqlite::Statement;
using sqlite::TablePlan;

constexpr std::uint32_t kIdentifierLengthMax = 9999;  // what SQLAlchemy says of SQLite, and dlt therefore uses
constexpr std::uint32_t kColumnsMax = 2000;           // SQLITE_MAX_COLUMN, unless the library was built otherwise
constexpr int kBusyTimeoutMs = 5000;
constexpr std::string_view kMainDataset = "main";

class SqliteDestination : public Destination {
 public:
  SqliteDestination(Path main_file, std::string dataset, int busy_timeout_ms, Env& env)
      : main_file_(std::move(main_file)),
        dataset_name_(std::move(dataset)),
        busy_timeout_ms_(busy_timeout_ms),
        env_(env) {
    capabilities_.identifier_length_max = kIdentifierLengthMax;
    capabilities_.columns_max = kColumnsMax;
    capabilities_.loads_while_extracting = true;
  }
  ~SqliteDestination() override { close(); }

  const Capabilities& capabilities() const override { return capabilities_; }
  std::string display() const override { return "sqlite:///" + main_file_.string(); }
  std::string_view dlt_type() const override { return "dlt.destinations.sqlalchemy"; }

  Status connect() override;
  Status connect_read_only() override;
  Result<std::optional<PipelineState>> saved_state(std::string_view pipeline) override;
  Result<std::optional<Schema>> saved_schema(std::string_view name) override;
  Result<bool> is_loaded(std::string_view load_id) override;
  Result<std::string> newest_load_id() override;

  Status begin(std::string_view load_id) override;
  Result<SchemaChange> migrate(const Schema& schema) override;
  Result<MigrationPlan> plan_migration(const Schema& schema) override;
  Status load(const Job& job, const Schema& schema, std::stop_token stop) override;
  Status commit(const CommitRecord& record, const Schema& schema, const std::vector<std::string>& replaced) override;
  void rollback() noexcept override;
  void close() noexcept override;
  std::vector<std::string> take_warnings() override;

 private:
  Path dataset_file() const;
  Status open(bool create);
  Result<bool> has_tables(const std::vector<std::string_view>& names);
  Status empty_chain(const Table& root, const Schema& schema);
  Status insert_rows(const Job& job, Place place, std::stop_token stop);
  Result<bool> index_keys(const Table& root);
  Status merge(const Table& root, const Schema& schema);
  Status record_version(const CommitRecord& record, const Schema& schema);
  Status record_load(const CommitRecord& record);
  void drop_staging();

  const Path main_file_;
  const std::string dataset_name_;
  const int busy_timeout_ms_;
  Env& env_;
  Capabilities capabilities_;

  // Null until there is a file: connecting does not make one.
  std::unique_ptr<Database> database_;
  std::unique_ptr<Dataset> dataset_;
  std::unique_ptr<RowFeed> feed_;
  bool only_looks_ = false;   // since connect_read_only()
  bool is_new_file_ = false;  // made by us and not committed to yet

  // Of the transaction that is open
  bool in_transaction_ = false;
  std::set<std::string> emptied_roots_;
  std::set<std::string> merged_roots_;
  std::vector<std::string> warnings_;
};

// As dlt: shop.db holds the dataset "main"; any other is a file of its own beside it, shop__<dataset>.db.
Path SqliteDestination::dataset_file() const {
  if (dataset_name_.empty() || dataset_name_ == kMainDataset) return main_file_;
  Path file = main_file_;
  return file.replace_filename(main_file_.stem().string() + "__" + dataset_name_ + main_file_.extension().string());
}

Status SqliteDestination::open(bool create) {
  LODE_ASSIGN(database_, Database::open(dataset_file(), create, busy_timeout_ms_));
  dataset_ = std::make_unique<Dataset>(*database_);
  LODE_ASSIGN(feed_, RowFeed::make(*database_));
  return {};
}

Status SqliteDestination::connect() {
  if (database_) return {};
  LODE_TRY(Database::check_folder(dataset_file()));
  return env_.exists(dataset_file()) ? open(false) : Status();
}

// A file that is not there cannot be read, and looking does not make one.
Status SqliteDestination::connect_read_only() {
  only_looks_ = true;
  if (database_) return {};
  if (!env_.exists(dataset_file())) return Database::check_folder(dataset_file());
  LODE_ASSIGN(database_, Database::open_read_only(dataset_file(), busy_timeout_ms_));
  dataset_ = std::make_unique<Dataset>(*database_);
  return {};
}

Result<bool> SqliteDestination::has_tables(const std::vector<std::string_view>& names) {
  // Another program may have made the file since.
  if (!database_) LODE_TRY(only_looks_ ? connect_read_only() : connect());
  if (!database_) return false;
  return dataset_->has_tables(names);
}

Result<std::optional<PipelineState>> SqliteDestination::saved_state(std::string_view pipeline) {
  LODE_ASSIGN(const bool is_there, has_tables({kStateTable, kLoadsTable}));
  if (!is_there) return std::optional<PipelineState>();
  LODE_ASSIGN(Statement query,
              database_->prepare("SELECT s.state FROM main._dlt_pipeline_state AS s "
                                 "JOIN main._dlt_loads AS l ON s._dlt_load_id = l.load_id "
                                 "WHERE s.pipeline_name = ? AND l.status = 0 ORDER BY l.load_id DESC LIMIT 1"));
  query.bind(1, pipeline);
  LODE_ASSIGN(const bool found, database_->step(query));
  if (!found) return std::optional<PipelineState>();
  LODE_ASSIGN(PipelineState state, PipelineState::from_blob(query.text(0)));
  return std::optional<PipelineState>(std::move(state));
}

Result<std::optional<Schema>> SqliteDestination::saved_schema(std::string_view name) {
  LODE_ASSIGN(const bool is_there, has_tables({kVersionTable}));
  if (!is_there) return std::optional<Schema>();
  LODE_ASSIGN(Statement query, database_->prepare("SELECT schema FROM main._dlt_version WHERE schema_name = ? "
                                                  "ORDER BY inserted_at DESC, _rowid_ DESC LIMIT 1"));
  query.bind(1, name);
  LODE_ASSIGN(const bool found, database_->step(query));
  if (!found) return std::optional<Schema>();
  const std::string text = query.text(0);
  LODE_ASSIGN(const json::Value stored, json::parse_value(inflate_base64(text).value_or(text)));
  LODE_ASSIGN(Schema schema, Schema::from_json(stored));
  return std::optional<Schema>(std::move(schema));
}

Result<bool> SqliteDestination::is_loaded(std::string_view load_id) {
  LODE_ASSIGN(const bool is_there, has_tables({kLoadsTable}));
  if (!is_there) return false;
  LODE_ASSIGN(Statement query, database_->prepare("SELECT 1 FROM main._dlt_loads WHERE load_id = ?"));
  return database_->step(query.bind(1, load_id));
}

Result<std::string> SqliteDestination::newest_load_id() {
  LODE_ASSIGN(const bool is_there, has_tables({kLoadsTable}));
  if (!is_there) return std::string();
  LODE_ASSIGN(Statement query, database_->prepare("SELECT max(load_id) FROM main._dlt_loads"));
  LODE_ASSIGN([[maybe_unused]] const bool row, database_->step(query));
  return query.text(0);
}

// SQLite's own default, synchronous=FULL, stays: in WAL mode the NORMAL that dlt sets lets a power cut take back a
// commit, and then the package would be gone from here and from there.
Status SqliteDestination::begin(std::string_view) {
  LODE_ASSERT(!only_looks_);
  rollback();
  if (!database_) {
    is_new_file_ = !env_.exists(dataset_file());
    LODE_TRY(open(true));
    if (is_new_file_) LODE_TRY(database_->run("PRAGMA main.page_size=16384"));  // fewer, larger pages load faster
  }
  LODE_TRY(database_->run("BEGIN IMMEDIATE"));
  in_transaction_ = true;
  return {};
}

Result<SchemaChange> SqliteDestination::migrate(const Schema& schema) {
  LODE_ASSERT(in_transaction_);
  SchemaChange change;
  for (const Table& table : schema.tables()) {
    if (is_made_by_loads(table)) LODE_TRY(dataset_->ensure_table(Place::kMain, table, &change));
  }
  return change;
}

Result<MigrationPlan> SqliteDestination::plan_migration(const Schema& schema) {
  std::unique_ptr<Database> nothing;
  if (!database_) {
    LODE_ASSIGN(nothing, Database::open_in_memory());
  }
  Dataset dataset(database_ ? *database_ : *nothing);
  MigrationPlan plan;
  for (const Table& table : schema.tables()) {
    if (!is_made_by_loads(table)) continue;
    LODE_ASSIGN(TablePlan needed, dataset.plan_table(Place::kMain, table));
    if (needed.change.columns.empty()) continue;
    plan.change.tables.push_back(std::move(needed.change));
    for (std::string& sql : needed.statements) plan.statements.push_back({table.name(), std::move(sql)});
  }
  return plan;
}

Status SqliteDestination::load(const Job& job, const Schema& schema, std::stop_token stop) {
  LODE_ASSERT(in_transaction_);
  const Table* const table = schema.find_table(job.table);
  LODE_ASSERT(table != nullptr);
  const Table& root = schema.root_of(*table);
  LODE_TRY(dataset_->ensure_table(Place::kMain, *table, nullptr));
  const WriteDisposition disposition = schema.disposition(*table);
  if (disposition == WriteDisposition::kReplace) LODE_TRY(empty_chain(root, schema));
  if (disposition != WriteDisposition::kMerge || !merge_needs_staging(root)) {
    return insert_rows(job, Place::kMain, std::move(stop));
  }
  merged_roots_.insert(root.name());
  LODE_TRY(dataset_->ensure_table(Place::kTemp, *table, nullptr));
  return insert_rows(job, Place::kTemp, std::move(stop));
}

// Once a transaction: what the package replaces.
Status SqliteDestination::empty_chain(const Table& root, const Schema& schema) {
  if (!emptied_roots_.insert(root.name()).second) return {};
  for (const Table* table : schema.chain(root.name())) {
    LODE_ASSIGN(const bool is_there, dataset_->has_table(Place::kMain, table->name()));
    if (is_there) LODE_TRY(database_->run("DELETE FROM " + qualified(Place::kMain, table->name())));
  }
  return {};
}

Status SqliteDestination::insert_rows(const Job& job, Place place, std::stop_token stop) {
  LODE_ASSIGN(const std::unique_ptr<RowFileReader> reader, RowFileReader::open(env_, job.path));
  LODE_TRY(feed_->insert(*reader, qualified(place, job.table), std::move(stop)));
  for (const auto& [column, lost] : feed_->lost_digits()) {
    warnings_.push_back(
        fmt::format("table '{}', column '{}': {} decimals have more digits than SQLite keeps (about 15), the "
                    "first is {}",
                    job.table, column, lost.count, lost.example));
  }
  return {};
}

// Indexes the staged keys, for the look-ups of the merge. True when no two staged rows have the same primary key: that
// is how it is nearly always, and it spares numbering the rows.
Result<bool> SqliteDestination::index_keys(const Table& root) {
  const auto index = [&](std::string_view unique, std::string_view kind, const std::vector<std::string>& keys) {
    return database_->run(fmt::format("CREATE {} INDEX temp.{} ON {} ({})", unique,
                                      quote_name(sqlite_dialect(), fmt::format("_lode_{}_{}", kind, root.name())),
                                      spell_name(sqlite_dialect(), root.name()), name_list(sqlite_dialect(), keys)));
  };
  const std::vector<std::string> merge_key = root.all_with("merge_key");
  if (!merge_key.empty()) LODE_TRY(index("", "merge_key", merge_key));
  const std::vector<std::string> primary_key = root.all_with("primary_key");
  if (primary_key.empty()) return true;
  // A unique index takes nulls for different, numbering takes them for the same.
  bool has_nulls = false;
  for (const std::string& key : primary_key) has_nulls = has_nulls || root.find(key)->nullable();
  if (!has_nulls) {
    const Status distinct = index("UNIQUE", "primary_key", primary_key);
    if (distinct.ok()) return true;
    if (distinct.code() != Code::kLoadIntegrity) return distinct;
  }
  LODE_TRY(index("", "primary_key", primary_key));
  return false;
}

// Brings the staged rows of a root table and its nested tables into place.
Status SqliteDestination::merge(const Table& root, const Schema& schema) {
  std::vector<const Table*> chain;
  for (const Table* table : schema.chain(root.name())) {
    LODE_ASSIGN(const bool is_there, dataset_->has_table(Place::kMain, table->name()));
    if (!is_there) continue;
    LODE_TRY(dataset_->ensure_table(Place::kMain, *table, nullptr));
    LODE_TRY(dataset_->ensure_table(Place::kTemp, *table, nullptr));
    chain.push_back(table);
  }
  MergeTables tables;
  tables.final_name = [](const Table& table) { return qualified(Place::kMain, table.name()); };
  tables.staging_name = [](const Table& table) { return qualified(Place::kTemp, table.name()); };
  tables.deleted_name = "temp._lode_deleted";
  tables.inserted_name = "temp._lode_inserted";
  LODE_ASSIGN(tables.is_distinct, index_keys(root));
  LODE_ASSIGN(const std::vector<std::string> statements, merge_statements(sqlite_dialect(), chain, tables));
  for (const std::string& statement : statements) {
    Status status = database_->run(statement);
    if (!status.ok()) return std::move(status).about(fmt::format("merging into table '{}'", root.name()));
  }
  return {};
}

Status SqliteDestination::record_version(const CommitRecord& record, const Schema& schema) {
  LODE_ASSIGN(Statement query, database_->prepare("SELECT 1 FROM main._dlt_version WHERE version_hash = ?"));
  LODE_ASSIGN(const bool is_known, database_->step(query.bind(1, schema.version_hash())));
  if (is_known) return {};
  LODE_ASSIGN(Statement insert,
              database_->prepare("INSERT INTO main._dlt_version (version, engine_version, inserted_at, "
                                 "schema_name, version_hash, schema) VALUES (?, ?, ?, ?, ?, ?)"));
  insert.bind(1, schema.version()).bind(2, std::int64_t{kSchemaEngineVersion});
  insert.bind(3, sqlite::show_timestamp(record.inserted_at_us)).bind(4, schema.name()).bind(5, schema.version_hash());
  return database_->finish(insert.bind(6, json::write(schema.to_json())));
}

Status SqliteDestination::record_load(const CommitRecord& record) {
  LODE_ASSIGN(Statement insert,
              database_->prepare("INSERT INTO main._dlt_loads (load_id, schema_name, status, inserted_at, "
                                 "schema_version_hash) VALUES (?, ?, 0, ?, ?)"));
  insert.bind(1, record.load_id).bind(2, record.schema_name).bind(3, sqlite::show_timestamp(record.inserted_at_us));
  return database_->finish(insert.bind(4, record.schema_version_hash));
}

Status SqliteDestination::commit(const CommitRecord& record, const Schema& schema,
                                 const std::vector<std::string>& replaced) {
  LODE_ASSERT(in_transaction_);
  for (const std::string& name : replaced) {
    if (const Table* table = schema.find_table(name)) LODE_TRY(empty_chain(schema.root_of(*table), schema));
  }
  for (const std::string& root : merged_roots_) LODE_TRY(merge(*schema.find_table(root), schema));
  for (const std::string_view name : {kVersionTable, kLoadsTable}) {
    const Table* const table = schema.find_table(name);
    LODE_ASSERT(table != nullptr);
    LODE_TRY(dataset_->ensure_table(Place::kMain, *table, nullptr));
  }
  LODE_TRY(record_version(record, schema));
  LODE_TRY(record_load(record));
  LODE_TRY(database_->run("COMMIT"));
  // From here on the package is in the dataset, whatever happens.
  in_transaction_ = false;
  for (std::string& warning : dataset_->take_warnings()) warnings_.push_back(std::move(warning));
  drop_staging();
  if (std::exchange(is_new_file_, false)) {
    // While a file is made nobody reads it, and a rollback journal of it stays empty: every page is written once. From
    // now on loads must not keep readers out, so it becomes what dlt makes. If that fails the file is as good as
    // before.
    (void)database_->run("PRAGMA main.journal_mode=WAL").ok();
  }
  return {};
}

// Staging tables live as long as the connection, so they go when the transaction has ended, either way.
void SqliteDestination::drop_staging() {
  emptied_roots_.clear();
  merged_roots_.clear();
  for (const std::string& table : dataset_->staged_tables()) (void)dataset_->drop_table(Place::kTemp, table).ok();
  dataset_->forget();
}

void SqliteDestination::rollback() noexcept {
  if (!in_transaction_) return;
  (void)database_->run("ROLLBACK").ok();  // SQLite may have rolled back already, after a full disk for one
  in_transaction_ = false;
  (void)dataset_->take_warnings();
  warnings_.clear();
  drop_staging();
}

void SqliteDestination::close() noexcept {
  rollback();
  feed_.reset();
  dataset_.reset();
  database_.reset();
}

std::vector<std::string> SqliteDestination::take_warnings() { return std::exchange(warnings_, {}); }

// "sqlite:///relative.db", "sqlite:////srv/absolute.db", as SQLAlchemy has them.
Result<Path> file_of_url(const std::string& url) {
  const std::size_t start = url.find("://");
  if (start == std::string::npos) return Path(url);
  const std::string rest = url.substr(start + 3);
  const std::string example = "sqlite:///shop.db is a file in the current folder, sqlite:////srv/shop.db one anywhere";
  if (rest.empty() || rest == "/" || rest == "/:memory:") {
    return Status::error(Code::kConfigInvalid, "sqlite: the URL names no file: " + url).hint(example);
  }
  if (rest[0] != '/') {
    return Status::error(Code::kConfigInvalid, fmt::format("sqlite: '{}' is a host in {}, and SQLite has none",
                                                           rest.substr(0, rest.find('/')), url))
        .hint("three slashes: sqlite:///" + rest);
  }
  if (const std::size_t query = rest.find('?'); query != std::string::npos) {
    return Status::error(Code::kConfigInvalid,
                         fmt::format("sqlite: '{}' in {} is not understood", rest.substr(query), url))
        .hint("options are given beside the URL: busy_timeout_ms = 5000");
  }
  return Path(rest.substr(1));
}

Result<Path> main_file_of(const json::Value& options) {
  for (const std::string_view key : {"credentials", "url"}) {
    const json::Value* const value = options.find(key);
    if (value == nullptr || value->is_null()) continue;
    if (value->is_text()) return file_of_url(value->as_text());
    const std::string database = value->text_or("database", "");
    if (!database.empty()) return Path(database);
    return Status::error(Code::kConfigInvalid, fmt::format("sqlite: {} must be a URL like sqlite:///shop.db", key));
  }
  const std::string file = options.text_or("file", "lode.db");
  if (file.empty() || file == ":memory:") {
    return Status::error(Code::kConfigInvalid, "sqlite: file names no file")
        .hint("a database in memory would be gone with the run; use a path");
  }
  return Path(file);
}

}  // namespace

Result<std::unique_ptr<Destination>> make_sqlite(const DestinationSpec& spec, Env& env) {
  LODE_ASSIGN(Path file, main_file_of(spec.options));
  std::string dataset = spec.dataset;
  if (!dataset.empty()) {
    LODE_ASSIGN(const auto naming, Naming::make("snake_case", kIdentifierLengthMax));
    LODE_ASSIGN(dataset, naming->identifier(dataset));
  }
  const std::int64_t timeout_ms = spec.options.int_or("busy_timeout_ms", kBusyTimeoutMs);
  if (timeout_ms < 0 || timeout_ms > 3'600'000) {
    return Status::error(Code::kConfigInvalid, "sqlite: busy_timeout_ms must be between 0 and 3600000");
  }
  return std::unique_ptr<Destination>(
      std::make_unique<SqliteDestination>(std::move(file), std::move(dataset), static_cast<int>(timeout_ms), env));
}

}  // namespace lode
