// floor_sqlite: the bar that `lode load` is measured against.
// It knows the rows of `make_inputs events` beforehand: no inference, no names to normalize, no package, no state. It
// reads JSON lines in chunks, parses them with simdjson and inserts them through sqlite3 in one transaction, and leaves
// what `lode load` would leave: the dataset's file, the table with dlt's SQL types, the load id, a random id for every
// row.
//
// It takes the command line of `lode load`, so that tools/bench/run can put one in the other's place, and options of
// its own for trying what SQLite is sensitive to. The defaults are the fastest that survive a crash (README.md has
// figures).
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <memory>

#include "events.h"

namespace {

using namespace lode::bench;

struct Options {
  std::string input;
  std::string database;  // as in the URL; the dataset's file lies beside it
  std::string dataset;
  std::string table = "events";
  std::string insert = "feed";  // feed: one INSERT ... SELECT from a virtual table; bind: one step a row
  std::string journal = "delete";
  std::string sync = "full";
  std::string locking = "normal";
  int page_bytes = 32768;
  int cache_kib = 0;  // 0 leaves SQLite's default
  bool timing = false;
};

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// ---- SQLite ---------------------------------------------------------------------------------------------------------

using Database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

void execute(sqlite3* db, const std::string& sql) {
  if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql + ": " + sqlite3_errmsg(db));
}

std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (char c : name) text.append(c == '"' ? 2 : 1, c);
  return text + '"';
}

/// shop.db and dataset raw: shop__raw.db, in the same directory.
std::string dataset_file(const Options& options) {
  std::filesystem::path database(options.database);
  std::string name = database.stem().string() + "__" + options.dataset + database.extension().string();
  return (database.parent_path() / name).string();
}

Database open_database(const Options& options) {
  sqlite3* raw = nullptr;
  std::string path = dataset_file(options);
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path.c_str(), &raw, kFlags, nullptr) != SQLITE_OK) fail(path + ": " + sqlite3_errmsg(raw));
  if (options.page_bytes > 0) execute(raw, "PRAGMA page_size=" + std::to_string(options.page_bytes));
  execute(raw, "PRAGMA locking_mode=" + options.locking);
  execute(raw, "PRAGMA journal_mode=" + options.journal);
  execute(raw, "PRAGMA synchronous=" + options.sync);
  if (options.cache_kib > 0) execute(raw, "PRAGMA cache_size=-" + std::to_string(options.cache_kib));
  return Database(raw, sqlite3_close);
}

void create_tables(sqlite3* db, const Options& options) {
  execute(db, "CREATE TABLE IF NOT EXISTS " + quoted(options.table) +
                  " (id BIGINT, name TEXT, created_at DATETIME, active BOOLEAN, score DOUBLE, level BIGINT, "
                  "category TEXT, email TEXT, note TEXT, amount BIGINT, _dlt_load_id TEXT NOT NULL, "
                  "_dlt_id VARCHAR(128) NOT NULL)");
  execute(db,
          "CREATE TABLE IF NOT EXISTS _dlt_loads (load_id VARCHAR(64) NOT NULL, schema_name TEXT, "
          "status BIGINT NOT NULL, inserted_at DATETIME NOT NULL, schema_version_hash TEXT)");
}

Statement prepare(sqlite3* db, const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v3(db, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr) != SQLITE_OK) {
    fail(sql + ": " + sqlite3_errmsg(db));
  }
  return Statement(raw, sqlite3_finalize);
}

