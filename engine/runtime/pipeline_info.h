// Pipeline info: what this machine knows of a pipeline, from its working folder.
#pragma once

#include <string>

#include "env/env.h"
#include "json/value.h"

namespace lode {

/// Reads only, so that a pipeline may run meanwhile. The answer:
///   name, folder
///   state      the state document as of the last commit from here; null: none
///   last_run   the report of the last run that succeeded; null: none
///   cursors    [{source, resource, cursor_path, last_value}], out of the state
///   pending    [{load_id, created_at, rows, files, bytes} or {load_id, error}]: sealed packages that wait to be loaded
/// Errors: kPipelineMissing, with a guess of what was meant; kStateCorrupt; those of reading files.
Result<json::Value> pipeline_info(Env& env, const Path& pipelines_folder, const std::string& name);

}  // namespace lode
