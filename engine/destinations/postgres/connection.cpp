// libpq with Status instead of result codes.
#include "destinations/postgres/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "base/text.h"

namespace lode::postgres {
namespace {

using Clock = std::chrono::steady_clock;

// Waits until the socket is ready. False: the time is over.
bool wait_for(int socket, bool to_write, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{socket, static_cast<short>(to_write ? POLLOUT : POLLIN), 0};
    const int outcome = ::poll(&waiting, 1, static_cast<int>(std::clamp<long long>(left, 0, 1'000'000)));
    if (outcome > 0) return true;
    if (left <= 0) return false;
  }
}

Status connect_failure(PGconn* handle, const Settings& settings) {
  const ServerError error = parse_connect_error(PQerrorMessage(handle));
  if (!error.sqlstate.empty()) return to_status(error, settings.display);
  if (PQconnectionNeedsPassword(handle) != 0) {
    return Status::error(Code::kDestinationLogin, "postgres: the server wants a password and none was given")
        .with("server", settings.display)
        .hint("put it into the URL, PGPASSWORD, ~/.pgpass or secrets.toml");
  }
  const bool is_tls =
      error.message.find("SSL") != std::string::npos || error.message.find("certificate") != std::string::npos;
  if (is_tls) {
    return Status::error(Code::kDestinationRefused, "postgres: " + shorten(error.message, 400))
        .with("server", settings.display)
        .hint(
            "sslmode says whether TLS is wanted (disable, prefer, require, verify-ca, verify-full), sslrootcert whom "
            "to trust");
  }
  return Status::error(Code::kDestinationUnavailable, "postgres: " + shorten(error.message, 400))
      .with("server", settings.display)
      .hint("check host and port, and that the server is up");
}

std::string field(const PGresult* result, int code) {
  const char* const text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

}  // namespace

void Rows::clear(pg_result* result) { PQclear(result); }
int Rows::size() const { return PQntuples(result_.get()); }
std::string Rows::text(int row, int column) const {
  return std::string(PQgetvalue(result_.get(), row, column),
                     static_cast<std::size_t>(PQgetlength(result_.get(), row, column)));
}

// Step by step, because only so the SQLSTATE of a refusal can be had: errors are verbose from the start.
Result<std::unique_ptr<Connection>> Connection::open(const Settings& settings) {
  std::vector<std::string> values;
  std::vector<const char*> names;
  std::vector<const char*> texts;
  for (const auto& [name, value] : settings.parameters) values.emplace_back(value.reveal());
  for (std::size_t i = 0; i < values.size(); ++i) {
    names.push_back(settings.parameters[i].first.c_str());
    texts.push_back(values[i].c_str());
  }
  names.push_back(nullptr);
  texts.push_back(nullptr);
  PGconn* const handle = PQconnectStartParams(names.data(), texts.data(), 0);
  for (std::string& value : values) wipe(value);
  LODE_ASSERT(handle != nullptr);  // out of memory
  std::unique_ptr<Connection> connection(new Connection(handle, settings.display));
  PQsetErrorVerbosity(handle, PQERRORS_VERBOSE);
  const auto seconds = settings.connect_timeout_s == 0 ? std::int64_t{1'000'000'000} : settings.connect_timeout_s;
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(seconds);
  PostgresPollingStatusType state = PQstatus(handle) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    if (!wait_for(PQsocket(handle), state == PGRES_POLLING_WRITING, deadline)) {
      return Status::error(Code::kDestinationUnavailable,
                           fmt::format("postgres: no answer within {} s", settings.connect_timeout_s))
          .with("server", settings.display)
          .hint("check host and port, and that nothing in between drops packets; connect_timeout sets the time");
    }
    state = PQconnectPoll(handle);
  }
  if (state == PGRES_POLLING_FAILED) return connect_failure(handle, settings);
  PQsetErrorVerbosity(handle, PQERRORS_DEFAULT);
  PQsetNoticeProcessor(
      handle, [](void*, const char*) {}, nullptr);
  return connection;
}

Connection::~Connection() { PQfinish(handle_); }

bool Connection::is_alive() const { return PQstatus(handle_) == CONNECTION_OK; }
bool Connection::in_transaction() const { return PQtransactionStatus(handle_) != PQTRANS_IDLE; }

Status Connection::fail(const pg_result* result, std::string_view statement) {
  last_error_ = {};
  last_error_.sqlstate = field(result, PG_DIAG_SQLSTATE);
  last_error_.message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  last_error_.detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  last_error_.server_hint = field(result, PG_DIAG_MESSAGE_HINT);
  last_error_.table = field(result, PG_DIAG_TABLE_NAME);
  last_error_.column = field(result, PG_DIAG_COLUMN_NAME);
  last_error_.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
  last_error_.context = field(result, PG_DIAG_CONTEXT);
  last_error_.statement = statement;
  if (last_error_.message.empty()) last_error_ = parse_connect_error(PQerrorMessage(handle_));
  if (stop_.stop_requested()) return Status::error(Code::kCancelled, "the run was cancelled");
  return to_status(last_error_, server_);
}

Status Connection::run(const std::string& sql) {
  PGresult* const result = PQexec(handle_, sql.c_str());
  const Rows owner(result);
  const ExecStatusType state = PQresultStatus(result);
  if (state == PGRES_COMMAND_OK || state == PGRES_TUPLES_OK) return {};
  return fail(result, sql);
}

Result<Rows> Connection::query(const std::string& sql, const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  PGresult* const result =
      PQexecParams(handle_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0);
  Rows rows(result);
  const ExecStatusType state = PQresultStatus(result);
  if (state == PGRES_COMMAND_OK || state == PGRES_TUPLES_OK) return rows;
  return fail(result, sql);
}

Status Connection::commit() {
  PGresult* const result = PQexec(handle_, "COMMIT");
  const Rows owner(result);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) return fail(result, "COMMIT");
  if (std::string_view(PQcmdStatus(result)) == "COMMIT") return {};
  return Status::error(Code::kDestinationRefused, "postgres: the server rolled the transaction back");
}

