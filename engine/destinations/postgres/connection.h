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
#include "sql/session.h"

struct pg_conn;
struct pg_result;

namespace lode::postgres {

/// One connection. One thread at a time; a stop may come from any.
class Connection : public SqlSession {
 public:
  /// Errors: kDestinationUnavailable (nobody answers; also after the timeout), kDestinationLogin, kDestinationRefused.
  static Result<std::unique_ptr<Connection>> open(const Settings& settings);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Errors: as code_of(); kCancelled after a stop.
  Status run(const std::string& sql) override;
  /// Rows come as the server finds them.
  Result<std::unique_ptr<QueryRows>> select(const std::string& sql,
                                            const std::vector<json::Value>& parameters = {}) override;
  std::unique_ptr<StopScope> heed(std::stop_token stop) override;
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

 private:
  Connection(pg_conn* handle, std::string server) : handle_(handle), server_(std::move(server)) {}
  class Rows;
  class Heeding;
  Status fail(const pg_result* result, std::string_view statement);
  void await_result();
  void cancel_statement() const;

  pg_conn* handle_;
  std::string server_;
  std::string copy_statement_;
  ServerError last_error_;
  std::stop_token stop_;
};

}  // namespace lode::postgres
