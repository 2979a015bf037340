// Where a pipeline object of Lua loads to.
#include "lua/pipeline_place.h"

#include "lua/convert.h"
#include "lua/secret_value.h"
#include "runtime/working_folder.h"

namespace lode::lua {
namespace {

std::string text(lua_State* L, int table, const char* name) {
  lua_getfield(L, table, name);
  std::string value = lua_isstring(L, -1) ? lua_tostring(L, -1) : "";
  lua_pop(L, 1);
  return value;
}

}  // namespace

Result<json::Value> read_destination(lua_State* L, int index) {
  std::string plain;
  if (read_text_or_secret(L, index, plain)) return json::Value(plain);
  if (!lua_istable(L, index)) return Status::error(Code::kLuaBadField, "destination must be a name, a URL or a table");
  json::Value value = json::Value::object();
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) continue;
    const std::string key = lua_tostring(L, -2);
    if (to_secret(L, -1) != nullptr || !lua_istable(L, -1)) {
      std::string part;
      if (lua_type(L, -1) == LUA_TSTRING || to_secret(L, -1) != nullptr) {
        read_text_or_secret(L, -1, part);
        value.set(key, part);
      } else {
        LODE_ASSIGN(json::Value scalar, read_value(L, -1));
        value.set(key, std::move(scalar));
      }
    } else {
      LODE_ASSIGN(json::Value nested, read_destination(L, lua_gettop(L)));
      value.set(key, std::move(nested));
    }
  }
  return value;
}

Result<PipelinePlace> read_place(lua_State* L, int pipeline, const ScriptOptions& options) {
  PipelinePlace place;
  place.name = text(L, pipeline, "name");
  place.dataset = options.dataset.empty() ? text(L, pipeline, "dataset_name") : options.dataset;
  lua_getfield(L, pipeline, "dev_mode");
  if (lua_toboolean(L, -1) != 0) place.dataset = dev_dataset(place.dataset, text(L, pipeline, "dev_suffix"));
  lua_pop(L, 1);
  if (!options.destination.empty()) {
    place.destination = options.destination;
    return place;
  }
  lua_getfield(L, pipeline, "destination");
  LODE_ASSIGN(place.destination, read_destination(L, lua_gettop(L)));
  lua_pop(L, 1);
  return place;
}

}  // namespace lode::lua
