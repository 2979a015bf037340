// Credentials in Lua: native.credentials_*. Their secret fields are secrets.
#include <fmt/format.h>

#include "config/connection_string.h"
#include "config/credentials.h"
#include "json/write.h"
#include "lua/config_query.h"
#include "lua/convert.h"
#include "lua/modules.h"
#include "lua/script_run.h"
#include "lua/secret_value.h"
#include "lua/status_value.h"

namespace lode::lua {
namespace {

Config& config_of(lua_State* L) { return Vm::of(L).owner()->config(); }
Env& env_of(lua_State* L) { return Vm::of(L).owner()->engine().env(); }

// A table of the fields, secrets as such.
void push_fields(lua_State* L, const CredentialKind& kind, const json::Value& fields) {
  lua_newtable(L);
  for (const auto& [name, value] : fields.members()) {
    const Field* field = kind.fields.find(name);
    if (field != nullptr && field->type == FieldType::kSecret && value.is_text()) {
      push_secret(L, Secret(value.as_text()));
    } else {
      push_value(L, value);
    }
    lua_setfield(L, -2, name.c_str());
  }
}

const CredentialKind* kind_at(lua_State* L, int index) {
  const CredentialKind* kind = find_credential_kind(luaL_checkstring(L, index));
  if (kind == nullptr) luaL_argerror(L, index, "no kind of credentials");
  return kind;
}

// native.credentials_make(kind, value, subject): fields and how to show them, or nil and an error
int credentials_make(lua_State* L) {
  const CredentialKind& kind = *kind_at(L, 1);
  lua_settop(L, 3);
  Result<json::Value> given = read_revealed(L, 2);
  if (!given.ok()) return answer_error(L, std::move(given).status());
  Result<json::Value> fields = make_credentials(kind, *given, env_of(L), luaL_checkstring(L, 3));
  wipe(*given);
  if (!fields.ok()) return answer_error(L, std::move(fields).status());
  push_fields(L, kind, *fields);
  push_text(L, show_credentials(kind, *fields));
  wipe(*fields);
  return 2;
}

// native.credentials_find(kinds, query): the kind, fields and how to show them; of "string" a secret, of "table" the
// table; or nil and an error
int credentials_find(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  std::vector<std::string> kinds;
  for (std::size_t i = 1; i <= lua_objlen(L, 1); ++i) {
    lua_rawgeti(L, 1, static_cast<int>(i));
    kinds.emplace_back(luaL_checkstring(L, -1));
    lua_pop(L, 1);
  }
  const ConfigQuery query = read_query(L, 2);
  Result<FoundCredentials> found = find_any_credentials(config_of(L), kinds, query, env_of(L));
  if (!found.ok()) return answer_error(L, std::move(found).status());
  push_text(L, found->kind);
  if (found->kind == "string") {
    push_secret(L, Secret(found->fields.as_text()));
    return 2;
  }
  if (found->kind == "table") {
    push_value(L, found->fields);
    return 2;
  }
  const CredentialKind& kind = *find_credential_kind(found->kind);
  push_fields(L, kind, found->fields);
  push_text(L, show_credentials(kind, found->fields));
  wipe(found->fields);
  return 3;
}

// native.credentials_kinds(): { { name, doc, fields } }, fields as FieldSpec::to_json() has them
int credentials_kinds(lua_State* L) {
  json::Value kinds = json::Value::list();
  for (const CredentialKind& kind : credential_kinds()) {
    kinds.push_back(json::Value::object({{"name", kind.name}, {"doc", kind.doc}, {"fields", kind.fields.to_json()}}));
  }
  push_value(L, kinds);
  return 1;
}

// native.connection_string(fields): the URL, a secret
int connection_string(lua_State* L) {
  lua_settop(L, 1);
  Result<json::Value> fields = read_revealed(L, 1);
  if (!fields.ok()) return answer_error(L, std::move(fields).status());
  push_secret(L, Secret(render_connection_string(*fields)));
  wipe(*fields);
  return 1;
}

// native.revealed_json(value): JSON text in which secrets are readable, itself a secret
int revealed_json(lua_State* L) {
  lua_settop(L, 1);
  Result<json::Value> value = read_revealed(L, 1);
  if (!value.ok()) return answer_error(L, std::move(value).status());
  push_secret(L, Secret(json::write(*value)));
  wipe(*value);
  return 1;
}

}  // namespace

void open_credentials(lua_State* L) {
  for (const luaL_Reg& function :
       {luaL_Reg{"credentials_make", credentials_make}, luaL_Reg{"credentials_find", credentials_find},
        luaL_Reg{"credentials_kinds", credentials_kinds}, luaL_Reg{"connection_string", connection_string},
        luaL_Reg{"revealed_json", revealed_json}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
