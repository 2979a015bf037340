// SQLite as a destination.
#pragma once

#include <memory>

#include "destinations/builtin.h"

namespace lode {

const FieldSpec& sqlite_options();

/// In a main file, with the dataset's own file beside it: see README.md. Options: checked by sqlite_options(). Errors:
/// kConfigInvalid.
Result<std::unique_ptr<Destination>> make_sqlite(const DestinationSpec& spec, Env& env);

}  // namespace lode
