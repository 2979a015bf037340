// SQLite as a destination: a package is one transaction of the dataset's file.
#include "destinations/sqlite/sqlite.h"

#include <fmt/format.h>

#include "base/text.h"
#include "destinations/sql_destination.h"
#include "destinations/sqlite/database.h"
#include "destinations/sqlite/dataset.h"
#include "destinations/sqlite/row_feed.h"
#include "destinations/sqlite/text_forms.h"
#include "format/row_file.h"
#include "schema/naming.h"
#include "sql/statements.h"

namespace lode {
namespace {

using sqlite::Database;
using sqlite::Dataset;
using sqlite::RowFeed;

constexpr std::uint32_t kIdentifierLengthMax = 9999;  // what SQLAlchemy says of SQLite, and dlt therefore uses
constexpr std::uint32_t kColumnsMax = 2000;           // SQLITE_MAX_COLUMN, unless the library was built otherwise
constexpr int kBusyTimeoutMs = 5000;
constexpr int kBusyTimeoutLimitMs = 3'600'000;
constexpr std::string_view kMainDataset = "main";

class SqliteDestination : public SqlDestination {
 public:
  SqliteDestination(Path main_file, std::string dataset, int busy_timeout_ms, Env& env)
      : main_file_(std::move(main_file)),
        dataset_name_(std::move(dataset)),
        busy_timeout_ms_(busy_timeout_ms),
        env_(env) {
    capabilities_.identifier_length_max = kIdentifierLengthMax;
    capabilities_.columns_max = kColumnsMax;
  }
  ~SqliteDestination() override { close(); }

  std::string display() const override { return "sqlite:///" + main_file_.string(); }
  std::string_view dlt_type() const override { return "dlt.destinations.sqlalchemy"; }

  Status connect() override;
  Status connect_read_only() override { return connect_to(Purpose::kLook); }
  Status connect_to_query() override { return connect_to(Purpose::kQuery); }
  void close() noexcept override;

 protected:
  Result<SqlDataset*> look() override;
  Result<SqlDataset*> look_to_plan() override;
  SqlDataset* dataset() override { return dataset_.get(); }
  const Dialect& dialect() const override { return sqlite_dialect(); }
  Status begin_transaction() override;
  Status commit_transaction() override;
  void rollback_transaction() noexcept override;
  void after_transaction(bool committed) noexcept override;
  Status insert_rows(const Job& job, const Table& table, Place place, std::stop_token stop) override;
  Result<bool> prepare_staged(const std::vector<const Table*>& chain) override;
  std::string temporary_name(std::string_view name) const override { return fmt::format("temp.{}", name); }
  std::string timestamp_text(std::int64_t micros) const override { return sqlite::show_timestamp(micros); }

 private:
  enum class Purpose { kLoad, kLook, kQuery };
  Path dataset_file() const;
  Status open(bool create);
  Status connect_to(Purpose purpose);

  const Path main_file_;
  const std::string dataset_name_;
  const int busy_timeout_ms_;
  Env& env_;

