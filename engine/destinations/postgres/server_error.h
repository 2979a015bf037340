// What the server says when it does not do as it is told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace lode::postgres {

/// An error as the server or libpq tells it. Fields that were not told are empty.
struct ServerError {
  std::string sqlstate;  ///< five characters; "" when the connection itself failed
  std::string message;   ///< one line
  std::string detail;
  std::string server_hint;
  std::string table;
  std::string column;
  std::string constraint;
  std::string context;  ///< "COPY orders, line 3, column price: …"
  std::string statement;
};

/// The server's text for a connection that failed: 'FATAL:  28P01: …' with its SQLSTATE, or libpq's own words.
ServerError parse_connect_error(std::string_view text);

/// Which of lode's codes a SQLSTATE stands for. "" stands for a lost connection.
Code code_of(std::string_view sqlstate);
/// The row of a COPY that the context names, counted from 1; 0 if it names none. `column` gets its column, if named.
std::uint64_t row_of(std::string_view context, std::string* column);
/// All of it for people. `server` is what display() says.
Status to_status(const ServerError& error, std::string_view server);

}  // namespace lode::postgres
