// The root key: child rows of tables that are merged carry the id of the row at their top, so that a merge can find and
// replace all descendants of a row. Which tables need it is decided here and kept in the schema, as dlt does.
#pragma once

#include <string_view>

#include "schema/schema.h"

namespace lode {

/// How a root table is merged: its own `x-merge-strategy`, else `default_strategy` (what the destination does first;
/// "" if it cannot merge). "" for tables that are not merged.
std::string merge_strategy_of(const Table& root, std::string_view default_strategy);

/// Call when `table` was added or changed. If its root needs the key (merged with a strategy that replaces children, or
/// asked for by normalizers.json.config.root_key_propagation, or a table of the chain has the column already), the
/// schema says from now on: copy the row id of the root to `_dlt_root_id` of its descendants.
void update_root_key(Schema& schema, std::string_view table, std::string_view default_strategy);

}  // namespace lode