Status Connection::start_copy(const std::string& sql) {
  copy_statement_ = sql;
  PGresult* const result = PQexec(handle_, sql.c_str());
  const Rows owner(result);
  return PQresultStatus(result) == PGRES_COPY_IN ? Status() : fail(result, sql);
}

// Where the server refused a row meanwhile, libpq goes on taking bytes and end_copy() learns why.
Status Connection::put_copy(std::string_view bytes) {
  if (PQputCopyData(handle_, bytes.data(), static_cast<int>(bytes.size())) == 1) return {};
  return end_copy();
}

Status Connection::end_copy() {
  const int ended = PQputCopyEnd(handle_, nullptr);
  Status status;
  bool has_result = false;
  while (PGresult* const result = PQgetResult(handle_)) {
    const Rows owner(result);
    has_result = true;
    if (status.ok() && PQresultStatus(result) != PGRES_COMMAND_OK) status = fail(result, copy_statement_);
    if (!is_alive()) break;
  }
  if (status.ok() && (ended != 1 || !has_result)) return fail(nullptr, copy_statement_);
  return status;
}

void Connection::abort_copy() noexcept {
  PQputCopyEnd(handle_, "given up by the client");
  while (PGresult* const result = PQgetResult(handle_)) {
    PQclear(result);
    if (!is_alive()) break;
  }
}

struct Connection::StopGuard::Cancel {
  Cancel(PGconn* handle, std::stop_token stop)
      : request(PQgetCancel(handle), &PQfreeCancel), callback(std::move(stop), [this] { send(); }) {}
  // By whoever stops; opens a connection of its own to say so.
  void send() const {
    char reason[256];
    if (request) PQcancel(request.get(), reason, sizeof reason);
  }

  std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> request;
  std::stop_callback<std::function<void()>> callback;
};

Connection::StopGuard::StopGuard(Connection& connection, std::stop_token stop)
    : connection_(connection), cancel_(std::make_unique<Cancel>(connection.handle_, stop)) {
  connection_.stop_ = std::move(stop);
}

Connection::StopGuard::~StopGuard() {
  cancel_.reset();
  connection_.stop_ = {};
}

}  // namespace lode::postgres
