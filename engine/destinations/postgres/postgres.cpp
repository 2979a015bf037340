// PostgreSQL as a destination: a package is one transaction.
#include "destinations/postgres/postgres.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "destinations/postgres/connection.h"
#include "destinations/postgres/copy_rows.h"
#include "destinations/postgres/credentials.h"
#include "destinations/postgres/dataset.h"
#include "destinations/postgres/flavor.h"
#include "destinations/postgres/parallel_copy.h"
#include "destinations/postgres/staging_area.h"
#include "destinations/sql_destination.h"
#include "format/row_file.h"
#include "schema/naming.h"
#include "sql/statements.h"

namespace lode {
namespace {

using postgres::Connection;
using postgres::CopyTask;
using postgres::Dataset;
using postgres::Flavor;
using postgres::Settings;
using postgres::StagingArea;
using postgres::Wires;

constexpr std::uint32_t kIdentifierLengthMax = 63;
constexpr std::uint32_t kColumnsMax = 1600;
constexpr int kLockTimeoutMs = 60'000;
constexpr std::uint32_t kParallelLoadJobsMax = 4;
constexpr std::int64_t kParallelLoadBytesMin = 8 << 20;    // below, connections cost more than they save
constexpr std::string_view kStagingLayout = "%s_staging";  // as dlt
constexpr std::string_view kCastTable = "_lode_cast";
// A user, a role or a database can have other defaults.
constexpr std::string_view kQuerySettings =
    "SET default_transaction_read_only = on; SET datestyle = 'ISO, YMD'; SET timezone = 'UTC'; SET bytea_output = "
    "'hex'";

struct Options {
  Settings settings;
  std::string dataset;
  std::string staging_dataset;
  bool makes_unique = true;
  std::int64_t lock_timeout_ms = kLockTimeoutMs;
  std::int64_t parallel_load_bytes_min = kParallelLoadBytesMin;
  const Flavor* flavor = nullptr;  // null: ask the server
};

// A number of its own for the lock of each dataset: FNV-1a of its name.
std::int64_t lock_number(std::string_view dataset) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : dataset) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return static_cast<std::int64_t>(hash);
}

class PostgresDestination : public SqlDestination {
 public:
  PostgresDestination(Options options, Env& env) : options_(std::move(options)), env_(env) {
    capabilities_.identifier_length_max = kIdentifierLengthMax;
    capabilities_.columns_max = kColumnsMax;
    capabilities_.parallel_load_jobs_max = kParallelLoadJobsMax;
  }
  ~PostgresDestination() override { close(); }

  std::string display() const override { return options_.settings.display; }
  std::string_view dlt_type() const override { return "dlt.destinations.postgres"; }

  Status connect() override;
  Status connect_read_only() override { return ensure_connection(); }
  Status connect_to_query() override;
  Status load_jobs(const std::vector<const Job*>& jobs, const Schema& schema, std::stop_token stop,
                   JobListener& listener) override;
  void close() noexcept override;

 protected:
  Result<SqlDataset*> look() override;
  SqlDataset* dataset() override { return dataset_.get(); }
  const Dialect& dialect() const override { return flavor_->dialect(); }
  Status begin_transaction() override;
  Status commit_transaction() override;
  void rollback_transaction() noexcept override;
  void after_transaction(bool committed) noexcept override;
  Status insert_rows(const Job& job, const Table& table, Place place, std::stop_token stop) override;
  Result<bool> prepare_staged(const std::vector<const Table*>& chain) override;
  std::string temporary_name(std::string_view name) const override { return fmt::format("pg_temp.{}", name); }
  std::string timestamp_text(std::int64_t micros) const override { return iso_timestamp(micros); }

 private:
  Status ensure_connection();
  Status ask_server();
  Status check_writable();
  Status lock_dataset();
  bool can_load_in_parallel(const std::vector<const Job*>& staged) const;
  std::vector<std::unique_ptr<Connection>> open_lanes(std::size_t count);
  Status load_in_parallel(const std::vector<const Job*>& jobs, const Schema& schema,
                          const std::vector<std::unique_ptr<Connection>>& lanes, const std::stop_token& stop,
                          JobListener& listener);
  Status restore_order(const std::vector<CopyTask>& tasks, const Schema& schema, Connection& connection,
                       const std::stop_token& stop);
  Result<bool> has_staged_twins(const Table& table);
  Result<std::optional<Wires>> wires_of(const Table& table, Place place);
  Status insert_by_cast(RowFileReader& reader, const Table& table, Place place, const std::stop_token& stop);

