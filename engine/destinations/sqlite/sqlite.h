// SQLite as a destination.
#pragma once

#include <memory>

#include "destinations/builtin.h"

namespace lode {

/// Options: where the main file is, as one of
///   credentials = "sqlite:///relative.db" or "sqlite:////srv/absolute.db" (`url` is another name for it), or {database
///   = path} file = path
/// (none: lode.db in the current folder), and busy_timeout_ms: how long to wait while another program holds the write
/// lock (5000). The dataset's own file is beside it: see README.md. Errors: kConfigInvalid.
Result<std::unique_ptr<Destination>> make_sqlite(const DestinationSpec& spec, Env& env);

}  // namespace lode