void bind_text(sqlite3_stmt* statement, int index, std::string_view text) {
  sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

/// One INSERT, bound and stepped for every row: what most programs do.
int64_t insert_by_binding(sqlite3* db, const std::string& table, EventReader& reader, std::string_view load_id) {
  Statement owner = prepare(db, "INSERT INTO " + quoted(table) + " VALUES (?,?,?,?,?,?,?,?,?,?,?,?)");
  sqlite3_stmt* insert = owner.get();
  Event event;
  int64_t row_count = 0;
  bind_text(insert, 11, load_id);  // bindings outlive a reset
  for (; reader.next(event); ++row_count) {
    sqlite3_bind_int64(insert, 1, event.id);
    bind_text(insert, 2, event.name);
    bind_text(insert, 3, {event.created_at, kTimestampBytes});
    sqlite3_bind_int(insert, 4, event.active);
    sqlite3_bind_double(insert, 5, event.score);
    sqlite3_bind_int64(insert, 6, event.level);
    bind_text(insert, 7, event.category);
    bind_text(insert, 8, event.email);
    event.has_note ? bind_text(insert, 9, event.note) : static_cast<void>(sqlite3_bind_null(insert, 9));
    sqlite3_bind_int64(insert, 10, event.amount);
    bind_text(insert, 12, {event.row_id, kRowIdBytes});
    if (sqlite3_step(insert) != SQLITE_DONE) fail(std::string("insert: ") + sqlite3_errmsg(db));
    sqlite3_reset(insert);
  }
  return row_count;
}

/// The rows as a virtual table, so that a single INSERT ... SELECT takes them all: SQLite opens the table's cursor once
/// instead of once a row. `Feed` is what its module gets; the cursor needs no more than the row at hand.
struct Feed {
  EventReader& reader;
  std::string_view load_id;
};

struct FeedTable : sqlite3_vtab {
  Feed* feed;
};

struct FeedCursor : sqlite3_vtab_cursor {
  Feed* feed;
  Event event;
  int64_t row_count;
  bool at_end;
};

int feed_connect(sqlite3* db, void* feed, int, const char* const*, sqlite3_vtab** table, char**) {
  auto* made = new FeedTable{};
  made->feed = static_cast<Feed*>(feed);
  *table = made;
  return sqlite3_declare_vtab(
      db, "CREATE TABLE feed(id,name,created_at,active,score,level,category,email,note,amount,load_id,row_id)");
}

int feed_disconnect(sqlite3_vtab* table) {
  delete static_cast<FeedTable*>(table);
  return SQLITE_OK;
}

int feed_best_index(sqlite3_vtab*, sqlite3_index_info*) { return SQLITE_OK; }

int feed_open(sqlite3_vtab* table, sqlite3_vtab_cursor** cursor) {
  auto* made = new FeedCursor{};
  made->feed = static_cast<FeedTable*>(table)->feed;
  *cursor = made;
  return SQLITE_OK;
}

int feed_close(sqlite3_vtab_cursor* cursor) {
  delete static_cast<FeedCursor*>(cursor);
  return SQLITE_OK;
}

int feed_next(sqlite3_vtab_cursor* base) {
  auto* cursor = static_cast<FeedCursor*>(base);
  cursor->at_end = !cursor->feed->reader.next(cursor->event);
  ++cursor->row_count;
  return SQLITE_OK;
}

int feed_filter(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value**) { return feed_next(cursor); }
int feed_eof(sqlite3_vtab_cursor* cursor) { return static_cast<FeedCursor*>(cursor)->at_end; }

int feed_rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* row_id) {
  *row_id = static_cast<FeedCursor*>(cursor)->row_count;
  return SQLITE_OK;
}