  const Options options_;
  Env& env_;
  const Flavor* flavor_ = nullptr;
  bool only_queries_ = false;  // since connect_to_query()

  // Null until connect(), and after the connection was lost.
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Dataset> dataset_;
  std::unique_ptr<StagingArea> staging_area_;     // of a transaction whose rows are staged over several connections
  std::map<std::string, bool> has_staged_twins_;  // of the open transaction, by root table
};

Status PostgresDestination::ensure_connection() {
  if (connection_ && connection_->is_alive()) return {};
  dataset_.reset();
  LODE_ASSIGN(connection_, Connection::open(options_.settings));
  LODE_TRY(ask_server());
  // Users' queries name tables without the dataset; lode's own statements are qualified.
  LODE_TRY(connection_->run("SET search_path TO " + quote_name(dialect(), options_.dataset) + ", public"));
  if (only_queries_) LODE_TRY(connection_->run(std::string(kQuerySettings)));
  dataset_ = std::make_unique<Dataset>(*connection_, *flavor_, options_.dataset, options_.makes_unique);
  return {};
}

Status PostgresDestination::connect_to_query() {
  only_queries_ = true;
  return ensure_connection();
}

Status PostgresDestination::ask_server() {
  flavor_ = options_.flavor;
  if (flavor_ != nullptr) return {};
  LODE_ASSIGN(const std::string version, connection_->select_text("SELECT version()"));
  LODE_ASSIGN(const bool has_citus,
              connection_->finds("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'citus'"));
  flavor_ = &postgres::flavor_of(version, has_citus);
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
  LODE_ASSIGN(const std::unique_ptr<QueryRows> facts,
              connection_->select("SELECT pg_catalog.pg_is_in_recovery(), "
                                  "pg_catalog.current_setting('transaction_read_only') = 'on', "
                                  "pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'), "
                                  "(SELECT pg_catalog.has_schema_privilege(oid, 'CREATE') "
                                  "FROM pg_catalog.pg_namespace WHERE nspname = $1)",
                                  {options_.dataset}));
  LODE_ASSIGN([[maybe_unused]] const bool row, facts->next());
  const bool is_standby = facts->value(0).as_bool();
  if (is_standby || facts->value(1).as_bool()) {
    return Status::error(Code::kDestinationReadOnly, is_standby
                                                         ? "postgres: the server is a standby: it can only be read"
                                                         : "postgres: this user's transactions are read-only")
        .with("server", display())
        .hint("name the primary server; with several hosts in the URL, target_session_attrs=read-write finds it");
  }
  // Of a dataset that is there the schema's own right counts; without one, a schema has to be made.
  const json::Value in_dataset = facts->value(3);
  const bool has_dataset = !in_dataset.is_null();
  if (has_dataset ? in_dataset.as_bool() : facts->value(2).as_bool()) return {};
  return Status::error(Code::kDestinationReadOnly,
                       fmt::format("postgres: this user may not make {} '{}'",
                                   has_dataset ? "tables in dataset" : "dataset", options_.dataset))
      .with("server", display())
      .hint(has_dataset ? "GRANT CREATE, USAGE ON SCHEMA … TO …"
                        : "GRANT CREATE ON DATABASE … TO …, or let somebody make the schema");
}

Status PostgresDestination::connect() {
  if (connection_ && connection_->is_alive()) return {};
  LODE_TRY(ensure_connection());
  return check_writable();
}

Result<SqlDataset*> PostgresDestination::look() {
  LODE_TRY(ensure_connection());
  return dataset_.get();
}

Status PostgresDestination::begin_transaction() {
  LODE_TRY(ensure_connection());
  dataset_->forget();
  // What other connections commit to staging tables must be seen, whatever the user's default is.
  LODE_TRY(connection_->run("BEGIN ISOLATION LEVEL READ COMMITTED"));
  Status locked = flavor_->locks ? lock_dataset() : Status();
  if (!locked.ok()) rollback_transaction();
  return locked;
}

// One load at a time into a dataset: two that made the same table, or the same load twice, would end in each other's
// errors. Other programs' reading and writing is not affected.
Status PostgresDestination::lock_dataset() {
  LODE_TRY(connection_->run(fmt::format("SET LOCAL lock_timeout = {}", options_.lock_timeout_ms)));
  Status locked = connection_->run(
      fmt::format("SELECT pg_catalog.pg_advisory_xact_lock({})", lock_number("lode:" + options_.dataset)));
  if (locked.code() != Code::kDestinationBusy) return locked;
  return Status::error(Code::kDestinationBusy,
                       fmt::format("postgres: another load into dataset '{}' is running", options_.dataset))
      .with("waited", fmt::format("{:.1f} s", static_cast<double>(options_.lock_timeout_ms) / 1000.0))
      .with("server", display());
}

