// Packages of a pipeline that wait on this machine: what is in them, why they wait, and giving them up.
#pragma once

#include <string>
#include <vector>

#include "env/env.h"
#include "json/value.h"
#include "runtime/working_folder.h"

namespace lode {

/// All that wait, oldest first. Reads only, so that a pipeline may run meanwhile. Each is an object:
///   load_id, created_at, rows (of users' tables), files, bytes; error (text) alone with load_id: it cannot be read
///   dataset          that it was made for
///   tables           list of {table, rows, files, bytes}
///   jobs             list of {table, file, rows, bytes}
///   cursors          as they are once it is loaded: list of {source, resource, cursor_path, last_value}
///   dropped_tables, emptied_tables
///   failure          null, or {at, attempts, final, table, file, rows, error}: why it could not be loaded
Result<json::Value> waiting_packages(Env& env, const WorkingFolder& folder);

/// Deletes packages that wait: those of the ids, or all without any. Their rows are gone, and cursors do not advance.
/// Returns what waiting_packages() said of them. Errors: kLocked, kNotFound for an id that does not wait; then none is
/// deleted.
Result<json::Value> give_up_packages(Env& env, const WorkingFolder& folder, const std::vector<std::string>& load_ids);

/// Where the cursors of a state are: list of {source, resource, cursor_path, last_value}.
json::Value cursors_of(const json::Value& state);

}  // namespace lode
