// What `lode config` and `lode secrets` do: settings shown and explained, checked, and secrets written.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"
#include "config/check.h"
#include "config/files/secrets_file.h"
#include "config/files/toml_edit.h"
#include "config/files/toml_provider.h"
#include "config/mask.h"
#include "config/overview.h"
#include "destinations/builtin.h"
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

json::Value list_of(const std::vector<std::string>& texts) {
  json::Value list = json::Value::list();
  for (const std::string& text : texts) list.push_back(text);
  return list;
}

// Names only: of the values, those that count are asked for one by one.
std::vector<std::string> variable_names(const Config& config) {
  std::vector<std::string> names = config.variables().names_in_file();
  for (char** variable = ::environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    names.emplace_back(text.substr(0, text.find('=')));
  }
  return names;
}

// native.config_overview(): { profile, files = { { path, exists } }, settings = { { key, value, provider, place, hides,
// problem } } }
int config_overview(lua_State* L) {
  const Config& config = config_of(L);
  json::Value settings = json::Value::list();
  for (const Setting& setting : overview(config, variable_names(config))) {
    json::Value entry = json::Value::object({{"key", setting.key.dotted()}});
    entry.set("section", setting.key.section());
    entry.set("name", setting.key.key());
    if (setting.problem.empty()) {
      entry.set("value", setting.shown);
      entry.set("place", setting.place);
    } else {
      entry.set("problem", setting.problem);
    }
    entry.set("provider", setting.provider);
    entry.set("hides", list_of(setting.hides));
    settings.push_back(std::move(entry));
  }
  json::Value files = json::Value::list();
  for (const auto& provider : config.providers()) {
    for (const std::string& path : provider->locations()) {
      files.push_back(json::Value::object({{"path", path}, {"exists", env_of(L).exists(path)}}));
    }
  }
  push_value(L, json::Value::object({{"profile", config.profile()}, {"files", files}, {"settings", settings}}));
  return 1;
}

const char* state_name(Step::State state) {
  switch (state) {
    case Step::State::kAbsent:
      return "absent";
    case Step::State::kWins:
      return "wins";
    case Step::State::kBehind:
      return "behind";
    case Step::State::kRefused:
      return "refused";
  }
  return "";
}

// native.config_explain(query): { { provider, spelling, section, name, state, place, why, value } }, in order
int config_explain(lua_State* L) {
  const ConfigQuery query = read_query(L, 1);
  if (!names_something(query.key)) raise(L, nameless_key());
  json::Value steps = json::Value::list();
  for (const Step& step : config_of(L).explain(query)) {
    json::Value entry = json::Value::object({{"provider", step.provider}, {"spelling", step.spelling}});
    entry.set("section", step.path.section());
    entry.set("name", step.path.key());
    entry.set("state", state_name(step.state));
    if (!step.place.empty()) entry.set("place", step.place);
    if (!step.why.empty()) entry.set("why", step.why);
    if (!step.value.is_null()) {
      entry.set("value", show_value(step.path.key(), step.value, query.secret || step.provider == "secrets.toml"));
    }
    steps.push_back(std::move(entry));
  }
  push_value(L, steps);
  return 1;
}

std::vector<DestinationKeys> destination_keys() {
  std::vector<DestinationKeys> out;
  for (const DestinationKind& kind : destination_kinds()) {
    DestinationKeys keys{std::string(kind.name), {}};
    for (const Field& option : kind.options().fields()) keys.options.push_back(option.name);
    keys.options.insert(keys.options.end(), {"destination_type", "environment"});
    out.push_back(std::move(keys));
  }
  return out;
}

// native.destination_kinds(): { { name, fields } }, fields as FieldSpec::to_json() has them
int destination_kinds_of(lua_State* L) {
  json::Value kinds = json::Value::list();
  for (const DestinationKind& kind : destination_kinds()) {
    kinds.push_back(json::Value::object({{"name", kind.name}, {"fields", kind.options().to_json()}}));
  }
  push_value(L, kinds);
  return 1;
}

// native.config_check(queries): what was found, { weight, what, where, hint }; without queries, keys of sources are not
// judged
int config_check(lua_State* L) {
  std::optional<std::vector<ConfigQuery>> asked;
  if (lua_istable(L, 1)) {
    asked.emplace();
    for (std::size_t i = 1; i <= lua_objlen(L, 1); ++i) {
      lua_rawgeti(L, 1, static_cast<int>(i));
      ConfigQuery query = read_query(L, lua_gettop(L));
      if (names_something(query.key)) asked->push_back(std::move(query));
      lua_pop(L, 1);
    }
  }
  json::Value findings = json::Value::list();
  for (const Finding& finding : check_config(env_of(L), config_of(L), destination_keys(), asked)) {
    json::Value entry = json::Value::object({{"weight", weight_name(finding.weight)}, {"what", finding.what}});
    entry.set("where", finding.where);
    if (!finding.hint.empty()) entry.set("hint", finding.hint);
    findings.push_back(std::move(entry));
  }
  push_value(L, findings);
  return 1;
}

Result<Path> file_for(lua_State* L, const KeyPath& key) {
  const Config& config = config_of(L);
  return secrets_file_for(env_of(L), config.folders(), config.profile(), key);
}

