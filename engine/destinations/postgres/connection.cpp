// libpq with Status instead of result codes.
#include "destinations/postgres/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>

#include "base/iso8601.h"
#include "base/text.h"
#include "json/parse.h"
#include "json/write.h"

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

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using OwnedResult = std::unique_ptr<PGresult, ClearResult>;

// pg_type.oid of the types whose values are not texts.
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kJson = 114;
constexpr Oid kFloat4 = 700;
constexpr Oid kFloat8 = 701;
constexpr Oid kDate = 1082;
constexpr Oid kTime = 1083;
constexpr Oid kTimestamp = 1114;
constexpr Oid kTimestampTz = 1184;
constexpr Oid kNumeric = 1700;
constexpr Oid kJsonb = 3802;

// "infinity", years before 1 and beyond 9999, and the forms of another DateStyle stay texts.
json::Value time_value(Oid type, std::string text) {
  const std::optional<IsoValue> iso = parse_iso(text);
  if (!iso) return text;
  switch (iso->kind) {
    case IsoValue::Kind::kTimestamp: {
      if (type != kTimestamp && type != kTimestampTz) return text;
      json::Value value = json::Value::of_number(json::Kind::kTimestamp, iso->micros);
      if (type == kTimestamp) value.set_subkind(json::Subkind::kNaive);
      return value;
    }
    case IsoValue::Kind::kDate:
      return type == kDate ? json::Value::of_number(json::Kind::kDate, iso->days) : json::Value(std::move(text));
    case IsoValue::Kind::kTime:
      return type == kTime ? json::Value::of_number(json::Kind::kTime, iso->micros) : json::Value(std::move(text));
  }
  return text;
}

json::Value to_value(Oid type, std::string text) {
  switch (type) {
    case kBool:
      return text == "t";
    case kInt8:
    case kInt2:
    case kInt4:
      return std::int64_t{std::strtoll(text.c_str(), nullptr, 10)};
    case kFloat4:
    case kFloat8:
      return std::strtod(text.c_str(), nullptr);
    case kNumeric:  // there are also NaN and Infinity
      if (text.find_first_not_of("0123456789.-") != std::string::npos) return text;
      return json::Value::of_text(json::Kind::kDecimal, std::move(text));
    case kDate:
    case kTime:
    case kTimestamp:
    case kTimestampTz:
      return time_value(type, std::move(text));
    case kBytea: {
      std::string bytes;
      const bool is_hex = text.starts_with("\\x") && hex_decode(std::string_view(text).substr(2), bytes);
      return is_hex ? json::Value::of_text(json::Kind::kBinary, std::move(bytes)) : json::Value(std::move(text));
    }
    case kJson:
    case kJsonb: {
      Result<json::Value> parsed = json::parse_value(text);
      return parsed.ok() ? std::move(*parsed) : json::Value(std::move(text));
    }
    default:
      return text;
  }
}

}  // namespace

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
  const OwnedResult owner(result);
  const ExecStatusType state = PQresultStatus(result);
  if (state == PGRES_COMMAND_OK || state == PGRES_TUPLES_OK) return {};
  return fail(result, sql);
}

// A cancellation that came before its statement did nothing, so it is repeated until there is an answer.
void Connection::await_result() {
  constexpr auto kPatience = std::chrono::milliseconds(200);
  while (stop_.stop_possible() && PQisBusy(handle_) != 0) {
    const bool is_there = wait_for(PQsocket(handle_), false, Clock::now() + kPatience);
    if (is_there && PQconsumeInput(handle_) != 1) return;
    if (!is_there && stop_.stop_requested()) cancel_statement();
  }
}

void Connection::cancel_statement() const {
  const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> request(PQgetCancel(handle_), &PQfreeCancel);
  char reason[256];
  if (request) PQcancel(request.get(), reason, sizeof reason);
}

// The rows of one query, a result each: libpq's single-row mode.
class Connection::Rows : public QueryRows {
 public:
  Rows(Connection& connection, std::string statement) : connection_(connection), statement_(std::move(statement)) {}
  // Nobody wants the rest. Where there is one, the server is told so.
  ~Rows() override {
    if (is_done_) return;
    if (advance().ok() && !is_done_) connection_.cancel_statement();
    drain();
  }

