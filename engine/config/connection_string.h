// Connection strings: "postgresql://user:password@host:5432/database?sslmode=require", as SQLAlchemy reads them. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"

namespace lode {

/// Its parts: drivername, username, password, host, port, database, query (an object, maybe empty; a name given twice
/// has a list). Other parts that are not there are left out. User, password and database are decoded. A password ends
/// at the first '@': one inside is written %40. Errors: kConfigInvalid; the text is not shown.
Result<json::Value> parse_connection_string(std::string_view text, std::string_view subject);

/// The other way round; the query sorted by name. `fields` as parse_connection_string() gives them, drivername
/// included.
std::string render_connection_string(const json::Value& fields);

}  // namespace lode