void give_text(sqlite3_context* context, std::string_view text) {
  sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

int feed_column(sqlite3_vtab_cursor* base, sqlite3_context* context, int column) {
  const auto* cursor = static_cast<FeedCursor*>(base);
  const Event& event = cursor->event;
  switch (column) {
    case 0:
      sqlite3_result_int64(context, event.id);
      break;
    case 1:
      give_text(context, event.name);
      break;
    case 2:
      give_text(context, {event.created_at, kTimestampBytes});
      break;
    case 3:
      sqlite3_result_int(context, event.active);
      break;
    case 4:
      sqlite3_result_double(context, event.score);
      break;
    case 5:
      sqlite3_result_int64(context, event.level);
      break;
    case 6:
      give_text(context, event.category);
      break;
    case 7:
      give_text(context, event.email);
      break;
    case 8:
      event.has_note ? give_text(context, event.note) : sqlite3_result_null(context);
      break;
    case 9:
      sqlite3_result_int64(context, event.amount);
      break;
    case 10:
      give_text(context, cursor->feed->load_id);
      break;
    default:
      give_text(context, {event.row_id, kRowIdBytes});
      break;
  }
  return SQLITE_OK;
}

int64_t insert_by_feed(sqlite3* db, const std::string& table, EventReader& reader, std::string_view load_id) {
  // No xCreate: the table then exists by its name in every statement, and is nowhere in the schema.
  sqlite3_module module{};
  module.xConnect = feed_connect;
  module.xDisconnect = feed_disconnect;
  module.xBestIndex = feed_best_index;
  module.xOpen = feed_open;
  module.xClose = feed_close;
  module.xFilter = feed_filter;
  module.xNext = feed_next;
  module.xEof = feed_eof;
  module.xColumn = feed_column;
  module.xRowid = feed_rowid;
  Feed feed{reader, load_id};
  if (sqlite3_create_module(db, "bench_feed", &module, &feed) != SQLITE_OK) fail(sqlite3_errmsg(db));
  execute(db, "INSERT INTO " + quoted(table) + " SELECT * FROM bench_feed");
  int64_t row_count = sqlite3_changes64(db);
  sqlite3_drop_modules(db, nullptr);
  return row_count;
}

void record_load(sqlite3* db, const std::string& load_id) {
  Statement insert = prepare(db, "INSERT INTO _dlt_loads VALUES (?, 'floor', 0, strftime('%Y-%m-%d %H:%M:%f000'), '')");
  bind_text(insert.get(), 1, load_id);
  if (sqlite3_step(insert.get()) != SQLITE_DONE) fail(std::string("_dlt_loads: ") + sqlite3_errmsg(db));
}

void load(const Options& options) {
  double start_s = now_s();
  timespec clock{};
  clock_gettime(CLOCK_REALTIME, &clock);
  char load_id[40];
  std::snprintf(load_id, sizeof load_id, "%lld.%07ld", static_cast<long long>(clock.tv_sec), clock.tv_nsec / 100);

  EventReader reader(options.input);
  Database owner = open_database(options);
  sqlite3* db = owner.get();
  execute(db, "BEGIN IMMEDIATE");
  create_tables(db, options);
  int64_t row_count = options.insert == "feed" ? insert_by_feed(db, options.table, reader, load_id)
                                               : insert_by_binding(db, options.table, reader, load_id);
  record_load(db, load_id);
  double inserted_s = now_s();
  execute(db, "COMMIT");
  double committed_s = now_s();
  owner.reset();
  double closed_s = now_s();
  if (!options.timing) return;
  std::printf("%lld rows, %.3f s: insert %.3f, commit %.3f, close %.3f\n", static_cast<long long>(row_count),
              closed_s - start_s, inserted_s - start_s, committed_s - inserted_s, closed_s - committed_s);
}

// ---- command line ---------------------------------------------------------------------------------------------------

constexpr char kUsage[] =
    "usage: floor_sqlite load FILE --to sqlite:///PATH --dataset NAME [--table NAME] [--insert feed|bind]\n"
    "       [--journal MODE] [--sync LEVEL] [--locking MODE] [--page-bytes N] [--cache-kib N] [--timing]\n";

[[noreturn]] void fail_usage() {
  std::fputs(kUsage, stderr);
  std::exit(2);
}

Options read_options(int argc, char** argv) {
  Options options;
  if (argc < 3 || std::string_view(argv[1]) != "load") fail_usage();
  options.input = argv[2];
  for (int i = 3; i < argc; ++i) {
    std::string_view name = argv[i];
    if (name == "--timing") {
      options.timing = true;
      continue;
    }
    if (++i == argc) fail_usage();
    constexpr std::string_view kScheme = "sqlite:///";
    std::string value = argv[i];
    if (name == "--to" && value.starts_with(kScheme))
      options.database = value.substr(kScheme.size());
    else if (name == "--dataset")
      options.dataset = value;
    else if (name == "--table")
      options.table = value;
    else if (name == "--insert" && (value == "feed" || value == "bind"))
      options.insert = value;
    else if (name == "--journal")
      options.journal = value;
    else if (name == "--sync")
      options.sync = value;
    else if (name == "--locking")
      options.locking = value;
    else if (name == "--page-bytes")
      options.page_bytes = std::atoi(value.c_str());
    else if (name == "--cache-kib")
      options.cache_kib = std::atoi(value.c_str());
    else
      fail_usage();
  }
  if (options.database.empty() || options.dataset.empty()) fail_usage();
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  program_name = "floor_sqlite";
  load(read_options(argc, argv));
  return 0;
}
