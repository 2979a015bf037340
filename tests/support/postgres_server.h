// A PostgreSQL server of our own: a new cluster in a temporary folder, reached by a socket there, once a test program.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/scratch.h"

struct pg_conn;

namespace lode::test {

/// Needs Debian's package "postgresql", or its programs on the PATH. Without them a test that asks for the server
/// fails. The cluster is made by an ordinary user when the tests run as root: initdb refuses root.
class PostgresServer {
 public:
  /// The server of this program; starts it if it does not run. Ends with the program, and with it the cluster.
  static PostgresServer& get();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;

  /// The folder of the socket.
  const std::filesystem::path& folder() const { return folder_.path(); }
  /// For the superuser "lode", who needs no password, or for another user.
  std::string url(const std::string& user = "lode") const;
  /// A dataset name that no other test has.
  std::string new_dataset();
  /// Ends the server at once, as a crash would, and starts it again.
  void crash_and_restart();

 private:
  PostgresServer();
  void start();
  void stop(int signal);
  ScratchFolder folder_;
  int process_ = 0;
  int datasets_ = 0;
};

/// A session seen from outside: what another program would do.
class PostgresSession {
 public:
  explicit PostgresSession(const std::string& url = PostgresServer::get().url());
  ~PostgresSession();
  PostgresSession(const PostgresSession&) = delete;

  /// Rows as lines "1|Ada|null", in the order of the query. The query must succeed.
  std::vector<std::string> query(const std::string& sql);
  void run(const std::string& sql) { query(sql); }
  /// nullopt if a table or schema in it does not exist.
  std::optional<std::vector<std::string>> query_if_there(const std::string& sql);
  /// The SQLSTATE with which the server refuses it.
  std::string refusal(const std::string& sql);

 private:
  pg_conn* handle_;
};

}  // namespace lode::test
