// SQLite's C library with Status instead of result codes.
#include "destinations/sqlite/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/text.h"

namespace lode::sqlite {

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text64(statement_, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Statement::bind(int index, std::int64_t number) { sqlite3_bind_int64(statement_, index, number); }

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes == nullptr ? "" : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

Result<std::unique_ptr<Database>> Database::open(const Path& file, int busy_timeout_ms) {
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> database(new Database(handle, file, busy_timeout_ms));
  if (result != SQLITE_OK) return database->error("open");
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  return database;
}

Database::~Database() { sqlite3_close_v2(handle_); }

Status Database::run(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return error(shorten(sql, 200));
}

Result<Statement> Database::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return error(shorten(sql, 200));
  }
  return Statement(statement);
}

Result<bool> Database::step(Statement& statement) {
  const int result = sqlite3_step(statement.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  Status status = error("run a statement");
  sqlite3_reset(statement.get());
  return status;
}

Status Database::error(std::string_view doing) const {
  const int extended = handle_ == nullptr ? SQLITE_NOMEM : sqlite3_extended_errcode(handle_);
  const std::string text = handle_ == nullptr ? "out of memory" : sqlite3_errmsg(handle_);
  const std::string name = file_.string();
  switch (extended & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Status::error(Code::kDestinationBusy, fmt::format("another program holds the write lock of {}", name))
          .note(fmt::format("waited {:.1f} s for it", busy_timeout_ms_ / 1000.0));
    case SQLITE_READONLY:
      return Status::error(Code::kDestinationReadOnly, fmt::format("{} cannot be written: {}", name, text))
          .hint("check the mode and the owner of the file and of its folder");
    case SQLITE_CANTOPEN:
      return Status::error(Code::kDestinationReadOnly, fmt::format("{} cannot be opened: {}", name, text))
          .hint("its folder must exist and be writable");
    case SQLITE_PERM:
      return Status::error(Code::kDestinationReadOnly, fmt::format("{} cannot be opened: {}", name, text));
    case SQLITE_FULL:
      return Status::error(Code::kDiskFull, fmt::format("no space left for {}: {}", name, text));
    case SQLITE_IOERR:
      return Status::error(Code::kIo, fmt::format("{} cannot be read or written: {} (SQLite error {})", name, text, extended));
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return Status::error(Code::kDestinationRefused, fmt::format("{} is no SQLite database, or is damaged: {}", name, text));
    case SQLITE_CONSTRAINT:
      return Status::error(Code::kLoadIntegrity, fmt::format("sqlite: {}", text)).with("file", name);
    default:
      return Status::error(Code::kDestinationRefused, fmt::format("sqlite: {}", text)).with("file", name).with("while", std::string(doing));
  }
}

}  // namespace lode::sqlite
