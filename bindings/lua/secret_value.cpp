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

void open_secrets(lua_State* L) {
  register_type<Secret>(
      L, {{"reveal", secret_reveal}, {"starts_with", secret_starts_with}},
      {{"__tostring", secret_tostring}, {"__concat", secret_concat}, {"__eq", secret_equal}, {"__len", secret_length}});
}

}  // namespace lode::lua
