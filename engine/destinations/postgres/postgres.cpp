// PostgreSQL as a destination: a package is one transaction.
#include "destinations/postgres/postgres.h"

#include <fmt/format.h>

#include <optional>
#include <set>

#include "base/text.h"
#include "base/time.h"
#include "destinations/postgres/connection.h"
#include "destinations/postgres/copy_rows.h"
#include "destinations/postgres/credentials.h"
#include "destinations/postgres/dataset.h"
#include "destinations/postgres/flavor.h"
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

using postgres::Connection;
using postgres::Dataset;
using postgres::Flavor;
using postgres::Place;
using postgres::Rows;
using postgres::Settings;
using postgres::TablePlan;
using postgres::Wire;

constexpr std::uint32_t kIdentifierLengthMax = 63;
constexpr std::uint32_t kColumnsMax = 1600;
constexpr int kLockTimeoutMs = 60'000;
constexpr std::string_view kCastTable = "_lode_cast";

struct Options {
  Settings settings;
  std::string dataset;
  bool makes_unique = true;
  std::int64_t lock_timeout_ms = kLockTimeoutMs;
  const Flavor* flavor = nullptr;  // null: ask the server
};

class PostgresDestination : public Destination {
 public:
  PostgresDestination(Options options, Env& env) : options_(std::move(options)), env_(env) {
    capabilities_.identifier_length_max = kIdentifierLengthMax;
    capabilities_.columns_max = kColumnsMax;
    capabilities_.loads_while_extracting = true;
  }
  ~PostgresDestination() override { close(); }

  const Capabilities& capabilities() const override { return capabilities_; }
  std::string display() const override { return options_.settings.display; }
  std::string_view dlt_type() const override { return "dlt.destinations.postgres"; }

  Status connect() override;
  Status connect_read_only() override { return ensure_connection(); }
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
  std::vector<std::string> take_warnings() override { return std::exchange(warnings_, {}); }

 private:
  Status ensure_connection();
  Status ask_server();
  Status check_writable();
  Result<bool> has_tables(const std::vector<std::string_view>& names);
  std::string system_table(std::string_view name) const { return dataset_->qualified(Place::kDataset, name); }
  Status empty_chain(const Table& root, const Schema& schema);
  Status insert_rows(const Job& job, const Table& table, Place place, std::stop_token stop);
  Status insert_by_cast(RowFileReader& reader, const Table& table, Place place, std::stop_token stop);
  Result<bool> is_distinct(const Table& root);
  Status merge(const Table& root, const Schema& schema);
  Status check_not_loaded(const std::string& load_id);
  Status record_version(const CommitRecord& record, const Schema& schema);
  Status record_load(const CommitRecord& record);
  void end_transaction();

  const Options options_;
  Env& env_;
  Capabilities capabilities_;
  const Flavor* flavor_ = nullptr;

  // Null until connect(), and after the connection was lost.
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Dataset> dataset_;

  // Of the transaction that is open
  bool in_transaction_ = false;
  std::set<std::string> emptied_roots_;
  std::set<std::string> merged_roots_;
  std::stop_token stop_;  // of the last job: the merges of the commit heed it too
  std::vector<std::string> warnings_;
};

Status PostgresDestination::ensure_connection() {
  if (connection_ && connection_->is_alive()) return {};
  dataset_.reset();
  LODE_ASSIGN(connection_, Connection::open(options_.settings));
  LODE_TRY(ask_server());
  dataset_ = std::make_unique<Dataset>(*connection_, *flavor_, options_.dataset, options_.makes_unique);
  return {};
}

Status PostgresDestination::ask_server() {
  flavor_ = options_.flavor;
  if (flavor_ != nullptr) return {};
  LODE_ASSIGN(const Rows version, connection_->query("SELECT version()"));
  LODE_ASSIGN(const Rows citus, connection_->query("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'citus'"));
  flavor_ = &postgres::flavor_of(version.text(0, 0), !citus.empty());
  return {};
}