Status PostgresDestination::insert_rows(const Job& job, const Table& table, Place place, std::stop_token stop) {
  LODE_ASSIGN(const std::unique_ptr<RowFileReader> reader, RowFileReader::open(env_, job.path));
  if (stop.stop_requested()) return Status::error(Code::kCancelled, "the run was cancelled");
  has_staged_twins_.erase(table.name());
  LODE_ASSIGN(const std::optional<Wires> wires, wires_of(table, place));
  if (!wires) return insert_by_cast(*reader, table, place, stop);
  return postgres::copy_rows(*connection_, *reader, dataset_->qualified(place, table.name()), *wires, std::move(stop));
}

// Nullopt: a column has another type than the schema says, and the server must cast.
Result<std::optional<Wires>> PostgresDestination::wires_of(const Table& table, Place place) {
  LODE_ASSIGN(const SqlDataset::Columns* const columns, dataset_->columns_of(place, table.name()));
  Wires wires;
  for (const Column& column : table.columns()) {
    const auto found = columns->find(column.name());
    if (!column.complete() || found == columns->end()) continue;
    if (!postgres::find_wire(column.type(), found->second, &wires[column.name()])) return std::optional<Wires>();
  }
  return std::optional<Wires>(std::move(wires));
}

// Rows that are staged can come over any connection, and are committed there one job at a time: this load alone looks
// at them. All other rows belong to the transaction, and so to its connection; they go first, so that nothing of it
// waits for a table that another connection made.
Status PostgresDestination::load_jobs(const std::vector<const Job*>& jobs, const Schema& schema, std::stop_token stop,
                                      JobListener& listener) {
  std::vector<const Job*> staged;
  std::vector<const Job*> direct;
  for (const Job* job : jobs) {
    const Table* const table = schema.find_table(job->table);
    LODE_ASSERT(table != nullptr);
    (place_of(*table, schema) == Place::kFinal ? direct : staged).push_back(job);
  }
  if (!can_load_in_parallel(staged)) return SqlDestination::load_jobs(jobs, schema, std::move(stop), listener);
  LODE_TRY(SqlDestination::load_jobs(direct, schema, stop, listener));
  const std::vector<std::unique_ptr<Connection>> lanes = open_lanes(staged.size());
  if (lanes.empty()) return SqlDestination::load_jobs(staged, schema, std::move(stop), listener);
  return load_in_parallel(staged, schema, lanes, stop, listener);
}

bool PostgresDestination::can_load_in_parallel(const std::vector<const Job*>& staged) const {
  std::uint64_t bytes = 0;
  for (const Job* job : staged) bytes += job->bytes;
  return bytes >= static_cast<std::uint64_t>(options_.parallel_load_bytes_min) && staged.size() > 1 &&
         capabilities_.parallel_load_jobs_max > 1 && flavor_->locks && dataset_->tables_in(Place::kStaging).empty() &&
         dataset_->tables_in(Place::kIncoming).empty();
}

// As many connections as the server gives, up to `count`, and a place for their tables. None: it has to go without, be
// it that the user may not make the staging dataset, or that the server has no connections left.
std::vector<std::unique_ptr<Connection>> PostgresDestination::open_lanes(std::size_t count) {
  std::vector<std::unique_ptr<Connection>> lanes;
  auto area = StagingArea::open(options_.settings, {options_.staging_dataset, lock_number("lode:" + options_.dataset),
                                                    std::string(load_id()), options_.lock_timeout_ms});
  if (!area.ok()) return lanes;
  count = std::min<std::size_t>(count, capabilities_.parallel_load_jobs_max);
  while (lanes.size() < count) {
    auto lane = Connection::open(options_.settings);
    if (!lane.ok()) break;
    lanes.push_back(std::move(*lane));
  }
  if (lanes.empty()) return lanes;
  staging_area_ = std::move(*area);
  dataset_->share(*staging_area_);
  return lanes;
}

Status PostgresDestination::load_in_parallel(const std::vector<const Job*>& jobs, const Schema& schema,
                                             const std::vector<std::unique_ptr<Connection>>& lanes,
                                             const std::stop_token& stop, JobListener& listener) {
  std::vector<CopyTask> tasks;
  for (const Job* job : jobs) {
    const Table& table = *schema.find_table(job->table);
    const Place place = place_of(table, schema);
    LODE_TRY(prepare_place(table, schema, place));
    LODE_ASSIGN(std::optional<Wires> wires, wires_of(table, place));
    LODE_ASSERT(wires);  // the table was made from the schema
    tasks.push_back({job, dataset_->qualified(place, table.name()), std::move(*wires)});
  }
  LODE_TRY(postgres::copy_in_parallel(tasks, lanes, env_, stop, listener));
  return restore_order(tasks, schema, *lanes[0], stop);
}