Protection read_protection(lua_State* L, int options) {
  lua_getfield(L, options, "protection");
  const std::string word = luaL_optstring(L, -1, "as_before");
  lua_pop(L, 1);
  if (word == "as_before") return Protection::kAsBefore;
  if (word == "plain") return Protection::kPlain;
  if (word == "keyring") return Protection::kKeyring;
  if (word == "passphrase") return Protection::kPassphrase;
  luaL_error(L, "unknown protection '%s'", word.c_str());
  return Protection::kPlain;
}

int push_change(lua_State* L, const Path& file, Result<SecretChange> change) {
  if (!change.ok()) return answer_error(L, std::move(change).status());
  push_value(L, json::Value::object({{"file", file.string()},
                                     {"was_there", change->was_there},
                                     {"same", change->same},
                                     {"was_replaced", change->was_replaced},
                                     {"encrypted", change->is_encrypted}}));
  return 1;
}

// Only what is in the file can be replaced there.
Status check_there(lua_State* L, const Path& file, const KeyPath& key) {
  Result<std::string> content = env_of(L).read_file(file);
  const Result<std::string> removed = content.ok() ? toml_remove(*content, file.string(), key) : content;
  if (removed.ok()) return {};
  const Code code = removed.status().code();
  if (code != Code::kConfigMissing && code != Code::kNotFound) return removed.status();
  return Status::error(Code::kSecretMissing, fmt::format("there is no '{}' in {}", key.dotted(), file.string()))
      .hint(fmt::format("lode secrets set {}", key.dotted()));
}

// native.secret_write(key, value, { must_be_there, protection, instead_of }): { file, was_there, same, was_replaced,
// encrypted }, or nil and an error. A value is text or a secret.
int secret_write(lua_State* L) {
  const std::string name = luaL_checkstring(L, 1);
  lua_settop(L, 3);
  if (!lua_toboolean(L, 3)) {
    lua_newtable(L);
    lua_replace(L, 3);
  }
  luaL_checktype(L, 3, LUA_TTABLE);
  const Protection protection = read_protection(L, 3);
  std::string text;
  if (!read_text_or_secret(L, 2, text)) return luaL_argerror(L, 2, "text or a secret");
  const Secret value(std::move(text));
  SecretWrite how{protection, std::nullopt};
  lua_getfield(L, 3, "instead_of");
  std::string expected;
  if (!lua_isnil(L, -1) && read_text_or_secret(L, -1, expected)) how.instead_of = Secret(std::move(expected));
  lua_getfield(L, 3, "must_be_there");
  const bool must_be_there = lua_toboolean(L, -1) != 0;
  if (!names_something(name)) return answer_error(L, nameless_key());
  const KeyPath key = KeyPath::from_dotted(name);
  Result<Path> file = file_for(L, key);
  if (!file.ok()) return answer_error(L, std::move(file).status());
  if (must_be_there) {
    Status status = check_there(L, *file, key);
    if (!status.ok()) return answer_error(L, std::move(status));
  }
  return push_change(L, *file, write_secret(env_of(L), *file, key, value, config_of(L).cipher(), how));
}

// native.secret_protect(key, protection): encrypts or decrypts what stands there; answers as secret_write()
int secret_protect(lua_State* L) {
  const std::string name = luaL_checkstring(L, 1);
  lua_settop(L, 2);
  lua_newtable(L);
  lua_pushvalue(L, 2);
  lua_setfield(L, 3, "protection");
  const Protection protection = read_protection(L, 3);
  if (!names_something(name)) return answer_error(L, nameless_key());
  const KeyPath key = KeyPath::from_dotted(name);
  Result<Path> file = file_for(L, key);
  if (!file.ok()) return answer_error(L, std::move(file).status());
  Status there = check_there(L, *file, key);
  if (!there.ok()) return answer_error(L, std::move(there));
  return push_change(L, *file, protect_secret(env_of(L), *file, key, config_of(L).cipher(), protection));
}

// native.secret_remove(key): the file, or nil and an error
int secret_remove(lua_State* L) {
  const std::string name = luaL_checkstring(L, 1);
  if (!names_something(name)) return answer_error(L, nameless_key());
  const KeyPath key = KeyPath::from_dotted(name);
  Result<Path> file = file_for(L, key);
  if (!file.ok()) return answer_error(L, std::move(file).status());
  Status status = remove_secret(env_of(L), *file, key);
  if (!status.ok()) return answer_error(L, std::move(status));
  push_text(L, file->string());
  return 1;
}

// native.config_mask(key, value): the value as people may see it
int config_mask(lua_State* L) {
  const std::string key = luaL_checkstring(L, 1);
  if (const Secret* secret = to_secret(L, 2)) {
    push_text(L, show_value(key, json::Value(secret->reveal()), true));
    return 1;
  }
  Result<json::Value> value = read_value(L, 2);
  if (!value.ok()) raise(L, std::move(value).status());
  push_text(L, show_value(key, *value, false));
  return 1;
}

}  // namespace

void open_config_admin(lua_State* L) {
  for (const luaL_Reg& function :
       {luaL_Reg{"config_overview", config_overview}, luaL_Reg{"config_explain", config_explain},
        luaL_Reg{"config_check", config_check}, luaL_Reg{"destination_kinds", destination_kinds_of},
        luaL_Reg{"config_mask", config_mask}, luaL_Reg{"secret_write", secret_write},
        luaL_Reg{"secret_protect", secret_protect}, luaL_Reg{"secret_remove", secret_remove}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
