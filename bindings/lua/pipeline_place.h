// Where a pipeline object of Lua loads to.
#pragma once

#include <lua.hpp>
#include <string>

#include "base/result.h"
#include "json/value.h"
#include "lua/script_run.h"

namespace lode::lua {

struct PipelinePlace {
  std::string name;
  json::Value destination;  ///< as the script or the command line says; credentials may be missing
  std::string dataset;      ///< that of dev_mode, if it is on
};

/// A name, a URL, or { type = …, credentials = … } whose texts may be secrets.
Result<json::Value> read_destination(lua_State* L, int index);
/// `pipeline`: the absolute index of what lode.pipeline() made. The command line wins over the script.
Result<PipelinePlace> read_place(lua_State* L, int pipeline, const ScriptOptions& options);

}  // namespace lode::lua
