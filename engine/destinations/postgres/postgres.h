// PostgreSQL as a destination.
#pragma once

#include <memory>

#include "destinations/builtin.h"

namespace lode {

const FieldSpec& postgres_options();

/// Options: checked by postgres_options(); where the server is, read_settings() in credentials.h says. Errors:
/// kConfigInvalid, kConfigUnknownField.
Result<std::unique_ptr<Destination>> make_postgres(const DestinationSpec& spec, Env& env);

}  // namespace lode
