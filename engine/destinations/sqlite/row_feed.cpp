// RowFeed: shows the rows of a row file to SQLite as a table.
#include "destinations/sqlite/row_feed.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cstring>

#include "base/text.h"
#include "base/time.h"
#include "sql/dialect.h"

namespace lode::sqlite {
namespace {

void write_digits(char* out, int width, std::int64_t value) {
  for (int i = width - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

// What the virtual table shows: the rows from where the reader stands to the next new column or the end.
struct Feed {
  RowFileReader& reader;
  const std::stop_token& stop;
  RowFileReader::Event event = RowFileReader::Event::kEnd;  // what the reader gave last
  Status status;
  std::uint64_t rows = 0;

  /// False: nothing more can be read.
  bool advance() {
    Result<RowFileReader::Event> next = reader.next();
    if (!next.ok()) {
      status = std::move(next).status();
      return false;
    }
    event = *next;
    if (++rows % 4096 == 0 && stop.stop_requested()) status = Status::error(Code::kCancelled, "the run was cancelled");
    return status.ok();
  }
};

struct FeedTable : sqlite3_vtab {
  Feed* feed;
};

struct FeedCursor : sqlite3_vtab_cursor {
  Feed* feed;
};

int feed_connect(sqlite3* db, void* data, int, const char* const*, sqlite3_vtab** table, char**) {
  Feed* feed = static_cast<Feed*>(data);
  std::string columns;
  for (std::size_t i = 0; i < feed->reader.columns().size(); ++i) columns += fmt::format("{}c{}", i > 0 ? "," : "", i);
  auto* made = new FeedTable();
  made->feed = feed;
  *table = made;
  return sqlite3_declare_vtab(db, fmt::format("CREATE TABLE feed({})", columns).c_str());
}

int feed_disconnect(sqlite3_vtab* table) {
  delete static_cast<FeedTable*>(table);
  return SQLITE_OK;
}

int feed_best_index(sqlite3_vtab*, sqlite3_index_info*) { return SQLITE_OK; }

int feed_open(sqlite3_vtab* table, sqlite3_vtab_cursor** cursor) {
  auto* made = new FeedCursor();
  made->feed = static_cast<FeedTable*>(table)->feed;
  *cursor = made;
  return SQLITE_OK;
}

int feed_close(sqlite3_vtab_cursor* cursor) {
  delete static_cast<FeedCursor*>(cursor);
  return SQLITE_OK;
}

// The reader already stands on the first row.
int feed_filter(sqlite3_vtab_cursor*, int, const char*, int, sqlite3_value**) { return SQLITE_OK; }

int feed_next(sqlite3_vtab_cursor* cursor) {
  return static_cast<FeedCursor*>(cursor)->feed->advance() ? SQLITE_OK : SQLITE_ABORT;
}

int feed_eof(sqlite3_vtab_cursor* cursor) {
  return static_cast<FeedCursor*>(cursor)->feed->event != RowFileReader::Event::kRow ? 1 : 0;
}

int feed_rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* row_id) {
  *row_id = static_cast<sqlite3_int64>(static_cast<FeedCursor*>(cursor)->feed->rows);
  return SQLITE_OK;
}

// Texts stay where the reader has them until the next row: SQLite copies them into the record at once.
int feed_column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int column) {
  const std::span<const json::Cell> cells = static_cast<FeedCursor*>(cursor)->feed->reader.cells();
  const json::Cell& cell = cells[static_cast<std::size_t>(column)];
  char time[26];
  switch (cell.kind) {
    case json::Kind::kNull:
      return SQLITE_OK;
    case json::Kind::kBool:
    case json::Kind::kInt:
      sqlite3_result_int64(context, cell.number);
      return SQLITE_OK;
    case json::Kind::kDouble:
      sqlite3_result_double(context, cell.real);
      return SQLITE_OK;
    case json::Kind::kBinary:
      sqlite3_result_blob64(context, cell.text, cell.size, SQLITE_STATIC);
      return SQLITE_OK;
    case json::Kind::kTimestamp:
      write_timestamp(cell.number, time);
      sqlite3_result_text(context, time, 26, SQLITE_TRANSIENT);
      return SQLITE_OK;
    case json::Kind::kDate:
      write_timestamp(cell.number * 86'400'000'000, time);
      sqlite3_result_text(context, time, 10, SQLITE_TRANSIENT);
      return SQLITE_OK;
    case json::Kind::kTime:
      write_timestamp(cell.number, time);
      sqlite3_result_text(context, time + 11, 15, SQLITE_TRANSIENT);
      return SQLITE_OK;
    default:
      sqlite3_result_text64(context, cell.text, cell.size, SQLITE_STATIC, SQLITE_UTF8);
      return SQLITE_OK;
  }
}

constexpr sqlite3_module make_module() {
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
  return module;
}

constexpr sqlite3_module kModule = make_module();

// Inserts the rows that have the columns that the file has so far.
Status insert_stretch(Database& database, const std::string& table, Feed& feed) {
  std::vector<std::string> names;
  std::vector<std::string> shown;
  for (const RowColumn& column : feed.reader.columns()) {
    shown.push_back(fmt::format("c{}", names.size()));
    names.push_back(quote_name(sqlite_dialect(), column.name));
  }
  // The module is made anew for each stretch, because its table has as many columns as the file has now.
  if (sqlite3_create_module(database.get(), "lode_rows", &kModule, &feed) != SQLITE_OK) return database.error("show rows");
  Status status = database.run(fmt::format("INSERT INTO {} ({}) SELECT {} FROM lode_rows", table, join(names, ", "), join(shown, ", ")));
  sqlite3_drop_modules(database.get(), nullptr);
  return feed.status.ok() ? status : feed.status;
}

}  // namespace

void write_timestamp(std::int64_t micros, char* out) {
  const Civil civil = civil_from_micros(micros);
  std::memcpy(out, "0000-00-00 00:00:00.000000", 26);
  write_digits(out, 4, civil.year);
  write_digits(out + 5, 2, civil.month);
  write_digits(out + 8, 2, civil.day);
  write_digits(out + 11, 2, civil.hour);
  write_digits(out + 14, 2, civil.minute);
  write_digits(out + 17, 2, civil.second);
  write_digits(out + 20, 6, civil.microsecond);
}

Status insert_rows(Database& database, const std::string& table, RowFileReader& reader, const std::stop_token& stop) {
  Feed feed{.reader = reader, .stop = stop, .event = RowFileReader::Event::kEnd, .status = {}, .rows = 0};
  do {
    if (!feed.advance()) return feed.status;
    while (feed.event == RowFileReader::Event::kColumn) {
      if (!feed.advance()) return feed.status;
    }
    // Ends at the next new column: then the reader stands on it, and the first row behind it is fed by the next stretch.
    while (feed.event == RowFileReader::Event::kRow) LODE_TRY(insert_stretch(database, table, feed));
  } while (feed.event != RowFileReader::Event::kEnd);
  return {};
}

}  // namespace lode::sqlite
