// What must hold of a table before its rows are merged: found out before anything is loaded.
#pragma once

#include "base/result.h"
#include "load/destination.h"
#include "schema/schema.h"

namespace lode {

/// Whether `destination` can merge the root table as its hints say; ok for tables that are not merged. Before the
/// first rows are seen keys may still be unknown: `knows_columns` says whether a key that is missing is an error.
/// Errors: kSchemaInvalid for hints that contradict each other, kDestinationRefused for what the destination lacks.
Status check_merge(const Table& root, const Destination& destination, bool knows_columns);

}  // namespace lode