// What would end a load only after the rows were extracted.
Status PostgresDestination::check_writable() {
  if (!flavor_->reads_copy) {
    return Status::error(Code::kDestinationRefused,
                         fmt::format("{} cannot be loaded yet: it has no COPY from the client", flavor_->name))
        .with("server", display());
  }
  if (!flavor_->tells_recovery) return {};
  LODE_ASSIGN(const Rows facts,
              connection_->query("SELECT pg_catalog.pg_is_in_recovery(), "
                                 "pg_catalog.current_setting('transaction_read_only') = 'on', "
                                 "pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'), "
                                 "(SELECT pg_catalog.has_schema_privilege(oid, 'CREATE') "
                                 "FROM pg_catalog.pg_namespace WHERE nspname = $1)",
                                 {options_.dataset}));
  if (facts.flag(0, 0) || facts.flag(0, 1)) {
    return Status::error(Code::kDestinationReadOnly, facts.flag(0, 0)
                                                         ? "postgres: the server is a standby: it can only be read"
                                                         : "postgres: this user's transactions are read-only")
        .with("server", display())
        .hint("name the primary server; with several hosts in the URL, target_session_attrs=read-write finds it");
  }
  // Of a dataset that is there the schema's own right counts; without one, a schema has to be made.
  const std::string in_dataset = facts.text(0, 3);
  if (in_dataset == "t" || (in_dataset.empty() && facts.flag(0, 2))) return {};
  return Status::error(Code::kDestinationReadOnly,
                       in_dataset.empty()
                           ? fmt::format("postgres: this user may not make dataset '{}'", options_.dataset)
                           : fmt::format("postgres: this user may not make tables in dataset '{}'", options_.dataset))
      .with("server", display())
      .hint(in_dataset.empty() ? "GRANT CREATE ON DATABASE … TO …, or let somebody make the schema"
                               : "GRANT CREATE, USAGE ON SCHEMA … TO …");
}

Status PostgresDestination::connect() {
  if (connection_ && connection_->is_alive()) return {};
  LODE_TRY(ensure_connection());
  return check_writable();
}

Result<bool> PostgresDestination::has_tables(const std::vector<std::string_view>& names) {
  LODE_TRY(ensure_connection());
  return dataset_->has_tables(names);
}

Result<std::optional<PipelineState>> PostgresDestination::saved_state(std::string_view pipeline) {
  LODE_ASSIGN(const bool is_there, has_tables({kStateTable, kLoadsTable}));
  if (!is_there) return std::optional<PipelineState>();
  LODE_ASSIGN(const Rows found,
              connection_->query(fmt::format("SELECT s.state FROM {} AS s JOIN {} AS l ON s._dlt_load_id = l.load_id "
                                             "WHERE s.pipeline_name = $1 AND l.status = 0 "
                                             "ORDER BY l.load_id COLLATE \"C\" DESC LIMIT 1",
                                             system_table(kStateTable), system_table(kLoadsTable)),
                                 {std::string(pipeline)}));
  if (found.empty()) return std::optional<PipelineState>();
  LODE_ASSIGN(PipelineState state, PipelineState::from_blob(found.text(0, 0)));
  return std::optional<PipelineState>(std::move(state));
}

Result<std::optional<Schema>> PostgresDestination::saved_schema(std::string_view name) {
  LODE_ASSIGN(const bool is_there, has_tables({kVersionTable}));
  if (!is_there) return std::optional<Schema>();
  LODE_ASSIGN(const Rows found, connection_->query(fmt::format("SELECT schema FROM {} WHERE schema_name = $1 "
                                                               "ORDER BY inserted_at DESC, version DESC LIMIT 1",
                                                               system_table(kVersionTable)),
                                                   {std::string(name)}));
  if (found.empty()) return std::optional<Schema>();
  const std::string text = found.text(0, 0);
  LODE_ASSIGN(const json::Value stored, json::parse_value(inflate_base64(text).value_or(text)));
  LODE_ASSIGN(Schema schema, Schema::from_json(stored));
  return std::optional<Schema>(std::move(schema));
}

