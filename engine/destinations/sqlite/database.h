// SQLite's C library with Status instead of result codes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "env/env.h"
#include "sql/session.h"

struct sqlite3;
struct sqlite3_stmt;

namespace lode::sqlite {

/// A prepared statement. Must go before its database.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  ~Statement();
  Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    return *this;
  }

  sqlite3_stmt* get() const { return statement_; }
  Statement& bind(int index, std::string_view text);  ///< 1..; copied
  Statement& bind(int index, std::int64_t number);
  /// Null, bool, int, double, text or bytes.
  Statement& bind(int index, const json::Value& value);
  std::string text(int column) const;  ///< 0..; "" for null
  std::int64_t integer(int column) const;

 private:
  sqlite3_stmt* statement_ = nullptr;
};

/// One connection. One thread at a time.
class Database : public SqlSession {
 public:
  /// Opens the file; `create` makes it if it is missing. Reads its first page, so that what is no database is found
  /// now. Errors: as error(), and kDestinationReadOnly when the file can only be read.
  static Result<std::unique_ptr<Database>> open(const Path& file, bool create, int busy_timeout_ms);
  /// Opens a file to look at it: neither the file nor anything beside it is written. Errors: as open(), but a file that
  /// can only be read is none.
  static Result<std::unique_ptr<Database>> open_read_only(const Path& file, int busy_timeout_ms);
  /// Opens a file to ask it queries, for as long as one likes: sees what others commit meanwhile, and refuses to write.
  /// Errors: as open_read_only().
  static Result<std::unique_ptr<Database>> open_to_query(const Path& file, int busy_timeout_ms);
  /// An empty database that goes with its connection.
  static Result<std::unique_ptr<Database>> open_in_memory();
  /// Whether a file could be made there. Errors: kNotFound (no folder), kDestinationReadOnly.
  static Status check_folder(const Path& file);
  ~Database() override;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Status run(const std::string& sql) override;
  Result<std::unique_ptr<QueryRows>> select(const std::string& sql,
                                            const std::vector<json::Value>& parameters = {}) override;
  std::unique_ptr<StopScope> heed(std::stop_token stop) override;
  Result<Statement> prepare(std::string_view sql);
  /// True: a row is there; false: done.
  Result<bool> step(Statement& statement);
  /// Runs a statement that gives no rows.
  Status finish(Statement& statement);
  /// What went wrong last: kDestinationBusy, kDestinationReadOnly, kDiskFull, kLoadIntegrity, kDestinationRefused, kIo,
  /// kCancelled.
  Status error() const;
  const Path& file() const { return file_; }
  sqlite3* get() const { return handle_; }

 private:
  Database(sqlite3* handle, Path file, int busy_timeout_ms)
      : handle_(handle), file_(std::move(file)), busy_timeout_ms_(busy_timeout_ms) {}
  static Result<std::unique_ptr<Database>> open_as(const std::string& name, int flags, const Path& file,
                                                   int busy_timeout_ms);
  /// The first statement, and the text behind it.
  Result<std::pair<Statement, std::string_view>> prepare_first(std::string_view sql);
  Result<Statement> prepare_one(const std::string& sql);
  sqlite3* handle_;
  Path file_;
  int busy_timeout_ms_;
  bool only_reads_ = false;
};

}  // namespace lode::sqlite
