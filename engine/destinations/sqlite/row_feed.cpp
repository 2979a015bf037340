// RowFeed: a row file as a table that SQLite can read from.
#include "destinations/sqlite/row_feed.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <utility>

#include "base/text.h"
#include "destinations/sqlite/text_forms.h"
#include "sql/statements.h"

namespace lode::sqlite {
namespace {

// A table of the same name would hide it; nobody has one with a space and a colon.
constexpr const char* kModuleName = "lode: rows";
constexpr std::uint64_t kRowsBetweenStopChecks = 4096;
using TimeText = std::array<char, 32>;

}  // namespace

// The virtual table: the reader, the row that it is at, and the callbacks through which SQLite asks.
struct RowFeed::Module {
  enum class At { kRow, kColumn, kEnd, kFailed };

  RowFileReader* reader = nullptr;
  std::stop_token stop;
  At at = At::kEnd;
  std::uint64_t rows = 0;  // read from the file so far
  Status status;           // of a failure that SQLite only knows as one
  TimeForms forms;
  std::vector<TimeText> times;  // by column; SQLite copies a text before it asks for the next row
  std::map<std::string, LostDigits> lost;

  void advance();
  void fail(Status failure) {
    status = std::move(failure);
    at = At::kFailed;
  }
  void give(sqlite3_context* context, std::size_t column);
  void give_decimal(sqlite3_context* context, std::size_t column, std::string_view decimal);