Result<bool> PostgresDestination::is_loaded(std::string_view load_id) {
  LODE_ASSIGN(const bool is_there, has_tables({kLoadsTable}));
  if (!is_there) return false;
  LODE_ASSIGN(const Rows found,
              connection_->query(fmt::format("SELECT 1 FROM {} WHERE load_id = $1", system_table(kLoadsTable)),
                                 {std::string(load_id)}));
  return !found.empty();
}

Result<std::string> PostgresDestination::newest_load_id() {
  LODE_ASSIGN(const bool is_there, has_tables({kLoadsTable}));
  if (!is_there) return std::string();
  LODE_ASSIGN(const Rows found,
              connection_->query(fmt::format("SELECT max(load_id COLLATE \"C\") FROM {}", system_table(kLoadsTable))));
  return found.text(0, 0);
}

// A number of its own for the lock of each dataset: FNV-1a of its name.
std::int64_t lock_number(std::string_view dataset) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : dataset) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return static_cast<std::int64_t>(hash);
}

// One load at a time into a dataset: two that made the same table, or the same load twice, would end in each other's
// errors. Other programs' reading and writing is not affected.
Status PostgresDestination::begin(std::string_view) {
  rollback();
  LODE_TRY(ensure_connection());
  dataset_->forget();
  LODE_TRY(connection_->run("BEGIN"));
  in_transaction_ = true;
  if (!flavor_->locks) return {};
  LODE_TRY(connection_->run(fmt::format("SET LOCAL lock_timeout = {}", options_.lock_timeout_ms)));
  Status locked = connection_->run(
      fmt::format("SELECT pg_catalog.pg_advisory_xact_lock({})", lock_number("lode:" + options_.dataset)));
  if (locked.code() != Code::kDestinationBusy) return locked;
  return Status::error(Code::kDestinationBusy,
                       fmt::format("postgres: another load into dataset '{}' is running", options_.dataset))
      .with("waited", fmt::format("{:.1f} s", static_cast<double>(options_.lock_timeout_ms) / 1000.0))
      .with("server", display());
}

Result<SchemaChange> PostgresDestination::migrate(const Schema& schema) {
  LODE_ASSERT(in_transaction_);
  LODE_TRY(dataset_->ensure_dataset());
  SchemaChange change;
  for (const Table& table : schema.tables()) {
    if (is_made_by_loads(table)) LODE_TRY(dataset_->ensure_table(Place::kDataset, table, &change));
  }
  return change;
}

Result<MigrationPlan> PostgresDestination::plan_migration(const Schema& schema) {
  LODE_TRY(ensure_connection());
  Dataset dataset(*connection_, *flavor_, options_.dataset, options_.makes_unique);
  MigrationPlan plan;
  LODE_ASSIGN(std::string statement, dataset.plan_dataset());
  if (!statement.empty()) plan.statements.push_back({"", std::move(statement)});
  for (const Table& table : schema.tables()) {
    if (!is_made_by_loads(table)) continue;
    LODE_ASSIGN(TablePlan needed, dataset.plan_table(Place::kDataset, table));
    if (needed.change.columns.empty()) continue;
    for (std::string& sql : needed.statements) plan.statements.push_back({table.name(), std::move(sql)});
    for (std::string& sql : needed.later) plan.statements.push_back({table.name(), std::move(sql)});
    plan.change.tables.push_back(std::move(needed.change));
  }
  return plan;
}

