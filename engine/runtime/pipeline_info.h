// Pipeline info: what this machine knows of a pipeline, from its working folder.
#pragma once

#include <optional>
#include <string>

#include "env/env.h"
#include "json/value.h"
#include "schema/schema.h"

namespace lode {

/// Reads only, so that a pipeline may run meanwhile. The answer:
///   name, folder
///   state      the state document as of the last commit from here; null: none
///   last_run   the report of the last run that succeeded; null: none
///   cursors    [{source, resource, cursor_path, last_value}], out of the state
///   pending    [{load_id, created_at, rows, files, bytes} or {load_id, error}]: sealed packages that wait to be loaded
/// Errors: kPipelineMissing, with a guess of what was meant; kStateCorrupt; those of reading files.
Result<json::Value> pipeline_info(Env& env, const Path& pipelines_folder, const std::string& name);

/// A schema of the pipeline as of the last load from this machine: the one called `schema`, "": its default schema.
/// nullopt: nothing was loaded yet, or there is none of that name. Errors: kSchemaInvalid, kStateCorrupt, reading.
Result<std::optional<Schema>> pipeline_schema(Env& env, const Path& pipelines_folder, const std::string& name,
                                              const std::string& schema);

/// As pipeline_schema(), for people: that there is none is an error that says which there are. Errors also:
/// kPipelineMissing, kSchemaMissing.
Result<Schema> show_schema(Env& env, const Path& pipelines_folder, const std::string& name, const std::string& schema);

}  // namespace lode
