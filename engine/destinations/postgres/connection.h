// libpq with Status instead of result codes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "destinations/postgres/credentials.h"
#include "destinations/postgres/server_error.h"

struct pg_conn;
struct pg_result;

namespace lode::postgres {

/// What a query found, as text.
class Rows {
 public:
  explicit Rows(pg_result* result) : result_(result, &clear) {}
  int size() const;
  bool empty() const { return size() == 0; }
  std::string text(int row, int column) const;  ///< 0..; "" for null
  bool flag(int row, int column) const { return text(row, column) == "t"; }

 private:
  static void clear(pg_result* result);
  std::unique_ptr<pg_result, void (*)(pg_result*)> result_;
};

/// One connection. One thread at a time; a stop may come from any.
class Connection {
 public:
  /// Errors: kDestinationUnavailable (nobody answers; also after the timeout), kDestinationLogin, kDestinationRefused.
  static Result<std::unique_ptr<Connection>> open(const Settings& settings);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Statements without parameters, several separated by ';' too. Errors: as code_of(); kCancelled after a stop.
  Status run(const std::string& sql);
  /// One statement; `parameters` are $1, $2…, all as text. Errors: as run().
  Result<Rows> query(const std::string& sql, const std::vector<std::string>& parameters = {});
  /// As run(), for COMMIT: an error if the transaction was rolled back instead.
  Status commit();

  // COPY … FROM STDIN: start, any number of puts, then end or abort.
  Status start_copy(const std::string& sql);
  Status put_copy(std::string_view bytes);
  Status end_copy();
  void abort_copy() noexcept;
  /// What the last error was, in the server's words.
  const ServerError& last_error() const { return last_error_; }

  /// False once the connection is lost.
  bool is_alive() const;
  bool in_transaction() const;

  /// While it lives, a stop makes the server end the statement that runs; run() and end_copy() then say kCancelled.
  class StopGuard {
   public:
    StopGuard(Connection& connection, std::stop_token stop);
    ~StopGuard();
    StopGuard(const StopGuard&) = delete;

   private:
    struct Cancel;
    Connection& connection_;
    std::unique_ptr<Cancel> cancel_;
  };

 private:
  Connection(pg_conn* handle, std::string server) : handle_(handle), server_(std::move(server)) {}
  Status fail(const pg_result* result, std::string_view statement);

  pg_conn* handle_;
  std::string server_;
  std::string copy_statement_;
  ServerError last_error_;
  std::stop_token stop_;
};

}  // namespace lode::postgres