  struct VirtualTable : sqlite3_vtab {
    Module* module = nullptr;
  };
  static Module& of(sqlite3_vtab_cursor* cursor) { return *static_cast<VirtualTable*>(cursor->pVtab)->module; }
  static int connect(sqlite3* handle, void* module, int, const char* const*, sqlite3_vtab** table, char**);
  static int disconnect(sqlite3_vtab* table);
  static int next(sqlite3_vtab_cursor* cursor);
  static const sqlite3_module* callbacks();
};

void RowFeed::Module::advance() {
  Result<RowFileReader::Event> event = reader->next();
  if (!event.ok()) return fail(std::move(event).status());
  switch (*event) {
    case RowFileReader::Event::kRow:
      at = At::kRow;
      if (++rows % kRowsBetweenStopChecks == 0 && stop.stop_requested()) {
        fail(Status::error(Code::kCancelled, "the run was cancelled"));
      }
      return;
    case RowFileReader::Event::kColumn:
      at = At::kColumn;
      return;
    case RowFileReader::Event::kEnd:
      at = At::kEnd;
      return;
  }
}

void RowFeed::Module::give(sqlite3_context* context, std::size_t column) {
  const json::Cell& cell = reader->cells()[column];
  const auto text = [&](std::size_t size, const char* bytes) {
    sqlite3_result_text(context, bytes, static_cast<int>(size), SQLITE_STATIC);
  };
  char* const time = times[column].data();
  switch (cell.kind) {
    case json::Kind::kNull:
      return;
    case json::Kind::kText:
      return sqlite3_result_text64(context, cell.text, cell.size, SQLITE_STATIC, SQLITE_UTF8);
    case json::Kind::kBool:
    case json::Kind::kInt:
      return sqlite3_result_int64(context, cell.number);
    case json::Kind::kDouble:
      return sqlite3_result_double(context, cell.real);
    case json::Kind::kTimestamp:
      return text(forms.timestamp(cell.number, time), time);
    case json::Kind::kDate:
      return text(forms.date(cell.number, time), time);
    case json::Kind::kTime:
      return text(TimeForms::time(cell.number, time), time);
    case json::Kind::kBinary:
      return sqlite3_result_blob64(context, cell.text, cell.size, SQLITE_STATIC);
    case json::Kind::kDecimal:
      return give_decimal(context, column, {cell.text, cell.size});
    case json::Kind::kBigInt: {
      fail(Status::error(Code::kDestinationRefused,
                         fmt::format("column '{}': SQLite keeps integers of 64 bits, this one is larger",
                                     reader->columns()[column].name))
               .with("value", shorten({cell.text, cell.size}, 100))
               .hint("give the column data_type = \"decimal\" (15 digits are kept) or \"text\" (all are)"));
      return sqlite3_result_error(context, "integer beyond 64 bits", -1);
    }
    case json::Kind::kList:
    case json::Kind::kObject:
      break;
  }
  LODE_ASSERT(!"a row file has no nested values");
}

void RowFeed::Module::give_decimal(sqlite3_context* context, std::size_t column, std::string_view decimal) {
  const Numeric numeric = to_numeric(decimal);
  if (numeric.kind == Numeric::Kind::kInteger) return sqlite3_result_int64(context, numeric.integer);
  if (numeric.kind == Numeric::Kind::kText) {
    return sqlite3_result_text64(context, decimal.data(), decimal.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  if (!numeric.is_exact) {
    LostDigits& lost_here = lost[reader->columns()[column].name];
    if (lost_here.count++ == 0) lost_here.example = decimal;
  }
  sqlite3_result_double(context, numeric.real);
}

int RowFeed::Module::connect(sqlite3* handle, void* module, int, const char* const*, sqlite3_vtab** table, char**) {
  auto made = std::make_unique<VirtualTable>();
  made->module = static_cast<Module*>(module);
  std::string declaration = "CREATE TABLE x(";
  for (std::size_t i = 0; i < made->module->times.size(); ++i) declaration += fmt::format("{}c{}", i > 0 ? "," : "", i);
  const int outcome = sqlite3_declare_vtab(handle, (declaration + ")").c_str());
  if (outcome == SQLITE_OK) *table = made.release();
  return outcome;
}

int RowFeed::Module::disconnect(sqlite3_vtab* table) {
  delete static_cast<VirtualTable*>(table);
  return SQLITE_OK;
}

int RowFeed::Module::next(sqlite3_vtab_cursor* cursor) {
  of(cursor).advance();
  return of(cursor).at == At::kFailed ? SQLITE_ERROR : SQLITE_OK;
}

// Without xCreate the table is there under the module's name and needs no CREATE. There is one cursor, and it starts
// where the reader is.
const sqlite3_module* RowFeed::Module::callbacks() {
  static const sqlite3_module kCallbacks = [] {
    sqlite3_module callbacks{};
    callbacks.xConnect = connect;
    callbacks.xDisconnect = disconnect;
    callbacks.xBestIndex = [](sqlite3_vtab*, sqlite3_index_info*) { return SQLITE_OK; };
    callbacks.xOpen = [](sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
      *cursor = new sqlite3_vtab_cursor{};
      return SQLITE_OK;
    };
    callbacks.xClose = [](sqlite3_vtab_cursor* cursor) {
      delete cursor;
      return SQLITE_OK;
    };
    callbacks.xFilter = [](sqlite3_vtab_cursor*, int, const char*, int, sqlite3_value**) { return SQLITE_OK; };
    callbacks.xNext = next;
    callbacks.xEof = [](sqlite3_vtab_cursor* cursor) { return of(cursor).at == At::kRow ? 0 : 1; };
    callbacks.xColumn = [](sqlite3_vtab_cursor* cursor, sqlite3_context* context, int column) {
      of(cursor).give(context, static_cast<std::size_t>(column));
      return SQLITE_OK;
    };
    callbacks.xRowid = [](sqlite3_vtab_cursor* cursor, sqlite3_int64* rowid) {
      *rowid = static_cast<sqlite3_int64>(of(cursor).rows);
      return SQLITE_OK;
    };
    return callbacks;
  }();
  return &kCallbacks;
}

RowFeed::RowFeed(Database& database) : database_(database), module_(std::make_unique<Module>()) {}

RowFeed::~RowFeed() { sqlite3_create_module_v2(database_.get(), kModuleName, nullptr, nullptr, nullptr); }

Result<std::unique_ptr<RowFeed>> RowFeed::make(Database& database) {
  return std::unique_ptr<RowFeed>(new RowFeed(database));
}

const std::map<std::string, LostDigits>& RowFeed::lost_digits() const { return module_->lost; }

// Inserts the rows from here to the next new column, or the end. Registering the module again makes SQLite ask for its
// columns.
Status RowFeed::insert_run(const std::string& table) {
  const std::vector<RowColumn>& columns = module_->reader->columns();
  module_->times.resize(columns.size());
  if (sqlite3_create_module_v2(database_.get(), kModuleName, Module::callbacks(), module_.get(), nullptr) !=
      SQLITE_OK) {
    return database_.error();
  }
  std::vector<std::string> names;
  std::string sources;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    names.push_back(columns[i].name);
    sources += fmt::format("{}c{}", i > 0 ? ", " : "", i);
  }
  const std::string sql = fmt::format("{} SELECT {} FROM {}", insert_into(sqlite_dialect(), table, names), sources,
                                      quote_name(sqlite_dialect(), kModuleName));
  LODE_ASSIGN(Statement statement, database_.prepare(sql));
  Status status = database_.finish(statement);
  if (!module_->status.ok()) status = std::move(module_->status);
  if (status.ok() || status.code() == Code::kCancelled || status.code() == Code::kPackageCorrupt) return status;
  return std::move(status).with("row", fmt::format("{} of its file", module_->rows));
}

Status RowFeed::insert(RowFileReader& reader, const std::string& table, std::stop_token stop) {
  module_->reader = &reader;
  module_->stop = std::move(stop);
  module_->rows = 0;
  module_->status = {};
  module_->lost.clear();
  do {
    module_->advance();
    if (module_->at == Module::At::kRow) LODE_TRY(insert_run(table));
  } while (module_->at == Module::At::kColumn);
  return module_->at == Module::At::kFailed ? std::move(module_->status) : Status();
}

}  // namespace lode::sqlite
