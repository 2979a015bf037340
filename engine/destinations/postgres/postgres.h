// PostgreSQL as a destination.
#pragma once

#include <memory>

#include "destinations/builtin.h"

namespace lode {

/// Options: where the server is, see read_settings() in credentials.h; none: libpq's PG* environment. And
///   create_indexes   columns with the hint unique get a UNIQUE (true, as dlt)
///   lock_timeout_ms  how long to wait for another load, or for whoever holds a lock on a table (60000; 0: for ever)
///   flavor           "postgres", "citus", "cockroachdb" or "redshift"; otherwise the server is asked
/// Errors: kConfigInvalid, kConfigUnknownField.
Result<std::unique_ptr<Destination>> make_postgres(const DestinationSpec& spec, Env& env);

}  // namespace lode
