// What Lua asks of the configuration, as the engine takes it.
#include "lua/config_query.h"

#include <vector>

namespace lode::lua {
namespace {

std::string text_field(lua_State* L, int table, const char* name) {
  lua_getfield(L, table, name);
  std::string value = lua_isstring(L, -1) != 0 ? lua_tostring(L, -1) : "";
  lua_pop(L, 1);
  return value;
}

std::vector<std::string> list_field(lua_State* L, int table, const char* name) {
  std::vector<std::string> out;
  lua_getfield(L, table, name);
  if (lua_istable(L, -1)) {
    for (std::size_t i = 1; i <= lua_objlen(L, -1); ++i) {
      lua_rawgeti(L, -1, static_cast<int>(i));
      if (lua_isstring(L, -1) != 0) out.emplace_back(lua_tostring(L, -1));
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
  return out;
}

}  // namespace

ConfigQuery read_query(lua_State* L, int index) {
  ConfigQuery query;
  if (!lua_istable(L, index)) {
    query.key = luaL_checkstring(L, index);
    return query;
  }
  query.key = text_field(L, index, "key");
  query.sections = list_field(L, index, "sections");
  query.embedded = list_field(L, index, "embedded");
  query.trailing = text_field(L, index, "trailing");
  query.pipeline_name = text_field(L, index, "pipeline");
  lua_getfield(L, index, "secret");
  query.secret = lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  return query;
}

bool names_something(const std::string& key) { return !KeyPath::from_dotted(key).parts.empty(); }

Status nameless_key() {
  return Status::error(Code::kLuaBadField, "a key of the configuration must have a name in it")
      .hint("write it with dots: \"sources.shop.api_key\"");
}

}  // namespace lode::lua