  // Null until there is a file: connecting does not make one.
  std::unique_ptr<Database> database_;
  std::unique_ptr<Dataset> dataset_;
  std::unique_ptr<RowFeed> feed_;
  std::unique_ptr<Database> imagined_database_;  // for plans while there is no file
  std::unique_ptr<Dataset> imagined_dataset_;
  Purpose purpose_ = Purpose::kLoad;
  bool is_new_file_ = false;  // made by us and not committed to yet
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
Status SqliteDestination::connect_to(Purpose purpose) {
  purpose_ = purpose;
  if (database_) return {};
  if (!env_.exists(dataset_file())) return Database::check_folder(dataset_file());
  const auto open = purpose == Purpose::kLook ? &Database::open_read_only : &Database::open_to_query;
  LODE_ASSIGN(database_, open(dataset_file(), busy_timeout_ms_));
  dataset_ = std::make_unique<Dataset>(*database_);
  return {};
}

Result<SqlDataset*> SqliteDestination::look() {
  // Another program may have made the file since.
  if (!database_) LODE_TRY(purpose_ == Purpose::kLoad ? connect() : connect_to(purpose_));
  return dataset_.get();
}

Result<SqlDataset*> SqliteDestination::look_to_plan() {
  LODE_ASSIGN(SqlDataset* const there, look());
  if (there != nullptr) return there;
  LODE_ASSIGN(imagined_database_, Database::open_in_memory());
  imagined_dataset_ = std::make_unique<Dataset>(*imagined_database_);
  return imagined_dataset_.get();
}

// SQLite's own default, synchronous=FULL, stays: in WAL mode the NORMAL that dlt sets lets a power cut take back a
// commit, and then the package would be gone from here and from there.
Status SqliteDestination::begin_transaction() {
  LODE_ASSERT(purpose_ == Purpose::kLoad);
  if (!database_) {
    is_new_file_ = !env_.exists(dataset_file());
    LODE_TRY(open(true));
    if (is_new_file_) LODE_TRY(database_->run("PRAGMA main.page_size=16384"));  // fewer, larger pages load faster
  }
  return database_->run("BEGIN IMMEDIATE");
}

Status SqliteDestination::commit_transaction() { return database_->run("COMMIT"); }

void SqliteDestination::rollback_transaction() noexcept {
  (void)database_->run("ROLLBACK").ok();  // SQLite may have rolled back already, after a full disk for one
}

void SqliteDestination::after_transaction(bool committed) noexcept {
  // Staging tables live as long as the connection.
  for (const std::string& table : dataset_->tables_in(Place::kStaging))
    (void)dataset_->drop_table(Place::kStaging, table).ok();
  if (!committed || !std::exchange(is_new_file_, false)) return;
  // While a file is made nobody reads it, and a rollback journal of it stays empty: every page is written once. From
  // now on loads must not keep readers out, so it becomes what dlt makes. If that fails the file is as good as before.
  (void)database_->run("PRAGMA main.journal_mode=WAL").ok();
}

Status SqliteDestination::insert_rows(const Job& job, const Table& table, Place place, std::stop_token stop) {
  LODE_ASSIGN(const std::unique_ptr<RowFileReader> reader, RowFileReader::open(env_, job.path));
  LODE_TRY(feed_->insert(*reader, dataset_->qualified(place, table.name()), std::move(stop)));
  for (const auto& [column, lost] : feed_->lost_digits()) {
    warn(
        fmt::format("table '{}', column '{}': {} decimals have more digits than SQLite keeps (about 15), the "
                    "first is {}",
                    table.name(), column, lost.count, lost.example));
  }
  return {};
}

// Indexes the staged keys, for the look-ups of the merge. That no two staged rows have the same primary key is how it
// is nearly always, and it spares numbering the rows.
Result<bool> SqliteDestination::prepare_staged(const std::vector<const Table*>& chain) {
  const Table& root = *chain[0];
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

void SqliteDestination::close() noexcept {
  rollback();
  feed_.reset();
  dataset_.reset();
  database_.reset();
}

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

const FieldSpec& sqlite_options() {
  static const FieldSpec kSpec = [] {
    FieldSpec spec;
    spec.path("file", "the main file; the dataset's own is beside it").fallback("lode.db");
    spec.any("credentials", "a URL, sqlite:///relative.db or sqlite:////srv/absolute.db, or { database = path }");
    spec.text("url", "another name for credentials");
    spec.integer("busy_timeout_ms", "how long to wait while another program holds the write lock")
        .fallback(kBusyTimeoutMs)
        .at_least(0)
        .at_most(kBusyTimeoutLimitMs);
    SqlDestination::declare_options(spec);
    return spec;
  }();
  return kSpec;
}

Result<std::unique_ptr<Destination>> make_sqlite(const DestinationSpec& spec, Env& env) {
  LODE_ASSIGN(Path file, main_file_of(spec.options));
  std::string dataset = spec.dataset;
  if (!dataset.empty()) {
    LODE_ASSIGN(const auto naming, Naming::make("snake_case", kIdentifierLengthMax));
    LODE_ASSIGN(dataset, naming->identifier(dataset));
  }
  const std::int64_t timeout_ms = spec.options.int_or("busy_timeout_ms", kBusyTimeoutMs);
  auto made =
      std::make_unique<SqliteDestination>(std::move(file), std::move(dataset), static_cast<int>(timeout_ms), env);
  made->read_options(spec.options);
  return std::unique_ptr<Destination>(std::move(made));
}

}  // namespace lode
