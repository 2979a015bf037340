// Values between Lua and the engine.
#include "lua/convert.h"

#include "lua/object.h"
#include "lua/value_reader.h"
#include "lua/vm.h"

namespace lode::lua {

namespace {

constexpr double kExactMax = 9007199254740992.0;  // 2^53: beyond it a double skips integers
constexpr const char* kListName = "lode.list";
char kNullKey;  // its address is the key of lode.null in the registry

// A value of lode.null is a userdata without content; its identity is what counts.
struct Null {};

}  // namespace

template <>
struct TypeName<Null> {
  static constexpr const char* kName = "lode.null";
};

void push_null(lua_State* L) {
  lua_pushlightuserdata(L, &kNullKey);
  lua_rawget(L, LUA_REGISTRYINDEX);
}

void register_null_and_list(lua_State* L) {
  luaL_newmetatable(L, kListName);
  lua_pushstring(L, kListName);
  lua_setfield(L, -2, "__name");
  lua_pop(L, 1);

  register_type<Null>(L, {}, {{"__tostring", [](lua_State* state) {
                                 lua_pushliteral(state, "null");
                                 return 1;
                               }}});
  lua_pushlightuserdata(L, &kNullKey);
  push_object<Null>(L);
  lua_rawset(L, LUA_REGISTRYINDEX);
}

bool is_null(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA) return false;
  const void* value = lua_touserdata(L, index);
  push_null(L);
  const bool same = lua_touserdata(L, -1) == value;
  lua_pop(L, 1);
  return same;
}

void tag_list(lua_State* L) {
  luaL_getmetatable(L, kListName);
  lua_setmetatable(L, -2);
}

bool is_list(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TTABLE) return false;
  if (lua_getmetatable(L, index) != 0) {
    luaL_getmetatable(L, kListName);
    const bool tagged = lua_rawequal(L, -1, -2) != 0;
    lua_pop(L, 2);
    if (tagged) return true;
  }
  return lua_objlen(L, index) > 0;
}

namespace {

void push_integer(lua_State* L, std::int64_t value) {
  if (value >= -static_cast<std::int64_t>(kExactMax) && value <= static_cast<std::int64_t>(kExactMax)) {
    lua_pushnumber(L, static_cast<lua_Number>(value));
  } else {
    *Vm::of(L).push_int64_box(L) = value;
  }
}

void push_exact(lua_State* L, json::Ref value) {
  ExactValue& exact = push_object<ExactValue>(L);
  exact.kind = value.kind();
  if (value.kind() == json::Kind::kBigInt || value.kind() == json::Kind::kDecimal ||
      value.kind() == json::Kind::kBinary) {
    exact.text = value.as_text();
  } else {
    exact.number = value.as_int();
  }
}

}  // namespace

void push_value(lua_State* L, json::Ref value) {
  switch (value.kind()) {
    case json::Kind::kNull:
      push_null(L);
      return;
    case json::Kind::kBool:
      lua_pushboolean(L, value.as_bool());
      return;
    case json::Kind::kInt:
      push_integer(L, value.as_int());
      return;
    case json::Kind::kDouble:
      lua_pushnumber(L, value.as_double());
      return;
    case json::Kind::kText:
      push_text(L, value.as_text());
      return;
    case json::Kind::kList: {
      luaL_checkstack(L, 8, "values nested too deeply");
      lua_createtable(L, static_cast<int>(value.size()), 0);
      json::Ref item = value.size() > 0 ? value.first_child() : value;
      for (std::size_t i = 1; i <= value.size(); ++i, item = item.next()) {
        push_value(L, item);
        lua_rawseti(L, -2, static_cast<int>(i));
      }
      tag_list(L);
      return;
    }
    case json::Kind::kObject: {
      luaL_checkstack(L, 8, "values nested too deeply");
      lua_createtable(L, 0, static_cast<int>(value.size()));
      json::Ref key = value.size() > 0 ? value.first_child() : value;
      for (std::size_t i = 0; i < value.size(); ++i) {
        push_text(L, key.as_text());
        const json::Ref member = key.next();
        push_value(L, member);
        lua_rawset(L, -3);
        key = member.next();
      }
      return;
    }
    default:
      push_exact(L, value);
  }
}

void push_value(lua_State* L, const json::Value& value) {
  json::DocumentBuilder builder;
  builder.value(value);
  push_value(L, builder.finish()->root(0));
}

Status read_value(lua_State* L, int index, json::Ref original, json::DocumentBuilder& out) {
  const int absolute = index < 0 ? lua_gettop(L) + index + 1 : index;
  const int top = lua_gettop(L);
  Status status = ValueReader(L, out, TextOfOriginals::kCopied).read(absolute, original);
  lua_settop(L, top);
  return status;
}

Result<json::Value> read_value(lua_State* L, int index) {
  json::DocumentBuilder builder;
  LODE_TRY(read_value(L, index, json::Ref(), builder));
  return json::to_value(builder.finish()->root(0));
}

}  // namespace lode::lua
