// Settings: what a user says of the server, as libpq wants it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/secret.h"
#include "json/value.h"

namespace lode::postgres {

/// Parameters of a connection. What is not among them libpq takes from the PG* environment, ~/.pgpass and its defaults.
struct Settings {
  std::vector<std::pair<std::string, Secret>> parameters;  ///< libpq's keywords, "password" among them
  std::string display;                                     ///< "postgresql://ada@db.example:5432/shop": no secrets
  std::int64_t connect_timeout_s = 15;

  const Secret* find(std::string_view keyword) const;
};

/// From `credentials` or `url` (a URL, libpq's "host=… dbname=…", or an object) and the fields beside them: host, port,
/// database, username, password, sslmode, sslrootcert, connect_timeout. A URL may name a driver as SQLAlchemy's do.
/// Errors: kConfigInvalid; no text of theirs holds what the URL holds between '://' and '@', or a value of its query.
Result<Settings> read_settings(const json::Value& options);

}  // namespace lode::postgres
