// SQLite as a destination.
#include "destinations/sqlite/sqlite.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/text.h"
#include "destinations/sqlite/database.h"
#include "destinations/sqlite/row_feed.h"
#include "format/row_file.h"
#include "json/parse.h"
#include "json/write.h"
#include "schema/naming.h"
#include "sql/merge.h"
#include "sql/statements.h"

namespace lode {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr std::uint32_t kIdentifierLengthMax = 9999;  // what SQLAlchemy says of SQLite, and dlt therefore uses
constexpr std::uint32_t kColumnsMax = 2000;           // SQLITE_MAX_COLUMN of Debian's library

std::string show_timestamp(std::int64_t micros) {
  char text[26];
  sqlite::write_timestamp(micros, text);
  return std::string(text, sizeof text);
}

// SQLite compares identifiers without regard to case.
using ColumnNames = std::set<std::string>;

class SqliteDestination : public Destination {
 public:
  SqliteDestination(Path main_file, std::string dataset, int busy_timeout_ms, Env& env)
      : main_file_(std::move(main_file)), dataset_(std::move(dataset)), busy_timeout_ms_(busy_timeout_ms), env_(env) {
    capabilities_.identifier_length_max = kIdentifierLengthMax;
    capabilities_.columns_max = kColumnsMax;
    capabilities_.loads_while_extracting = true;
  }
  ~SqliteDestination() override { close(); }

  const Capabilities& capabilities() const override { return capabilities_; }
  std::string display() const override { return "sqlite:///" + main_file_.string(); }
  std::string_view dlt_type() const override { return "dlt.destinations.sqlalchemy"; }

  Status connect() override {
    if (database_) return {};
    const Path file = dataset_file();
    const bool is_new = !env_.exists(file);
    LODE_ASSIGN(database_, Database::open(file, busy_timeout_ms_));
    // dlt's files use a write-ahead log, and so do ours in the end. The first load into a new file goes without: nobody
    // reads yet, and a log would write everything twice.
    is_new_file_ = is_new;
    if (is_new) return database_->run("PRAGMA page_size=16384; PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL");
    return database_->run("PRAGMA synchronous=NORMAL");
  }

  Result<std::optional<PipelineState>> saved_state(std::string_view pipeline) override {
    LODE_ASSIGN(const bool has_tables, has_table(kStateTable, kLoadsTable));
    if (!has_tables) return std::optional<PipelineState>();
    LODE_ASSIGN(Statement query, database_->prepare("SELECT s.state FROM _dlt_pipeline_state AS s JOIN _dlt_loads AS l ON "
                                                    "s._dlt_load_id = l.load_id WHERE s.pipeline_name = ? AND l.status = 0 "
                                                    "ORDER BY l.load_id DESC LIMIT 1"));
    query.bind(1, pipeline);
    LODE_ASSIGN(const bool found, database_->step(query));
    if (!found) return std::optional<PipelineState>();
    LODE_ASSIGN(PipelineState state, PipelineState::from_blob(query.text(0)));
    return std::optional<PipelineState>(std::move(state));
  }

  Result<std::optional<Schema>> saved_schema(std::string_view name) override {
    LODE_ASSIGN(const bool has_versions, has_table(kVersionTable));
    if (!has_versions) return std::optional<Schema>();
    LODE_ASSIGN(Statement query, database_->prepare("SELECT schema FROM _dlt_version WHERE schema_name = ? "
                                                    "ORDER BY inserted_at DESC, version DESC LIMIT 1"));
    query.bind(1, name);
    LODE_ASSIGN(const bool found, database_->step(query));
    if (!found) return std::optional<Schema>();
    LODE_ASSIGN(const json::Value stored, json::parse_value(query.text(0)));
    LODE_ASSIGN(Schema schema, Schema::from_json(stored));
    return std::optional<Schema>(std::move(schema));
  }

