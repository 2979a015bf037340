// SQLite's C library with Status instead of result codes.
#include "destinations/sqlite/database.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <system_error>

#include "base/text.h"
#include "destinations/sqlite/column_values.h"
#include "json/write.h"

namespace lode::sqlite {

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text64(statement_, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(int index, std::int64_t number) {
  sqlite3_bind_int64(statement_, index, number);
  return *this;
}

Statement& Statement::bind(int index, const json::Value& value) {
  switch (value.kind()) {
    case json::Kind::kNull:
      sqlite3_bind_null(statement_, index);
      return *this;
    case json::Kind::kBool:
      return bind(index, std::int64_t{value.as_bool()});
    case json::Kind::kInt:
      return bind(index, value.as_int());
    case json::Kind::kDouble:
      sqlite3_bind_double(statement_, index, value.as_double());
      return *this;
    case json::Kind::kBinary:
      sqlite3_bind_blob64(statement_, index, value.as_text().data(), value.as_text().size(), SQLITE_TRANSIENT);
      return *this;
    default:
      return bind(index, std::string_view(value.as_text()));
  }
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes == nullptr ? "" : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

Status Database::check_folder(const Path& file) {
  const Path folder = file.parent_path().empty() ? Path(".") : file.parent_path();
  if (::access(folder.c_str(), F_OK) != 0) {
    return Status::error(Code::kNotFound, fmt::format("the folder of {} does not exist", file.string()))
        .hint(fmt::format("make it: mkdir -p '{}'", folder.string()));
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return Status::error(Code::kDestinationReadOnly,
                         fmt::format("{} cannot be made: its folder is read-only", file.string()));
  }
  return {};
}

Result<std::unique_ptr<Database>> Database::open_as(const std::string& name, int flags, const Path& file,
                                                    int busy_timeout_ms) {
  sqlite3* handle = nullptr;
  // One thread at a time uses the connection, so SQLite need not lock a mutex for every value.
  const int outcome = sqlite3_open_v2(name.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> database(new Database(handle, file, busy_timeout_ms));
  if (outcome != SQLITE_OK) return database->error();
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  const bool wants_to_write = (flags & SQLITE_OPEN_READWRITE) != 0;
  if (wants_to_write && sqlite3_db_readonly(handle, "main") == 1) {
    return Status::error(Code::kDestinationReadOnly, fmt::format("{} is read-only", file.string()));
  }
  LODE_TRY(database->run("SELECT count(*) FROM sqlite_master"));
  return database;
}

Result<std::unique_ptr<Database>> Database::open(const Path& file, bool create, int busy_timeout_ms) {
  return open_as(file.string(), SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0), file, busy_timeout_ms);
}

namespace {

// Bytes 18 and 19 of a database say how it is written: 2 is WAL.
bool is_in_wal_mode(const Path& file) {
  std::ifstream stream(file, std::ios::binary);
  char header[20] = {};
  return stream.read(header, sizeof header) && header[18] == 2;
}

// As the path of a URI, where SQLite takes options.
std::string uri_of(const Path& file, std::string_view query) {
  std::string uri = "file:";
  for (const char c : file.string()) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      uri += c;
    }
  }
  return uri.append(query);
}

}  // namespace

// Who reads a database in WAL mode leaves a -wal and a -shm file behind, unless it may write or takes the file for
// immutable. It is, as long as there is no -wal file: all that was committed is in the database itself.
Result<std::unique_ptr<Database>> Database::open_read_only(const Path& file, int busy_timeout_ms) {
  const bool somebody_writes = ::access((file.string() + "-wal").c_str(), F_OK) == 0;
  const bool is_still = is_in_wal_mode(file) && !somebody_writes;
  return open_as(uri_of(std::filesystem::absolute(file), is_still ? "?immutable=1" : ""),
                 SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, file, busy_timeout_ms);
}

// Who asks queries may stay while others write, so it takes part in SQLite's locking; for that it must be allowed to
// write beside the file. Who is not sees the file as it is now.
Result<std::unique_ptr<Database>> Database::open_to_query(const Path& file, int busy_timeout_ms) {
  Result<std::unique_ptr<Database>> opened = open_as(file.string(), SQLITE_OPEN_READWRITE, file, busy_timeout_ms);
  if (!opened.ok() && opened.status().code() == Code::kDestinationReadOnly) {
    opened = open_read_only(file, busy_timeout_ms);
  }
  if (!opened.ok()) return opened;
  LODE_TRY((*opened)->run("PRAGMA query_only = ON"));
  (*opened)->only_reads_ = true;
  return opened;
}

Result<std::unique_ptr<Database>> Database::open_in_memory() {
  return open_as(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, ":memory:", 0);
}

Database::~Database() { sqlite3_close_v2(handle_); }

Status Database::run(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  Status status = error();
  if (status.code() == Code::kDestinationRefused) status.with("statement", shorten(sql, 300));
  return status;
}

Result<Statement> Database::prepare(std::string_view sql) {
  LODE_ASSIGN(auto prepared, prepare_first(sql));
  return std::move(prepared.first);
}

Result<std::pair<Statement, std::string_view>> Database::prepare_first(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  if (sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, &rest) != SQLITE_OK) {
    return error().with("statement", shorten(sql, 300));
  }
  return std::pair<Statement, std::string_view>(Statement(statement),
                                                sql.substr(static_cast<std::size_t>(rest - sql.data())));
}