Status PostgresDestination::load(const Job& job, const Schema& schema, std::stop_token stop) {
  LODE_ASSERT(in_transaction_);
  stop_ = stop;
  const Table* const table = schema.find_table(job.table);
  LODE_ASSERT(table != nullptr);
  const Table& root = schema.root_of(*table);
  LODE_TRY(dataset_->ensure_dataset());
  LODE_TRY(dataset_->ensure_table(Place::kDataset, *table, nullptr));
  const WriteDisposition disposition = schema.disposition(*table);
  if (disposition == WriteDisposition::kReplace) LODE_TRY(empty_chain(root, schema));
  if (disposition != WriteDisposition::kMerge || !merge_needs_staging(root)) {
    return insert_rows(job, *table, Place::kDataset, std::move(stop));
  }
  merged_roots_.insert(root.name());
  LODE_TRY(dataset_->ensure_table(Place::kStaging, *table, nullptr));
  return insert_rows(job, *table, Place::kStaging, std::move(stop));
}

// Once a transaction: what the package replaces. TRUNCATE makes readers wait for the commit instead of showing them
// nothing.
Status PostgresDestination::empty_chain(const Table& root, const Schema& schema) {
  if (!emptied_roots_.insert(root.name()).second) return {};
  for (const Table* table : schema.chain(root.name())) {
    LODE_ASSIGN(const bool is_there, dataset_->has_table(Place::kDataset, table->name()));
    const std::string_view verb = flavor_->truncates_in_package ? "TRUNCATE TABLE" : "DELETE FROM";
    if (is_there) {
      LODE_TRY(connection_->run(fmt::format("{} {}", verb, dataset_->qualified(Place::kDataset, table->name()))));
    }
  }
  return {};
}

Status PostgresDestination::insert_rows(const Job& job, const Table& table, Place place, std::stop_token stop) {
  LODE_ASSIGN(const std::unique_ptr<RowFileReader> reader, RowFileReader::open(env_, job.path));
  if (stop.stop_requested()) return Status::error(Code::kCancelled, "the run was cancelled");
  LODE_ASSIGN(const Dataset::Columns* const columns, dataset_->columns_of(place, table.name()));
  std::map<std::string, Wire, std::less<>> wires;
  for (const Column& column : table.columns()) {
    const auto found = columns->find(column.name());
    if (!column.complete() || found == columns->end()) continue;
    Wire wire{};
    if (!postgres::find_wire(column.type(), found->second, &wire))
      return insert_by_cast(*reader, table, place, std::move(stop));
    wires[column.name()] = wire;
  }
  return postgres::copy_rows(*connection_, *reader, dataset_->qualified(place, table.name()), wires, std::move(stop));
}

// A column that somebody gave another type: the rows go through a table of lode's types, and the server casts them.
Status PostgresDestination::insert_by_cast(RowFileReader& reader, const Table& table, Place place,
                                           std::stop_token stop) {
  Table plain{std::string(kCastTable)};
  std::map<std::string, Wire, std::less<>> wires;
  std::vector<std::string> names;
  std::string casts;
  LODE_ASSIGN(const Dataset::Columns* const columns, dataset_->columns_of(place, table.name()));
  for (const Column& column : table.columns()) {
    if (!column.complete()) continue;
    plain.merge_column(Column(column.name(), column.type()));
    names.push_back(column.name());
    casts += fmt::format("{}CAST({} AS {})", casts.empty() ? "" : ", ", quote_name(flavor_->dialect(), column.name()),
                         columns->find(column.name())->second);
  }
  LODE_TRY(dataset_->ensure_table(Place::kStaging, plain, nullptr));
  LODE_ASSIGN(const Dataset::Columns* const plain_columns, dataset_->columns_of(Place::kStaging, plain.name()));
  for (const Column& column : plain.columns()) {
    const bool known =
        postgres::find_wire(column.type(), plain_columns->find(column.name())->second, &wires[column.name()]);
    LODE_ASSERT(known);
  }
  const std::string cast_table = dataset_->qualified(Place::kStaging, plain.name());
  LODE_TRY(postgres::copy_rows(*connection_, reader, cast_table, wires, stop));
  const Connection::StopGuard guard(*connection_, stop);
  LODE_TRY(connection_->run(fmt::format(
      "{} SELECT {} FROM {}", insert_into(flavor_->dialect(), dataset_->qualified(place, table.name()), names), casts,
      cast_table)));
  return dataset_->drop_staging_table(plain.name());
}

