// Configuration in Lua: native.config_* and native.secret look values up, set them and say where they were looked for.
#include <array>

#include "config/config.h"
#include "lua/config_query.h"
#include "lua/convert.h"
#include "lua/modules.h"
#include "lua/object.h"
#include "lua/script_run.h"
#include "lua/secret_value.h"
#include "lua/status_value.h"
#include "lua/work_await.h"

namespace lode::lua {

template <>
struct TypeName<std::shared_ptr<ScriptProvider>> {
  static constexpr const char* kName = "lode.config.provider";
};

namespace {

Config& config_of(lua_State* L) { return Vm::of(L).owner()->config(); }

struct TypeWord {
  const char* word;
  FieldType type;
};

// The words of lode.config; what is text in the engine is a string in Lua.
constexpr std::array<TypeWord, 11> kTypes = {{{"any", FieldType::kAny},
                                              {"string", FieldType::kText},
                                              {"integer", FieldType::kInteger},
                                              {"number", FieldType::kNumber},
                                              {"boolean", FieldType::kBoolean},
                                              {"secret", FieldType::kSecret},
                                              {"path", FieldType::kPath},
                                              {"timestamp", FieldType::kTimestamp},
                                              {"date", FieldType::kDate},
                                              {"list", FieldType::kList},
                                              {"table", FieldType::kObject}}};

FieldType read_type(lua_State* L, int index) {
  const std::string word = luaL_optstring(L, index, "any");
  for (const TypeWord& known : kTypes) {
    if (word == known.word) return known.type;
  }
  luaL_error(L, "unknown type '%s'", word.c_str());
  return FieldType::kAny;
}

// Text from the environment, and from a host's callback, has no type of its own: where nobody names one, it is what it
// looks like.
Result<std::optional<json::Value>> find_value(const Config& config, const ConfigQuery& query, const std::string& word,
                                              FieldType type) {
  if (word != "auto") return config.typed(query, type);
  LODE_ASSIGN(std::optional<Found> found, config.locate(query));
  if (!found) return std::optional<json::Value>();
  const bool is_untyped = found->provider == "environment" || found->provider == "host";
  return std::optional<json::Value>(is_untyped ? guess_type(std::move(found->value)) : std::move(found->value));
}

int push_found(lua_State* L, bool is_secret, std::optional<json::Value> value) {
  if (!value) return 0;
  if (is_secret && value->is_text()) {
    push_secret(L, Secret(value->as_text()));
    wipe(*value);
  } else {
    push_value(L, *value);
  }
  return 1;
}

// native.config(query, type): the value, a secret if it is one; nothing if nobody has it; nil and an error. Waits for
// vaults, keyrings and people.
int config_value(lua_State* L) {
  ConfigQuery query = read_query(L, 1);
  if (!names_something(query.key)) return answer_error(L, nameless_key());
  const std::string word = luaL_optstring(L, 2, "any");
  const FieldType type = word == "auto" ? FieldType::kAny : read_type(L, 2);
  if (type == FieldType::kSecret) query.secret = true;
  Result<std::optional<json::Value>> value = find_value(config_of(L).at_hand(), query, word, type);
  if (value.ok()) return push_found(L, query.secret, std::move(*value));
  if (value.status().code() != Code::kCancelled) return answer_error(L, std::move(value).status());
  return wait_for<std::optional<json::Value>>(
      L,
      [config = config_of(L), query, word, type](const std::stop_token& stop) {
        return find_value(config.with_stop(stop), query, word, type);
      },
      [is_secret = query.secret](lua_State* state, std::optional<json::Value> found) {
        return push_found(state, is_secret, std::move(found));
      });
}

// native.config_missing(query): the error that says where the value was looked for
int config_missing(lua_State* L) {
  const ConfigQuery query = read_query(L, 1);
  if (!names_something(query.key)) raise(L, nameless_key());
  Status status = config_of(L).missing(query);
  push_status(L, std::move(status.at(script_line(L))));
  return 1;
}

// native.config_set(key, value): nil clears
int config_set(lua_State* L) {
  const std::string key = luaL_checkstring(L, 1);
  if (!names_something(key)) raise(L, nameless_key());
  lua_settop(L, 2);
  Result<json::Value> value = lua_isnil(L, 2) ? Result<json::Value>(json::Value()) : read_revealed(L, 2);
  if (!value.ok()) raise(L, std::move(value).status());
  config_of(L).set(KeyPath::from_dotted(key), std::move(*value));
  return 0;
}

// native.config_clear(key): what was set at the key and below; without a key, all of it
int config_clear(lua_State* L) {
  if (lua_isnoneornil(L, 1)) {
    config_of(L).clear();
    return 0;
  }
  const std::string key = luaL_checkstring(L, 1);
  if (!names_something(key)) raise(L, nameless_key());
  config_of(L).clear(KeyPath::from_dotted(key));
  return 0;
}

// A place of the script's own: native.config_provider(name, holds_secrets) adds it, provider:set(key, value) fills it.
int config_provider(lua_State* L) {
  auto provider = std::make_shared<ScriptProvider>(luaL_checkstring(L, 1), lua_toboolean(L, 2) != 0);
  Status status = config_of(L).add_provider(provider);
  if (!status.ok()) raise(L, std::move(status));
  push_object<std::shared_ptr<ScriptProvider>>(L, std::move(provider));
  return 1;
}

int provider_set(lua_State* L) {
  const auto& provider = check_object<std::shared_ptr<ScriptProvider>>(L, 1);
  const std::string key = luaL_checkstring(L, 2);
  if (!names_something(key)) raise(L, nameless_key());
  lua_settop(L, 3);
  Result<json::Value> value = read_revealed(L, 3);
  if (!value.ok()) raise(L, std::move(value).status());
  provider->set(KeyPath::from_dotted(key), std::move(*value));
  return 0;
}

// native.config_paths(query): the dotted paths that are looked at, in lists: each list is asked of every place before
// the next
int config_paths(lua_State* L) {
  const ConfigQuery query = read_query(L, 1);
  if (!names_something(query.key)) raise(L, nameless_key());
  json::Value passes = json::Value::list();
  for (const std::vector<KeyPath>& pass : lookup_passes(query)) {
    json::Value paths = json::Value::list();
    for (const KeyPath& path : pass) paths.push_back(path.dotted());
    passes.push_back(std::move(paths));
  }
  push_value(L, passes);
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
  register_type<std::shared_ptr<ScriptProvider>>(L, {{"set", provider_set}});
  for (const luaL_Reg& function : {luaL_Reg{"config", config_value}, luaL_Reg{"config_missing", config_missing},
                                   luaL_Reg{"config_set", config_set}, luaL_Reg{"config_clear", config_clear},
                                   luaL_Reg{"config_provider", config_provider}, luaL_Reg{"config_paths", config_paths},
                                   luaL_Reg{"make_secret", make_secret}, luaL_Reg{"is_secret", is_secret}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
