// Pipeline info: what this machine knows of a pipeline, from its working folder.
#pragma once

#include <optional>
#include <string>

#include "env/env.h"
#include "json/value.h"
#include "runtime/destination_choice.h"
#include "runtime/working_folder.h"
#include "schema/schema.h"

namespace lode {

/// The working folder of a pipeline that this machine has. Errors: kPipelineMissing, with a guess of what was meant.
Result<WorkingFolder> find_pipeline(Env& env, const Path& pipelines_folder, const std::string& name);

/// All pipelines of this machine: a list of {name, folder, destination, dataset, last_run_at, last_run_ok, last_error,
/// packages_waiting}.
Result<json::Value> list_pipelines(Env& env, const Path& pipelines_folder);

/// Where the pipeline loads to, from its state, else from a package that waits; all empty if neither says.
Result<KnownPlace> find_place(Env& env, const WorkingFolder& folder);

/// Reads only, so that a pipeline may run meanwhile. The answer:
///   name, folder
///   destination, dataset   where it loads to, without secrets; "": not known
///   schemas    names of those that are copied here
///   state      the state document as of the last commit from here; null: none
///   last_run   the report of the last run that succeeded; null: none
///   last_trace the trace of the last run, whatever became of it; null: none
///   cursors    [{source, resource, cursor_path, last_value}], out of the state
///   pending    packages that wait: pipeline_packages.h
///   warnings   files that cannot be read, a sentence each
/// Errors: kPipelineMissing, those of reading files.
Result<json::Value> pipeline_info(Env& env, const Path& pipelines_folder, const std::string& name);

/// A schema of the pipeline as of the last load from this machine: the one called `schema`, "": its default schema.
/// nullopt: nothing was loaded yet, or there is none of that name. Errors: kSchemaInvalid, kStateCorrupt, reading.
Result<std::optional<Schema>> pipeline_schema(Env& env, const Path& pipelines_folder, const std::string& name,
                                              const std::string& schema);

/// As pipeline_schema(), for people: that there is none is an error that says which there are. Errors also:
/// kPipelineMissing, kSchemaMissing.
Result<Schema> show_schema(Env& env, const Path& pipelines_folder, const std::string& name, const std::string& schema);

}  // namespace lode