// Nearly always no two staged rows have the same primary key, and knowing so spares numbering them.
Result<bool> PostgresDestination::is_distinct(const Table& root) {
  const std::vector<std::string> primary_key = root.all_with("primary_key");
  if (primary_key.empty()) return true;
  LODE_ASSIGN(const Rows twice,
              connection_->query(fmt::format("SELECT 1 FROM {} GROUP BY {} HAVING count(*) > 1 LIMIT 1",
                                             dataset_->qualified(Place::kStaging, root.name()),
                                             name_list(flavor_->dialect(), primary_key))));
  return twice.empty();
}

// Brings the staged rows of a root table and its nested tables into place.
Status PostgresDestination::merge(const Table& root, const Schema& schema) {
  const Connection::StopGuard guard(*connection_, stop_);
  std::vector<const Table*> chain;
  const std::string_view analyze = flavor_->dialect().analyze;
  for (const Table* table : schema.chain(root.name())) {
    LODE_ASSIGN(const bool is_there, dataset_->has_table(Place::kDataset, table->name()));
    if (!is_there) continue;
    LODE_TRY(dataset_->ensure_table(Place::kDataset, *table, nullptr));
    LODE_TRY(dataset_->ensure_table(Place::kStaging, *table, nullptr));
    chain.push_back(table);
    if (analyze.empty()) continue;
    LODE_TRY(connection_->run(fmt::format("{} {}", analyze, dataset_->qualified(Place::kStaging, table->name()))));
  }
  MergeTables tables;
  tables.final_name = [this](const Table& table) { return dataset_->qualified(Place::kDataset, table.name()); };
  tables.staging_name = [this](const Table& table) { return dataset_->qualified(Place::kStaging, table.name()); };
  tables.deleted_name = "pg_temp._lode_deleted";
  tables.inserted_name = "pg_temp._lode_inserted";
  LODE_ASSIGN(tables.is_distinct, is_distinct(root));
  LODE_ASSIGN(std::vector<std::string> statements, merge_statements(flavor_->dialect(), chain, tables));
  for (const std::string& name : {tables.deleted_name, tables.inserted_name}) {
    statements.push_back("DROP TABLE IF EXISTS " + name);
  }
  for (const std::string& statement : statements) {
    Status status = connection_->run(statement);
    if (!status.ok()) return std::move(status).about(fmt::format("merging into table '{}'", root.name()));
  }
  return {};
}

// Under the dataset's lock: a run that slept through its own load, done by another, must not do it again.
Status PostgresDestination::check_not_loaded(const std::string& load_id) {
  LODE_ASSIGN(const bool loaded, is_loaded(load_id));
  if (!loaded) return {};
  return Status::error(Code::kDestinationBusy,
                       fmt::format("postgres: load {} was committed by another run in the meantime", load_id));
}

Status PostgresDestination::record_version(const CommitRecord& record, const Schema& schema) {
  const std::string table = system_table(kVersionTable);
  LODE_ASSIGN(const Rows known, connection_->query(fmt::format("SELECT 1 FROM {} WHERE version_hash = $1", table),
                                                   {schema.version_hash()}));
  if (!known.empty()) return {};
  return connection_
      ->query(
          fmt::format("INSERT INTO {} (version, engine_version, inserted_at, schema_name, version_hash, schema) "
                      "VALUES ($1, $2, $3, $4, $5, $6)",
                      table),
          {std::to_string(schema.version()), std::to_string(kSchemaEngineVersion), iso_timestamp(record.inserted_at_us),
           schema.name(), schema.version_hash(), json::write(schema.to_json())})
      .status();
}