  Result<bool> is_loaded(std::string_view load_id) override {
    LODE_ASSIGN(const bool has_loads, has_table(kLoadsTable));
    if (!has_loads) return false;
    LODE_ASSIGN(Statement query, database_->prepare("SELECT 1 FROM _dlt_loads WHERE load_id = ?"));
    query.bind(1, load_id);
    return database_->step(query);
  }

  Result<std::string> newest_load_id() override {
    LODE_ASSIGN(const bool has_loads, has_table(kLoadsTable));
    if (!has_loads) return std::string();
    LODE_ASSIGN(Statement query, database_->prepare("SELECT max(load_id) FROM _dlt_loads"));
    LODE_ASSIGN([[maybe_unused]] const bool found, database_->step(query));
    return query.text(0);
  }

  Status begin(std::string_view) override {
    rollback();
    LODE_TRY(database_->run("BEGIN IMMEDIATE"));
    in_transaction_ = true;
    return {};
  }

  Result<SchemaChange> migrate(const Schema& schema) override {
    SchemaChange change;
    for (const Table& table : schema.tables()) {
      const bool is_system = is_dlt_name(table.name()) && table.name() != kStateTable;
      if (is_system || table.seen_data()) LODE_TRY(ensure_table(table, "main", columns_, &change));
    }
    return change;
  }

  Status load(const Job& job, const Schema& schema, std::stop_token stop) override {
    const Table* table = schema.find_table(job.table);
    LODE_ASSERT(table != nullptr);
    LODE_TRY(ensure_table(*table, "main", columns_, nullptr));
    const WriteDisposition disposition = schema.disposition(*table);
    if (disposition == WriteDisposition::kReplace) LODE_TRY(empty_chain(schema.root_of(*table), schema));
    const bool staged = disposition == WriteDisposition::kMerge;
    if (staged) {
      merged_roots_.insert(schema.root_of(*table).name());
      LODE_TRY(ensure_table(*table, "temp", staged_columns_, nullptr));
    }
    return insert_job(job, staged ? "temp" : "main", stop);
  }

