// Configuration in Lua: native.config and native.secret look a dotted key up in all providers.
#include "config/config.h"
#include "lua/convert.h"
#include "lua/modules.h"
#include "lua/script_run.h"
#include "lua/secret_value.h"
#include "lua/status_value.h"

namespace lode::lua {
namespace {

ConfigQuery query_for(lua_State* L, bool secret) {
  ConfigQuery query;
  query.key = luaL_checkstring(L, 1);
  query.secret = secret;
  return query;
}

// native.config(key): the value; nil if nobody has it
int config_value(lua_State* L) {
  Result<std::optional<json::Value>> value = Vm::of(L).owner()->engine().config().find(query_for(L, false));
  if (!value.ok()) raise(L, std::move(value).status());
  if (!*value) return 0;
  push_value(L, **value);
  return 1;
}

// native.config_missing(key): the error that says where the value was looked for
int config_missing(lua_State* L) {
  Status status = Vm::of(L).owner()->engine().config().missing(query_for(L, lua_toboolean(L, 2) != 0));
  push_status(L, std::move(status.at(script_line(L))));
  return 1;
}

// native.secret(key): a secret; nil if nobody has it
int config_secret(lua_State* L) {
  Result<std::optional<Secret>> secret = Vm::of(L).owner()->engine().config().secret(query_for(L, true));
  if (!secret.ok()) raise(L, std::move(secret).status());
  if (!*secret) return 0;
  push_secret(L, std::move(**secret));
  return 1;
}

// native.make_secret(text): for values that the script got elsewhere
int make_secret(lua_State* L) {
  push_secret(L, Secret(luaL_checkstring(L, 1)));
  return 1;
}

int is_secret(lua_State* L) {
  lua_pushboolean(L, to_secret(L, 1) != nullptr);
  return 1;
}

}  // namespace

void open_config(lua_State* L) {
  for (const luaL_Reg& function :
       {luaL_Reg{"config", config_value}, luaL_Reg{"config_missing", config_missing}, luaL_Reg{"secret", config_secret},
        luaL_Reg{"make_secret", make_secret}, luaL_Reg{"is_secret", is_secret}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
