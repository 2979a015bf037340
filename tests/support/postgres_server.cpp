// A PostgreSQL server of our own.
#include "support/postgres_server.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>

#include "support/catch.h"

namespace lode::test {
namespace {

namespace fs = std::filesystem;

// The folder of initdb and postgres; Debian keeps them off the PATH. Empty if there is none.
fs::path find_programs() {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored))
    folders.push_back(entry.path() / "bin");
  std::sort(folders.rbegin(), folders.rend());
  const char* const path = std::getenv("PATH");
  std::string rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    folders.emplace_back(rest.substr(0, rest.find(':')));
    rest = rest.find(':') == std::string::npos ? "" : rest.substr(rest.find(':') + 1);
  }
  for (const fs::path& folder : folders) {
    if (fs::exists(folder / "initdb", ignored) && fs::exists(folder / "postgres", ignored)) return folder;
  }
  return {};
}

// Who runs the server when we are root.
const passwd& ordinary_user() {
  const passwd* user = ::getpwnam("postgres");
  if (user == nullptr) user = ::getpwnam("nobody");
  REQUIRE(user != nullptr);
  return *user;
}

// Starts a program whose output goes to a file; it dies with us.
pid_t spawn(const std::vector<std::string>& words, const fs::path& log) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const bool is_root = ::geteuid() == 0;
  const passwd* const user = is_root ? &ordinary_user() : nullptr;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child > 0) return child;
  if (std::freopen(log.c_str(), "a", stdout) == nullptr || ::dup2(1, 2) < 0) ::_exit(125);
  if (is_root && (::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) ::_exit(126);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::chdir("/") != 0) ::_exit(126);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

std::string log_text(const fs::path& log) {
  std::string text;
  if (std::FILE* file = std::fopen(log.c_str(), "r")) {
    char buffer[4096];
    for (std::size_t size; (size = std::fread(buffer, 1, sizeof buffer, file)) > 0;) text.append(buffer, size);
    std::fclose(file);
  }
  return text;
}

fs::path programs() {
  const fs::path folder = find_programs();
  if (folder.empty()) FAIL("no PostgreSQL server is installed: apt-get install postgresql");
  return folder;
}

}  // namespace

PostgresServer& PostgresServer::get() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer() {
  const fs::path log = folder() / "log";
  const fs::path data = folder() / "data";
  if (::geteuid() == 0) {
    REQUIRE(::chown(folder().c_str(), ordinary_user().pw_uid, ordinary_user().pw_gid) == 0);
  }
  fs::permissions(folder(), fs::perms(0755));
  const pid_t initdb = spawn({(programs() / "initdb").string(), "-D", data.string(), "-U", "lode", "-A", "trust",
                              "--encoding=UTF8", "--locale=C", "--no-sync"},
                             log);
  int status = 0;
  REQUIRE(::waitpid(initdb, &status, 0) == initdb);
  INFO(log_text(log));
  REQUIRE(status == 0);
  // One user who needs a password; the others need none.
  std::FILE* const rules = std::fopen((data / "pg_hba.conf").c_str(), "w");
  REQUIRE(rules != nullptr);
  std::fputs("local all locked scram-sha-256\nlocal all all trust\n", rules);
  std::fclose(rules);
  start();
}

void PostgresServer::start() {
  const std::string socket = folder().string();
  process_ = spawn({(programs() / "postgres").string(), "-D", (folder() / "data").string(), "-k", socket, "-c",
                    "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=30"},
                   folder() / "log");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (PQping((url() + "&connect_timeout=2").c_str()) != PQPING_OK) {
    INFO(log_text(folder() / "log"));
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    REQUIRE(::waitpid(process_, nullptr, WNOHANG) == 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void PostgresServer::stop(int signal) {
  if (process_ == 0) return;
  ::kill(process_, signal);
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
}

void PostgresServer::crash_and_restart() {
  stop(SIGQUIT);
  start();
}

PostgresServer::~PostgresServer() { stop(SIGINT); }

std::string PostgresServer::url(const std::string& user) const {
  return "postgresql://" + user + "@/postgres?host=" + folder().string();
}

std::string PostgresServer::new_dataset() { return "data_" + std::to_string(++datasets_); }

PostgresSession::PostgresSession(const std::string& url) : handle_(PQconnectdb(url.c_str())) {
  INFO(PQerrorMessage(handle_));
  REQUIRE(PQstatus(handle_) == CONNECTION_OK);
  PQsetNoticeProcessor(
      handle_, [](void*, const char*) {}, nullptr);
  run("SET timezone = 'UTC'");
}

PostgresSession::~PostgresSession() { PQfinish(handle_); }

std::optional<std::vector<std::string>> PostgresSession::query_if_there(const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(handle_, sql.c_str()), &PQclear);
  const char* const state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  if (state != nullptr && (std::string(state) == "42P01" || std::string(state) == "3F000")) return std::nullopt;
  INFO(sql << ": " << PQresultErrorMessage(result.get()));
  REQUIRE((PQresultStatus(result.get()) == PGRES_TUPLES_OK || PQresultStatus(result.get()) == PGRES_COMMAND_OK));
  std::vector<std::string> lines;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    std::string line;
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      if (column > 0) line += "|";
      line += PQgetisnull(result.get(), row, column) != 0 ? "null" : PQgetvalue(result.get(), row, column);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> PostgresSession::query(const std::string& sql) {
  auto lines = query_if_there(sql);
  INFO(sql);
  REQUIRE(lines.has_value());
  return *lines;
}

std::string PostgresSession::refusal(const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(handle_, sql.c_str()), &PQclear);
  const char* const state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  return state == nullptr ? "" : state;
}

}  // namespace lode::test
