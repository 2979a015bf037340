// What `lode source` does: the types of sources that come with the program, and settings written.
#include "config/files/secrets_file.h"
#include "lua/config_query.h"
#include "lua/convert.h"
#include "lua/modules.h"
#include "lua/script_run.h"
#include "lua/status_value.h"

namespace lode::lua {
namespace {

// native.source_types(): { { name, text } }, the scripts of pipelines that can be made others of
int source_types(lua_State* L) {
  json::Value types = json::Value::list();
  for (const EmbeddedModule& pipeline : embedded_pipelines()) {
    types.push_back(json::Value::object({{"name", pipeline.name}, {"text", pipeline.source}}));
  }
  push_value(L, types);
  return 1;
}

// native.setting_write(key, value): the file, or nil and an error
int setting_write(lua_State* L) {
  const std::string name = luaL_checkstring(L, 1);
  if (!names_something(name)) return answer_error(L, nameless_key());
  const KeyPath key = KeyPath::from_dotted(name);
  lua_settop(L, 2);
  Result<json::Value> value = read_value(L, 2);
  if (!value.ok()) return answer_error(L, std::move(value).status());
  ScriptRun& script = *Vm::of(L).owner();
  Env& env = script.engine().env();
  Result<Path> file = settings_file_for(env, script.config().folders(), script.config().profile(), key);
  if (!file.ok()) return answer_error(L, std::move(file).status());
  Status status = write_setting(env, *file, key, *value);
  if (!status.ok()) return answer_error(L, std::move(status));
  push_text(L, file->string());
  return 1;
}

}  // namespace

void open_source_admin(lua_State* L) {
  for (const luaL_Reg& function : {luaL_Reg{"source_types", source_types}, luaL_Reg{"setting_write", setting_write}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