  Status begin() {
    LODE_TRY(advance());
    for (int i = 0; i < PQnfields(result_.get()); ++i) columns_.emplace_back(PQfname(result_.get(), i));
    return {};
  }
  const std::vector<std::string>& columns() const override { return columns_; }
  // The first row was fetched by begin().
  Result<bool> next() override {
    if (!is_done_ && has_shown_) LODE_TRY(advance());
    has_shown_ = true;
    return !is_done_;
  }
  json::Value value(std::size_t column) const override {
    const int index = static_cast<int>(column);
    if (PQgetisnull(result_.get(), 0, index) != 0) return nullptr;
    return to_value(PQftype(result_.get(), index),
                    std::string(PQgetvalue(result_.get(), 0, index),
                                static_cast<std::size_t>(PQgetlength(result_.get(), 0, index))));
  }

 private:
  Status advance() {
    connection_.await_result();
    result_.reset(PQgetResult(connection_.handle_));
    const ExecStatusType state = PQresultStatus(result_.get());
    if (state == PGRES_SINGLE_TUPLE) return {};
    is_done_ = true;
    Status status;
    if (state != PGRES_COMMAND_OK && state != PGRES_TUPLES_OK) status = connection_.fail(result_.get(), statement_);
    drain();
    return status;
  }
  void drain() {
    is_done_ = true;
    while (PGresult* const rest = PQgetResult(connection_.handle_)) {
      PQclear(rest);
      if (!connection_.is_alive()) break;
    }
  }

  Connection& connection_;
  const std::string statement_;
  std::vector<std::string> columns_;
  OwnedResult result_;
  bool has_shown_ = false;
  bool is_done_ = false;
};

Result<std::unique_ptr<QueryRows>> Connection::select(const std::string& sql,
                                                      const std::vector<json::Value>& parameters) {
  std::vector<std::string> texts;
  for (const json::Value& value : parameters) {
    const bool is_bytes = value.kind() == json::Kind::kBinary;
    texts.push_back(is_bytes          ? "\\x" + hex_encode(value.as_text())
                    : value.is_text() ? value.as_text()
                                      : json::write(value));
  }
  std::vector<const char*> values;
  for (std::size_t i = 0; i < texts.size(); ++i) values.push_back(parameters[i].is_null() ? nullptr : texts[i].c_str());
  if (PQsendQueryParams(handle_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr,
                        0) != 1) {
    return fail(nullptr, sql);
  }
  PQsetSingleRowMode(handle_);
  auto rows = std::make_unique<Rows>(*this, sql);
  LODE_TRY(rows->begin());
  return std::unique_ptr<QueryRows>(std::move(rows));
}

Status Connection::commit() {
  PGresult* const result = PQexec(handle_, "COMMIT");
  const OwnedResult owner(result);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) return fail(result, "COMMIT");
  if (std::string_view(PQcmdStatus(result)) == "COMMIT") return {};
  return Status::error(Code::kDestinationRefused, "postgres: the server rolled the transaction back");
}

Status Connection::start_copy(const std::string& sql) {
  copy_statement_ = sql;
  PGresult* const result = PQexec(handle_, sql.c_str());
  const OwnedResult owner(result);
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
    const OwnedResult owner(result);
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

class Connection::Heeding : public SqlSession::StopScope {
 public:
  Heeding(Connection& connection, std::stop_token stop)
      : connection_(connection), request_(PQgetCancel(connection.handle_), &PQfreeCancel) {
    connection_.stop_ = stop;
    callback_.emplace(std::move(stop), [this] { send(); });
  }
  ~Heeding() override {
    callback_.reset();
    connection_.stop_ = {};
  }

 private:
  // By whoever stops; opens a connection of its own to say so.
  void send() const {
    char reason[256];
    if (request_) PQcancel(request_.get(), reason, sizeof reason);
  }

  Connection& connection_;
  std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> request_;
  std::optional<std::stop_callback<std::function<void()>>> callback_;
};

std::unique_ptr<SqlSession::StopScope> Connection::heed(std::stop_token stop) {
  return std::make_unique<Heeding>(*this, std::move(stop));
}

}  // namespace lode::postgres