// SQLite runs the first of several statements and says nothing of the rest.
Result<Statement> Database::prepare_one(const std::string& sql) {
  LODE_ASSIGN(auto first, prepare_first(sql));
  LODE_ASSIGN(const auto second, prepare_first(first.second));
  if (first.first.get() != nullptr && second.first.get() == nullptr) return std::move(first.first);
  return Status::error(Code::kQueryInvalid,
                       first.first.get() == nullptr ? "there is no statement in this text" : "one statement at a time")
      .with("statement", shorten(sql, 300));
}

Result<bool> Database::step(Statement& statement) {
  const int outcome = sqlite3_step(statement.get());
  if (outcome == SQLITE_ROW) return true;
  if (outcome == SQLITE_DONE) return false;
  return error();
}

namespace {

class FoundRows : public QueryRows {
 public:
  FoundRows(Database& database, Statement statement) : database_(database), statement_(std::move(statement)) {
    const int count = sqlite3_column_count(statement_.get());
    for (int i = 0; i < count; ++i) {
      columns_.emplace_back(sqlite3_column_name(statement_.get(), i));
      meanings_.push_back(meaning_of(sqlite3_column_decltype(statement_.get(), i)));
    }
  }
  const std::vector<std::string>& columns() const override { return columns_; }
  Result<bool> next() override { return database_.step(statement_); }
  json::Value value(std::size_t column) const override {
    return column_value(statement_.get(), static_cast<int>(column), meanings_[column]);
  }

 private:
  Database& database_;
  Statement statement_;
  std::vector<std::string> columns_;
  std::vector<Meaning> meanings_;
};

// A stop interrupts the statement that runs, from whichever thread it comes. An interruption that comes before its
// statement does nothing, so the statement looks as well.
class Interruption : public SqlSession::StopScope {
 public:
  Interruption(sqlite3* handle, std::stop_token stop)
      : handle_(handle), stop_(stop), callback_(std::move(stop), [handle] { sqlite3_interrupt(handle); }) {
    if (stop_.stop_possible()) sqlite3_progress_handler(handle, kStepsBetweenLooks, look, this);
  }
  ~Interruption() override {
    if (stop_.stop_possible()) sqlite3_progress_handler(handle_, 0, nullptr, nullptr);
  }

 private:
  static constexpr int kStepsBetweenLooks = 100'000;  // of SQLite's machine: a millisecond or so
  static int look(void* self) { return static_cast<Interruption*>(self)->stop_.stop_requested() ? 1 : 0; }

  sqlite3* handle_;
  const std::stop_token stop_;
  std::stop_callback<std::function<void()>> callback_;
};

}  // namespace

