// Bringing stored schemas of older dlt versions to today's layout.
#pragma once

#include "base/result.h"
#include "json/value.h"

namespace lode {

/// Rewrites dlt's stored dictionary from the engine version it names to kSchemaEngineVersion, in place.
/// Errors: kSchemaInvalid for newer versions, and for what is no stored schema.
Status migrate_stored_schema(json::Value& stored);

}  // namespace lode
