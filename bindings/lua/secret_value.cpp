// Secrets as Lua sees them.
#include "lua/secret_value.h"

#include <fmt/format.h>

#include "lua/convert.h"
#include "lua/object.h"

namespace lode::lua {

template <>
struct TypeName<Secret> {
  static constexpr const char* kName = "lode.secret";
};

namespace {

int secret_tostring(lua_State* L) {
  lua_pushliteral(L, "***");
  return 1;
}

int secret_reveal(lua_State* L) {
  push_text(L, check_object<Secret>(L, 1).reveal());
  return 1;
}

// In bytes: that a secret is there, and that it is long enough, may be said.
int secret_length(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(check_object<Secret>(L, 1).reveal().size()));
  return 1;
}

// For checks of a key's form: "sk_", "ghp_".
int secret_starts_with(lua_State* L) {
  std::size_t size = 0;
  const char* start = luaL_checklstring(L, 2, &size);
  lua_pushboolean(L, check_object<Secret>(L, 1).reveal().starts_with(std::string_view(start, size)));
  return 1;
}

// What a secret becomes part of is a secret.
int secret_concat(lua_State* L) {
  std::string left;
  std::string right;
  if (!read_text_or_secret(L, 1, left) || !read_text_or_secret(L, 2, right)) {
    return luaL_error(L, "a secret can be joined with text only");
  }
  push_secret(L, Secret(left + right));
  wipe(left);
  wipe(right);
  return 1;
}

int secret_equal(lua_State* L) {
  lua_pushboolean(L, check_object<Secret>(L, 1).reveal() == check_object<Secret>(L, 2).reveal());
  return 1;
}

}  // namespace

void push_secret(lua_State* L, Secret secret) { push_object<Secret>(L, std::move(secret)); }
const Secret* to_secret(lua_State* L, int index) { return to_object<Secret>(L, index); }

bool read_text_or_secret(lua_State* L, int index, std::string& out, bool* was_secret) {
  if (const Secret* secret = to_secret(L, index)) {
    out = secret->reveal();
    if (was_secret != nullptr) *was_secret = true;
    return true;
  }
  switch (lua_type(L, index)) {
    case LUA_TSTRING: {
      std::size_t size = 0;
      const char* text = lua_tolstring(L, index, &size);
      out.assign(text, size);
      return true;
    }
    case LUA_TNUMBER:
      // On a copy: lua_tolstring would change the value in place. %.17g keeps integers and fractions exact enough to
      // read back.
      out = fmt::format("{}", lua_tonumber(L, index));
      if (out.size() > 2 && out.substr(out.size() - 2) == ".0") out.resize(out.size() - 2);
      return true;
    case LUA_TBOOLEAN:
      out = lua_toboolean(L, index) != 0 ? "true" : "false";
      return true;
    default:
      return false;
  }
}

namespace {

Result<json::Value> read_revealed(lua_State* L, int index, int depth);

Result<json::Value> read_revealed_table(lua_State* L, int index, int depth) {
  const bool is_a_list = is_list(L, index);
  json::Value value = is_a_list ? json::Value::list() : json::Value::object();
  if (is_a_list) {
    for (std::size_t i = 1; i <= lua_objlen(L, index); ++i) {
      lua_rawgeti(L, index, static_cast<int>(i));
      LODE_ASSIGN(json::Value item, read_revealed(L, lua_gettop(L), depth + 1));
      lua_pop(L, 1);
      value.push_back(std::move(item));
    }
    return value;
  }
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) {
      return Status::error(Code::kLuaBadField, "a table of settings has names as keys");
    }
    const std::string key = lua_tostring(L, -2);
    LODE_ASSIGN(json::Value member, read_revealed(L, lua_gettop(L), depth + 1));
    value.set(key, std::move(member));
  }
  return value;
}

// A value whose texts may be secrets.
Result<json::Value> read_revealed(lua_State* L, int index, int depth) {
  if (const Secret* secret = to_secret(L, index)) return json::Value(secret->reveal());
  constexpr int kDepthMax = 50;
  if (depth > kDepthMax) return Status::error(Code::kLuaBadField, "the value is nested too deeply, or in itself");
  if (lua_istable(L, index) && !is_null(L, index)) return read_revealed_table(L, index, depth);
  return read_value(L, index);
}

}  // namespace

Result<json::Value> read_revealed(lua_State* L, int index) { return read_revealed(L, index, 0); }

void open_secrets(lua_State* L) {
  register_type<Secret>(
      L, {{"reveal", secret_reveal}, {"starts_with", secret_starts_with}},
      {{"__tostring", secret_tostring}, {"__concat", secret_concat}, {"__eq", secret_equal}, {"__len", secret_length}});
}

}  // namespace lode::lua