Result<std::unique_ptr<QueryRows>> Database::select(const std::string& sql,
                                                    const std::vector<json::Value>& parameters) {
  LODE_ASSIGN(Statement statement, prepare_one(sql));
  const auto taken = static_cast<std::size_t>(sqlite3_bind_parameter_count(statement.get()));
  if (taken > parameters.size()) {
    return Status::error(Code::kQueryParameters, "sqlite: the statement has placeholders that got no parameter")
        .with("statement", shorten(sql, 300))
        .hint("placeholders are ? or $1; those with names are not known");
  }
  if (only_reads_ && sqlite3_stmt_readonly(statement.get()) == 0) {
    return Status::error(Code::kDestinationReadOnly,
                         fmt::format("the statement would write to {}, which is open for reading only", file_.string()))
        .with("statement", shorten(sql, 300));
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) statement.bind(static_cast<int>(i) + 1, parameters[i]);
  return std::unique_ptr<QueryRows>(std::make_unique<FoundRows>(*this, std::move(statement)));
}

std::unique_ptr<SqlSession::StopScope> Database::heed(std::stop_token stop) {
  return std::make_unique<Interruption>(handle_, std::move(stop));
}

Status Database::finish(Statement& statement) {
  LODE_ASSIGN(const bool row, step(statement));
  LODE_ASSERT(!row);
  return {};
}

namespace {

int last_error_of(sqlite3_file* file) {
  int number = 0;
  if (file != nullptr && file->pMethods != nullptr)
    file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &number);
  return number;
}

// SQLite says "disk I/O error" for much, and often later than it happened: the files know the system's own number.
int system_error_of(sqlite3* handle) {
  sqlite3_file* database = nullptr;
  sqlite3_file* journal = nullptr;  // or the WAL
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &database);
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal);
  for (const int number : {last_error_of(journal), last_error_of(database)}) {
    if (number != 0) return number;
  }
  return sqlite3_system_errno(handle);
}

bool is_out_of_space(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

}  // namespace

Status Database::error() const {
  const int extended = handle_ == nullptr ? SQLITE_NOMEM : sqlite3_extended_errcode(handle_);
  const std::string text = handle_ == nullptr ? "out of memory" : sqlite3_errmsg(handle_);
  const std::string name = file_.string();
  switch (extended & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Status::error(Code::kDestinationBusy, fmt::format("another program holds the write lock of {}", name))
          .with("waited", fmt::format("{:.1f} s", busy_timeout_ms_ / 1000.0));
    case SQLITE_INTERRUPT:
      return Status::error(Code::kCancelled, "the run was cancelled");
    case SQLITE_READONLY:
      return Status::error(Code::kDestinationReadOnly, fmt::format("{} cannot be written: {}", name, text));
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      // Also said of the journal beside the file, when the folder does not let us make it.
      return Status::error(Code::kDestinationReadOnly, fmt::format("{} cannot be opened for writing: {}", name, text));
    case SQLITE_FULL:
      return Status::error(Code::kDiskFull, fmt::format("no space is left for {}", name));
    case SQLITE_IOERR: {
      const int number = system_error_of(handle_);
      if (is_out_of_space(number)) return Status::error(Code::kDiskFull, fmt::format("no space is left for {}", name));
      return Status::error(Code::kIo, fmt::format("{} cannot be read or written: {}", name, text))
          .with("SQLite's error", std::to_string(extended))
          .with("the system's", number == 0 ? "unknown" : std::generic_category().message(number));
    }
    case SQLITE_NOTADB:
      return Status::error(Code::kDestinationRefused, fmt::format("{} is not a SQLite database", name));
    case SQLITE_CORRUPT:
      return Status::error(Code::kDestinationRefused, fmt::format("{} is damaged: {}", name, text))
          .hint("'PRAGMA integrity_check' in the sqlite3 program says how; nothing was changed");
    case SQLITE_CONSTRAINT:
      return Status::error(Code::kLoadIntegrity, fmt::format("sqlite: {}", text)).with("file", name);
    default:
      return Status::error(Code::kDestinationRefused, fmt::format("sqlite: {}", text)).with("file", name);
  }
}

}  // namespace lode::sqlite
