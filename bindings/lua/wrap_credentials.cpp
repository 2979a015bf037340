// Credentials in Lua: native.credentials_*. Their secret fields are secrets.
#include <fmt/format.h>

#include "config/clouds/azure_token.h"
#include "config/clouds/google_token.h"
#include "config/connection_string.h"
#include "config/credentials.h"
#include "json/write.h"
#include "lua/config_query.h"
#include "lua/convert.h"
#include "lua/modules.h"
#include "lua/script_run.h"
#include "lua/secret_value.h"
#include "lua/status_value.h"
#include "lua/work_await.h"

namespace lode::lua {
namespace {

Config& config_of(lua_State* L) { return Vm::of(L).owner()->config(); }
Engine& engine_of(lua_State* L) { return Vm::of(L).owner()->engine(); }
Env& env_of(lua_State* L) { return engine_of(L).env(); }

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

// { default = …, source = …, ends_s = … }: CredentialFacts
void push_facts(lua_State* L, const CredentialFacts& facts) {
  lua_newtable(L);
  lua_pushboolean(L, facts.is_default);
  lua_setfield(L, -2, "default");
  push_text(L, facts.source);
  lua_setfield(L, -2, "source");
  if (facts.ends_us == 0) return;
  lua_pushnumber(L, static_cast<double>(facts.ends_us) / 1e6);
  lua_setfield(L, -2, "ends_s");
}

int push_found(lua_State* L, FoundCredentials found) {
  push_text(L, found.kind);
  if (found.kind == "string") {
    push_secret(L, Secret(found.fields.as_text()));
    return 2;
  }
  if (found.kind == "table") {
    push_value(L, found.fields);
    return 2;
  }
  const CredentialKind& kind = *find_credential_kind(found.kind);
  push_fields(L, kind, found.fields);
  push_text(L, show_credentials(kind, found.fields));
  push_facts(L, found.facts);
  wipe(found.fields);
  return 4;
}

// Looks for credentials, first in what is at hand; a worker asks vaults and the network if that may help, while the
// script waits.
using FindCredentials =
    std::function<Result<FoundCredentials>(const Config& config, const Machine& machine, CredentialFacts& facts)>;

int answer_found(lua_State* L, const FindCredentials& find, const std::string& mode) {
  Machine quiet(env_of(L));
  quiet.may_probe = mode == "probe";
  CredentialFacts facts;
  Result<FoundCredentials> found = find(config_of(L).at_hand(), quiet, facts);
  if (found.ok()) return push_found(L, std::move(*found));
  const bool may_help = facts.wants_network || found.status().code() == Code::kCancelled;
  if (!may_help || mode == "quiet") return answer_error(L, std::move(found).status());
  Engine& engine = engine_of(L);
  const auto ask = [&engine, config = config_of(L), find, may_probe = quiet.may_probe](const std::stop_token& stop) {
    Machine machine(engine.env(), engine.http(), stop);
    machine.may_probe = may_probe;
    CredentialFacts unused;
    return find(config.with_stop(stop), machine, unused);
  };
  return wait_for<FoundCredentials>(L, ask, push_found);
}

// A copy that is wiped when nobody needs it any more.
std::shared_ptr<const json::Value> shared_secret(json::Value value) {
  return {new json::Value(std::move(value)), [](json::Value* held) {
            wipe(*held);
            delete held;
          }};
}

// native.credentials_make(kind, value, subject): kind, fields, how to show them, and facts of them: { default, source,
// ends_s }; or nil and an error. May wait.
int credentials_make(lua_State* L) {
  const CredentialKind& kind = *kind_at(L, 1);
  const std::string subject = luaL_checkstring(L, 3);
  lua_settop(L, 3);
  Result<json::Value> read = read_revealed(L, 2);
  if (!read.ok()) return answer_error(L, std::move(read).status());
  const auto given = shared_secret(std::move(*read));
  const auto make = [&kind, subject, given](const Config& config, const Machine& machine,
                                            CredentialFacts& facts) -> Result<FoundCredentials> {
    LODE_ASSIGN(json::Value followed, config.follow(*given, true, subject));
    Result<json::Value> fields = make_credentials(kind, followed, machine, subject, &facts);
    wipe(followed);
    if (!fields.ok()) return std::move(fields).status();
    return FoundCredentials{std::string(kind.name), std::move(*fields), facts};
  };
  return answer_found(L, make, "probe");
}

// native.credentials_find(kinds, query, mode): as credentials_make(); of "string" the kind and a secret, of "table" the
// kind and the table. `mode`: "probe"; "assume": metadata services are not asked; "quiet": nobody is.
int credentials_find(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  std::vector<std::string> kinds;
  for (std::size_t i = 1; i <= lua_objlen(L, 1); ++i) {
    lua_rawgeti(L, 1, static_cast<int>(i));
    kinds.emplace_back(luaL_checkstring(L, -1));
    lua_pop(L, 1);
  }
  const ConfigQuery query = read_query(L, 2);
  const auto find = [kinds, query](const Config& config, const Machine& machine, CredentialFacts& facts) {
    return find_any_credentials(config, kinds, query, machine, &facts);
  };
  return answer_found(L, find, luaL_optstring(L, 3, "probe"));
}

// native.credentials_token(kind, fields, scopes): an access token, a secret, and the seconds that it holds; or nil and
// an error. Without fields the machine's own credentials are used. Waits.
int credentials_token(lua_State* L) {
  const std::string kind = luaL_checkstring(L, 1);
  luaL_checktype(L, 3, LUA_TTABLE);
  std::vector<std::string> scopes;
  for (std::size_t i = 1; i <= lua_objlen(L, 3); ++i) {
    lua_rawgeti(L, 3, static_cast<int>(i));
    scopes.emplace_back(luaL_checkstring(L, -1));
    lua_pop(L, 1);
  }
  if (scopes.empty() && kind.starts_with("azure")) luaL_argerror(L, 3, "a scope");
  lua_settop(L, 3);
  Result<json::Value> read = lua_isnil(L, 2) ? Result<json::Value>(json::Value()) : read_revealed(L, 2);
  if (!read.ok()) return answer_error(L, std::move(read).status());
  const auto fields = shared_secret(std::move(*read));
  Engine& engine = engine_of(L);
  const auto fetch = [&engine, kind, scopes, fields](const std::stop_token& stop) {
    const CloudAccess access{engine.http(), engine.env(), stop};
    if (kind.starts_with("azure")) return fetch_azure_token(access, *fields, scopes.front());
    return fetch_google_token(access, *fields, scopes);
  };
  const auto push = [&engine](lua_State* state, AccessToken token) {
    push_secret(state, token.text);
    lua_pushnumber(state, static_cast<double>(token.ends_us - engine.env().now_us()) / 1e6);
    return 2;
  };
  return wait_for<AccessToken>(L, fetch, push);
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
        luaL_Reg{"credentials_kinds", credentials_kinds}, luaL_Reg{"credentials_token", credentials_token},
        luaL_Reg{"connection_string", connection_string}, luaL_Reg{"revealed_json", revealed_json}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