  Status commit(const CommitRecord& record, const Schema& schema, const std::vector<std::string>& replaced) override {
    if (!in_transaction_) LODE_TRY(begin(record.load_id));
    for (const std::string& name : replaced) {
      if (const Table* table = schema.find_table(name)) LODE_TRY(empty_chain(*table, schema));
    }
    for (const std::string& root : merged_roots_) LODE_TRY(merge(*schema.find_table(root), schema));
    LODE_TRY(record_version(record, schema));
    LODE_TRY(record_load(record));
    LODE_TRY(database_->run("COMMIT"));
    in_transaction_ = false;
    LODE_TRY(forget_transaction());
    // What counts is committed; a reader that keeps the file from changing its journal does no harm.
    if (std::exchange(is_new_file_, false)) {
      static_cast<void>(database_->run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL").ok());
    }
    return {};
  }

  void rollback() noexcept override {
    if (database_ && in_transaction_) static_cast<void>(database_->run("ROLLBACK").ok());
    in_transaction_ = false;
    if (database_) static_cast<void>(forget_transaction().ok());
  }

  void close() noexcept override {
    rollback();
    database_.reset();
  }

 private:
  Path dataset_file() const {
    if (dataset_ == "main") return main_file_;
    Path file = main_file_;
    return file.replace_filename(main_file_.stem().string() + "__" + dataset_ + main_file_.extension().string());
  }

  static std::string qualified(std::string_view schema, std::string_view table) {
    return fmt::format("{}.{}", schema, quote_name(sqlite_dialect(), table));
  }

  Result<bool> has_table(std::string_view name, std::string_view other = {}) {
    LODE_ASSIGN(Statement query, database_->prepare("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN (?, ?)"));
    query.bind(1, name);
    query.bind(2, other);
    LODE_ASSIGN([[maybe_unused]] const bool row, database_->step(query));
    return query.integer(0) == (other.empty() ? 1 : 2);
  }

  // The columns that a table really has; empty if it does not exist. Asked once a transaction.
  Result<ColumnNames*> columns_of(const std::string& table, std::string_view schema, std::map<std::string, ColumnNames>& known) {
    const auto found = known.find(table);
    if (found != known.end()) return &found->second;
    LODE_ASSIGN(Statement query, database_->prepare(fmt::format("PRAGMA {}.table_info({})", schema, quote_name(sqlite_dialect(), table))));
    ColumnNames names;
    for (;;) {
      LODE_ASSIGN(const bool row, database_->step(query));
      if (!row) break;
      names.insert(to_lower(query.text(1)));
    }
    return &(known[table] = std::move(names));
  }

  Status ensure_table(const Table& table, std::string_view schema, std::map<std::string, ColumnNames>& known, SchemaChange* change) {
    LODE_ASSIGN(ColumnNames* const names, columns_of(table.name(), schema, known));
    SchemaChange::TableChange added{table.name(), names->empty(), {}};
    for (const Column& column : table.columns()) {
      if (!column.complete() || names->count(to_lower(column.name())) > 0) continue;
      added.columns.push_back(column);
    }
    if (added.columns.empty()) return {};
    const std::string name = qualified(schema, table.name());
    if (added.is_new) {
      LODE_TRY(database_->run(create_table(sqlite_dialect(), name, added.columns)));
    } else {
      // Rows that are there have no value for the new column, so it cannot be NOT NULL.
      for (const Column& column : added.columns) LODE_TRY(database_->run(add_column(sqlite_dialect(), name, column, false)));
    }
    for (const Column& column : added.columns) names->insert(to_lower(column.name()));
    if (change != nullptr) change->tables.push_back(std::move(added));
    return {};
  }

  // Once a transaction: what the run replaces.
  Status empty_chain(const Table& root, const Schema& schema) {
    if (!emptied_.insert(root.name()).second) return {};
    for (const Table* table : schema.chain(root.name())) {
      LODE_ASSIGN(const ColumnNames* const names, columns_of(table->name(), "main", columns_));
      if (!names->empty()) LODE_TRY(database_->run("DELETE FROM " + qualified("main", table->name())));
    }
    return {};
  }

  Status insert_job(const Job& job, std::string_view schema, const std::stop_token& stop) {
    LODE_ASSIGN(const std::unique_ptr<RowFileReader> reader, RowFileReader::open(env_, job.path));
    return sqlite::insert_rows(*database_, qualified(schema, job.table), *reader, stop);
  }

  // Brings the staged rows of a root table and its nested tables into place.
  Status merge(const Table& root, const Schema& schema) {
    std::vector<const Table*> chain;
    for (const Table* table : schema.chain(root.name())) {
      LODE_ASSIGN(const ColumnNames* const names, columns_of(table->name(), "main", columns_));
      if (names->empty()) continue;
      LODE_TRY(ensure_table(*table, "temp", staged_columns_, nullptr));
      chain.push_back(table);
    }
    for (const char* kind : {"primary_key", "merge_key"}) {
      std::vector<std::string> keys;
      for (const std::string& key : root.all_with(kind)) keys.push_back(quote_name(sqlite_dialect(), key));
      if (keys.empty()) continue;
      LODE_TRY(database_->run(fmt::format("CREATE INDEX {} ON {} ({})",
                                          qualified("temp", root.name() + "_" + kind), quote_name(sqlite_dialect(), root.name()),
                                          join(keys, ", "))));
    }
    MergeTables tables;
    tables.final_name = [](const Table& table) { return qualified("main", table.name()); };
    tables.staging_name = [](const Table& table) { return qualified("temp", table.name()); };
    tables.deleted_name = "_lode_deleted";
    tables.inserted_name = "_lode_inserted";
    LODE_ASSIGN(const std::vector<std::string> statements, merge_statements(sqlite_dialect(), chain, tables));
    for (const std::string& statement : statements) LODE_TRY(database_->run(statement));
    return {};
  }

  Status record_version(const CommitRecord& record, const Schema& schema) {
    LODE_ASSIGN(Statement query, database_->prepare("SELECT 1 FROM main._dlt_version WHERE version_hash = ?"));
    query.bind(1, schema.version_hash());
    LODE_ASSIGN(const bool known, database_->step(query));
    if (known) return {};
    LODE_ASSIGN(Statement insert, database_->prepare("INSERT INTO main._dlt_version (version, engine_version, inserted_at, schema_name, "
                                                     "version_hash, schema) VALUES (?, ?, ?, ?, ?, ?)"));
    insert.bind(1, schema.version());
    insert.bind(2, std::int64_t{kSchemaEngineVersion});
    insert.bind(3, show_timestamp(record.inserted_at_us));
    insert.bind(4, schema.name());
    insert.bind(5, schema.version_hash());
    insert.bind(6, json::write(schema.to_json()));
    return database_->step(insert).ok() ? Status() : database_->error("record the schema");
  }

  Status record_load(const CommitRecord& record) {
    LODE_ASSIGN(Statement insert, database_->prepare("INSERT INTO main._dlt_loads (load_id, schema_name, status, inserted_at, "
                                                     "schema_version_hash) VALUES (?, ?, 0, ?, ?)"));
    insert.bind(1, record.load_id);
    insert.bind(2, record.schema_name);
    insert.bind(3, show_timestamp(record.inserted_at_us));
    insert.bind(4, record.schema_version_hash);
    return database_->step(insert).ok() ? Status() : database_->error("record the load");
  }

  // Staging tables live as long as the connection: they go when the transaction has ended, either way.
  Status forget_transaction() {
    columns_.clear();
    emptied_.clear();
    merged_roots_.clear();
    const std::map<std::string, ColumnNames> staged = std::move(staged_columns_);
    staged_columns_.clear();
    for (const auto& [table, names] : staged) LODE_TRY(database_->run("DROP TABLE IF EXISTS " + qualified("temp", table)));
    return {};
  }

  const Path main_file_;
  const std::string dataset_;
  const int busy_timeout_ms_;
  Env& env_;
  Capabilities capabilities_;
  std::unique_ptr<Database> database_;
  bool is_new_file_ = false;

  // Of the transaction that is open
  bool in_transaction_ = false;
  std::map<std::string, ColumnNames> columns_;       // of final tables
  std::map<std::string, ColumnNames> staged_columns_;
  std::set<std::string> emptied_;
  std::set<std::string> merged_roots_;
};

// "sqlite:///relative.db", "sqlite:////absolute.db": SQLAlchemy's form.
Result<Path> file_of_url(const std::string& url) {
  const std::size_t start = url.find("://");
  if (start == std::string::npos) return Path(url);
  std::string rest = url.substr(start + 3);
  rest = rest.substr(0, rest.find('?'));
  if (rest.empty() || rest == "/") {
    return Status::error(Code::kConfigInvalid, "sqlite: the URL names no file").hint("sqlite:///shop.db is a file here, sqlite:////srv/shop.db one elsewhere");
  }
  if (rest[0] != '/') {
    return Status::error(Code::kConfigInvalid, fmt::format("sqlite: '{}' would be a host, and SQLite has none", url))
        .hint("three slashes: sqlite:///" + rest);
  }
  return Path(rest.substr(1));
}

}  // namespace

Result<std::unique_ptr<Destination>> make_sqlite(const DestinationSpec& spec, Env& env) {
  Path file = spec.options.text_or("file", "lode.db");
  if (const json::Value* credentials = spec.options.find("credentials")) {
    if (!credentials->is_text()) return Status::error(Code::kConfigInvalid, "sqlite: credentials must be a URL like sqlite:///shop.db");
    LODE_ASSIGN(file, file_of_url(credentials->as_text()));
  }
  LODE_ASSIGN(const auto naming, Naming::make("snake_case", kIdentifierLengthMax));
  LODE_ASSIGN(std::string dataset, naming->identifier(spec.dataset));
  const auto timeout_ms = static_cast<int>(spec.options.int_or("busy_timeout_ms", 5000));
  return std::unique_ptr<Destination>(std::make_unique<SqliteDestination>(std::move(file), std::move(dataset), timeout_ms, env));
}

}  // namespace lode