// Of rows with one primary key the first counts, and over several connections none can tell which that is. Such tables
// are rare: they are loaded once more, one file after the other.
Status PostgresDestination::restore_order(const std::vector<CopyTask>& tasks, const Schema& schema,
                                          Connection& connection, const std::stop_token& stop) {
  std::map<std::string, std::vector<CopyTask>> of_table;
  for (const CopyTask& task : tasks) of_table[task.job->table].push_back(task);
  for (const auto& [name, its_tasks] : of_table) {
    const Table& table = *schema.find_table(name);
    if (its_tasks.size() < 2 || place_of(table, schema) != Place::kStaging) continue;
    LODE_ASSIGN(const bool has_twins, has_staged_twins(table));
    if (!has_twins) continue;
    LODE_TRY(connection.run("TRUNCATE TABLE " + its_tasks[0].table));
    for (const CopyTask& task : its_tasks) {
      LODE_ASSIGN(const std::unique_ptr<RowFileReader> reader, RowFileReader::open(env_, task.job->path));
      LODE_TRY(postgres::copy_rows(connection, *reader, task.table, task.wires, stop));
    }
  }
  return {};
}

// Whether two staged rows have one primary key. Asked once, and by a connection that keeps no lock on the table if it
// may have to be emptied.
Result<bool> PostgresDestination::has_staged_twins(const Table& table) {
  if (const auto known = has_staged_twins_.find(table.name()); known != has_staged_twins_.end()) return known->second;
  const std::vector<std::string> primary_key = table.all_with("primary_key");
  if (primary_key.empty()) return false;
  LODE_ASSIGN(const bool found, dataset_->session_for(Place::kStaging)
                                    .finds(fmt::format("SELECT 1 FROM {} GROUP BY {} HAVING count(*) > 1 LIMIT 1",
                                                       dataset_->qualified(Place::kStaging, table.name()),
                                                       name_list(dialect(), primary_key))));
  return has_staged_twins_[table.name()] = found;
}

// A column that somebody gave another type: the rows go through a table of lode's types, and the server casts them.
Status PostgresDestination::insert_by_cast(RowFileReader& reader, const Table& table, Place place,
                                           const std::stop_token& stop) {
  Table plain{std::string(kCastTable)};
  Wires wires;
  std::vector<std::string> names;
  std::string casts;
  LODE_ASSIGN(const SqlDataset::Columns* const columns, dataset_->columns_of(place, table.name()));
  for (const Column& column : table.columns()) {
    if (!column.complete()) continue;
    plain.merge_column(Column(column.name(), column.type()));
    names.push_back(column.name());
    casts += fmt::format("{}CAST({} AS {})", casts.empty() ? "" : ", ", quote_name(flavor_->dialect(), column.name()),
                         columns->find(column.name())->second);
  }
  LODE_TRY(dataset_->ensure_table(Place::kStaging, plain, nullptr));
  LODE_ASSIGN(const SqlDataset::Columns* const plain_columns, dataset_->columns_of(Place::kStaging, plain.name()));
  for (const Column& column : plain.columns()) {
    const bool known =
        postgres::find_wire(column.type(), plain_columns->find(column.name())->second, &wires[column.name()]);
    LODE_ASSERT(known);
  }
  const std::string cast_table = dataset_->qualified(Place::kStaging, plain.name());
  LODE_TRY(postgres::copy_rows(*connection_, reader, cast_table, wires, stop));
  const auto heeding = connection_->heed(stop);
  LODE_TRY(connection_->run(fmt::format(
      "{} SELECT {} FROM {}", insert_into(flavor_->dialect(), dataset_->qualified(place, table.name()), names), casts,
      cast_table)));
  return dataset_->drop_table(Place::kStaging, plain.name());
}

// The planner gets counts before it joins. That no two staged rows have the same primary key is how it is nearly
// always, and knowing so spares numbering them.
Result<bool> PostgresDestination::prepare_staged(const std::vector<const Table*>& chain) {
  for (const Table* table : chain) {
    if (dialect().analyze.empty()) break;
    LODE_TRY(
        connection_->run(fmt::format("{} {}", dialect().analyze, dataset_->qualified(Place::kStaging, table->name()))));
  }
  LODE_ASSIGN(const bool has_twins, has_staged_twins(*chain[0]));
  return !has_twins;
}

