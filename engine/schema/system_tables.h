// The tables that dlt keeps beside the data. Their names, columns, order and texts are part of its stored format.
#pragma once

#include "schema/schema.h"

namespace lode {

/// `_dlt_version`: one row for every version of a schema.
Table version_table();
/// `_dlt_loads`: one row for every committed load.
Table loads_table();
/// `_dlt_pipeline_state`: the state that each load brought, as a resource declares it: without `_dlt_id`, which comes
/// with the first row.
Table state_table();

/// Whether a load makes this table at the destination: tables exist once they have rows, and those that every load
/// writes to.
bool is_made_by_loads(const Table& table);

}  // namespace lode
