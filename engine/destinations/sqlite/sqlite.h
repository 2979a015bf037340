// SQLite as a destination.
#pragma once

#include <memory>

#include "destinations/builtin.h"

namespace lode {

/// Options: credentials = "sqlite:///relative.db" or "sqlite:////absolute.db"; or file = a path. Without either the file is
/// lode.db in the current folder. busy_timeout_ms: how long to wait while another program holds the write lock (5000).
Result<std::unique_ptr<Destination>> make_sqlite(const DestinationSpec& spec, Env& env);

}  // namespace lode