Status PostgresDestination::record_load(const CommitRecord& record) {
  return connection_
      ->query(fmt::format("INSERT INTO {} (load_id, schema_name, status, inserted_at, schema_version_hash) "
                          "VALUES ($1, $2, 0, $3, $4)",
                          system_table(kLoadsTable)),
              {record.load_id, record.schema_name, iso_timestamp(record.inserted_at_us), record.schema_version_hash})
      .status();
}

Status PostgresDestination::commit(const CommitRecord& record, const Schema& schema,
                                   const std::vector<std::string>& replaced) {
  LODE_ASSERT(in_transaction_);
  for (const std::string& name : replaced) {
    if (const Table* table = schema.find_table(name)) LODE_TRY(empty_chain(schema.root_of(*table), schema));
  }
  for (const std::string& root : merged_roots_) LODE_TRY(merge(*schema.find_table(root), schema));
  LODE_TRY(dataset_->ensure_dataset());
  for (const std::string_view name : {kVersionTable, kLoadsTable}) {
    const Table* const table = schema.find_table(name);
    LODE_ASSERT(table != nullptr);
    LODE_TRY(dataset_->ensure_table(Place::kDataset, *table, nullptr));
  }
  LODE_TRY(dataset_->finish_tables());
  LODE_TRY(check_not_loaded(record.load_id));
  LODE_TRY(record_version(record, schema));
  LODE_TRY(record_load(record));
  LODE_TRY(connection_->commit());
  // From here on the package is in the dataset, whatever happens.
  for (std::string& warning : dataset_->take_warnings()) warnings_.push_back(std::move(warning));
  end_transaction();
  return {};
}

void PostgresDestination::end_transaction() {
  in_transaction_ = false;
  emptied_roots_.clear();
  merged_roots_.clear();
  stop_ = {};
  if (dataset_) dataset_->forget();
}

void PostgresDestination::rollback() noexcept {
  if (!in_transaction_) return;
  // A cancellation that was on its way may hit the ROLLBACK itself: then once more, and in the end without the
  // connection.
  for (int tries = 0; tries < 2 && connection_->is_alive() && connection_->in_transaction(); ++tries) {
    (void)connection_->run("ROLLBACK").ok();
  }
  (void)dataset_->take_warnings();
  warnings_.clear();
  end_transaction();
  if (connection_->is_alive() && !connection_->in_transaction()) return;
  dataset_.reset();
  connection_.reset();
}

void PostgresDestination::close() noexcept {
  rollback();
  dataset_.reset();
  connection_.reset();
}

}  // namespace

Result<std::unique_ptr<Destination>> make_postgres(const DestinationSpec& spec, Env& env) {
  Options options;
  LODE_ASSIGN(options.settings, postgres::read_settings(spec.options));
  LODE_ASSIGN(const auto naming, Naming::make("snake_case", kIdentifierLengthMax));
  LODE_ASSIGN(options.dataset, naming->table_identifier(spec.dataset.empty() ? "public" : spec.dataset));
  options.makes_unique = spec.options.bool_or("create_indexes", true);
  options.lock_timeout_ms = spec.options.int_or("lock_timeout_ms", kLockTimeoutMs);
  if (options.lock_timeout_ms < 0 || options.lock_timeout_ms > INT32_MAX) {
    return Status::error(Code::kConfigInvalid, "postgres: lock_timeout_ms must be between 0 and 2147483647");
  }
  if (const std::string flavor = spec.options.text_or("flavor", ""); !flavor.empty()) {
    LODE_ASSIGN(options.flavor, postgres::find_flavor(flavor));
  }
  return std::unique_ptr<Destination>(std::make_unique<PostgresDestination>(std::move(options), env));
}

}  // namespace lode