// Shared staging tables go with the commit.
Status PostgresDestination::commit_transaction() {
  if (staging_area_) {
    for (const Place place : {Place::kStaging, Place::kIncoming}) {
      for (const std::string& table : dataset_->tables_in(place)) {
        LODE_TRY(connection_->run("DROP TABLE " + dataset_->qualified(place, table)));
      }
    }
  }
  return connection_->commit();
}

// What a lost connection leaves here goes when the dataset's next area is opened.
void PostgresDestination::after_transaction(bool committed) noexcept {
  if (staging_area_ && !committed) (void)staging_area_->drop_tables().ok();
  staging_area_.reset();
  has_staged_twins_.clear();
}

void PostgresDestination::rollback_transaction() noexcept {
  // A cancellation that was on its way may hit the ROLLBACK itself: then once more, and in the end without the
  // connection.
  for (int tries = 0; tries < 2 && connection_->is_alive() && connection_->in_transaction(); ++tries) {
    (void)connection_->run("ROLLBACK").ok();
  }
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

namespace {

// "%s_staging" and "shop" -> "shop_staging".
Result<std::string> staging_dataset_of(const DestinationSpec& spec, const std::string& dataset, const Naming& naming) {
  std::string name = spec.options.text_or("staging_dataset_name_layout", std::string(kStagingLayout));
  if (const std::size_t mark = name.find("%s"); mark != std::string::npos) {
    name.replace(mark, 2, spec.dataset.empty() ? dataset : spec.dataset);
  }
  LODE_ASSIGN(std::string staging, naming.table_identifier(name));
  if (staging != dataset) return staging;
  return Status::error(Code::kConfigInvalid,
                       fmt::format("postgres: the staging dataset has the name of the dataset, '{}'", dataset))
      .hint("staging_dataset_name_layout = \"%s_staging\" is the default; %s is the dataset's name");
}

}  // namespace

const FieldSpec& postgres_options() {
  static const FieldSpec kSpec = [] {
    FieldSpec spec;
    spec.any("credentials", "a URL, libpq's host=… dbname=…, or a table of the fields below with query for more");
    spec.text("url", "another name for credentials");
    spec.text("host", "the server; begins with a slash: the folder of its socket");
    spec.any("port", "5432 if nobody says another");
    spec.text("database", "without one, that with the user's name");
    spec.text("username", "without one, that of the process");
    spec.secret("password", "without one, libpq looks in ~/.pgpass");
    spec.text("sslmode", "libpq's: verify-full is the safe choice");
    spec.path("sslrootcert", "certificates that are trusted");
    spec.any("connect_timeout", "seconds");
    spec.boolean("create_indexes", "columns with the hint unique, _dlt_id among them, get a UNIQUE").fallback(true);
    spec.integer("lock_timeout_ms", "how long to wait for another load, or a lock that somebody holds; 0: for ever")
        .fallback(kLockTimeoutMs)
        .at_least(0)
        .at_most(INT32_MAX);
    spec.integer("parallel_load_bytes_min", "bytes of job files from which on they are loaded over several connections")
        .fallback(kParallelLoadBytesMin)
        .at_least(0);
    spec.text("staging_dataset_name_layout", "what the dataset for such rows is called; %s is the dataset's name")
        .fallback(kStagingLayout);
    spec.text("flavor", "where the server does not say what it is").choices(postgres::flavor_names());
    SqlDestination::declare_options(spec);
    return spec;
  }();
  return kSpec;
}

Result<std::unique_ptr<Destination>> make_postgres(const DestinationSpec& spec, Env& env) {
  Options options;
  LODE_ASSIGN(options.settings, postgres::read_settings(spec.options));
  LODE_ASSIGN(const auto naming, Naming::make("snake_case", kIdentifierLengthMax));
  LODE_ASSIGN(options.dataset, naming->table_identifier(spec.dataset.empty() ? "public" : spec.dataset));
  LODE_ASSIGN(options.staging_dataset, staging_dataset_of(spec, options.dataset, *naming));
  options.makes_unique = spec.options.bool_or("create_indexes", true);
  options.lock_timeout_ms = spec.options.int_or("lock_timeout_ms", kLockTimeoutMs);
  options.parallel_load_bytes_min = spec.options.int_or("parallel_load_bytes_min", kParallelLoadBytesMin);
  options.flavor = postgres::find_flavor(spec.options.text_or("flavor", ""));
  auto made = std::make_unique<PostgresDestination>(std::move(options), env);
  made->read_options(spec.options);
  return std::unique_ptr<Destination>(std::move(made));
}

}  // namespace lode
