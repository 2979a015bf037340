// Bringing stored schemas of older dlt versions to today's layout.
#pragma once

#include "base/result.h"
#include "json/value.h"

namespace lode {

/// Rewrites dlt's stored dictionary from the engine version it names to kSchemaEngineVersion, in place.
/// Errors: kSchemaInvalid for versions that are newer, or so old (1 and 2, before 2022) that no dataset has them.
Status migrate_stored_schema(json::Value& stored);

}  // namespace lode
