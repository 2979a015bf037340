// What the server says when it does not do as it is told.
#include "destinations/postgres/server_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace lode::postgres {
namespace {

constexpr std::size_t kTextMax = 300;

bool is_sqlstate(std::string_view text) {
  return text.size() == 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

// Exact states first, then classes: https://www.postgresql.org/docs/current/errcodes-appendix.html
struct StateCode {
  std::string_view state;
  Code code;
};
constexpr StateCode kStates[] = {
    {"25006", Code::kDestinationReadOnly},  // read-only transaction: a standby, or set so
    {"40001", Code::kDestinationBusy},      // serialization failure
    {"40P01", Code::kDestinationBusy},      // deadlock
    {"53100", Code::kDiskFull},
    {"55006", Code::kDestinationBusy},         // object in use
    {"55P03", Code::kDestinationBusy},         // lock not available in time
    {"57P01", Code::kDestinationUnavailable},  // shut down by an administrator
    {"57P02", Code::kDestinationUnavailable},  // crash of another process
    {"57P03", Code::kDestinationUnavailable},  // starting up
    {"57P05", Code::kDestinationUnavailable},  // idle for too long
    {"58030", Code::kDestinationUnavailable},  // I/O error
};
constexpr StateCode kClasses[] = {
    {"08", Code::kDestinationUnavailable},                                         // connection
    {"22", Code::kLoadIntegrity},                                                  // values
    {"23", Code::kLoadIntegrity},                                                  // constraints
    {"28", Code::kDestinationLogin},       {"53", Code::kDestinationUnavailable},  // memory, connections
};

std::string_view hint_for(std::string_view sqlstate) {
  if (sqlstate == "22P05")
    return "PostgreSQL's jsonb cannot keep \\u0000; give the column data_type = \"binary\" or remove it";
  if (sqlstate == "3D000") return "make the database: createdb NAME; lode makes the dataset in it";
  if (sqlstate == "42501") return "the user needs CREATE on the database, or on the dataset's schema and its tables";
  if (sqlstate == "57014")
    return "the server's statement_timeout is shorter than the load takes: raise it for this user";
  if (sqlstate == "23502")
    return "rows lack a value that the table requires; ALTER TABLE … ALTER COLUMN … DROP NOT NULL lets them in";
  return "";
}

}  // namespace

ServerError parse_connect_error(std::string_view text) {
  ServerError error;
  std::string message;
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view trimmed = trim(line);
    if (trimmed.empty() || trimmed.substr(0, 9) == "LOCATION:") continue;
    if (!message.empty()) message += "; ";
    message += trimmed;
  }
  // The severity is in the server's language; what follows it is not.
  for (std::size_t at = message.find(":  "); at != std::string::npos; at = message.find(":  ", at + 1)) {
    const std::string_view rest = std::string_view(message).substr(at + 3);
    if (rest.size() < 7 || !is_sqlstate(rest.substr(0, 5)) || rest.substr(5, 2) != ": ") continue;
    error.sqlstate = rest.substr(0, 5);
    error.message = rest.substr(7);
    return error;
  }
  error.message = std::move(message);
  return error;
}

Code code_of(std::string_view sqlstate) {
  if (sqlstate.empty()) return Code::kDestinationUnavailable;
  for (const StateCode& row : kStates) {
    if (row.state == sqlstate) return row.code;
  }
  for (const StateCode& row : kClasses) {
    if (row.state == sqlstate.substr(0, 2)) return row.code;
  }
  return Code::kDestinationRefused;
}

std::uint64_t row_of(std::string_view context, std::string* column) {
  constexpr std::string_view kLine = ", line ";
  const std::size_t copy = context.find("COPY ");
  const std::size_t line = copy == std::string_view::npos ? copy : context.find(kLine, copy);
  if (line == std::string_view::npos) return 0;
  std::uint64_t row = 0;
  const std::string_view rest = context.substr(line + kLine.size());
  const char* const end = std::from_chars(rest.data(), rest.data() + rest.size(), row).ptr;
  constexpr std::string_view kColumn = ", column ";
  const std::string_view after(end, static_cast<std::size_t>(rest.data() + rest.size() - end));
  if (column != nullptr && after.substr(0, kColumn.size()) == kColumn) {
    const std::string_view name = after.substr(kColumn.size());
    *column = name.substr(0, name.find_first_of(":\n"));
  }
  return row;
}

Status to_status(const ServerError& error, std::string_view server) {
  const Code code = code_of(error.sqlstate);
  const std::string what = error.message.empty() ? "the connection was lost" : shorten(error.message, kTextMax);
  Status status = Status::error(code, "postgres: " + what).with("server", std::string(server));
  if (!error.sqlstate.empty()) status.with("SQLSTATE", error.sqlstate);
  if (!error.detail.empty()) status.with("detail", shorten(error.detail, kTextMax));
  if (!error.table.empty()) status.with("table", error.table);
  if (!error.column.empty()) status.with("column", error.column);
  if (!error.constraint.empty()) status.with("constraint", error.constraint);
  if (!error.statement.empty() && code != Code::kDestinationUnavailable && code != Code::kDestinationBusy) {
    status.with("statement", shorten(error.statement, kTextMax));
  }
  if (!error.server_hint.empty()) status.with("server's hint", error.server_hint);
  if (const std::string_view hint = hint_for(error.sqlstate); !hint.empty()) status.hint(std::string(hint));
  return status;
}

}  // namespace lode::postgres
