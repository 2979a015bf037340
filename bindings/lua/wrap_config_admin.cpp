// What `lode config` and `lode secrets` do: settings shown and explained, checked, and secrets written.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"
#include "config/check.h"
#include "config/mask.h"
#include "config/overview.h"
#include "config/secrets_file.h"
#include "config/toml_edit.h"
#include "config/toml_provider.h"
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
    for (const std::string_view option : split(kind.options, ',')) keys.options.emplace_back(option);
    keys.options.insert(keys.options.end(), {"destination_type", "environment"});
    out.push_back(std::move(keys));
  }
  return out;
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

// native.secret_write(key, text, must_be_there): { file, was_there, same }, or nil and an error
int secret_write(lua_State* L) {
  const std::string name = luaL_checkstring(L, 1);
  std::size_t size = 0;
  const char* text = luaL_checklstring(L, 2, &size);
  const bool must_be_there = lua_toboolean(L, 3) != 0;
  if (!names_something(name)) return answer_error(L, nameless_key());
  const KeyPath key = KeyPath::from_dotted(name);
  Result<Path> file = file_for(L, key);
  if (!file.ok()) return answer_error(L, std::move(file).status());
  if (must_be_there) {
    // Only what is in the file can be replaced there.
    Result<std::string> content = env_of(L).read_file(*file);
    const Result<std::string> removed = content.ok() ? toml_remove(*content, file->string(), key) : content;
    if (!removed.ok()) {
      const Code code = removed.status().code();
      if (code != Code::kConfigMissing && code != Code::kNotFound) return answer_error(L, removed.status());
      return answer_error(
          L, Status::error(Code::kSecretMissing, fmt::format("there is no '{}' in {}", key.dotted(), file->string()))
                 .hint(fmt::format("lode secrets set {}", key.dotted())));
    }
  }
  Result<SecretChange> change = write_secret(env_of(L), *file, key, Secret(std::string(text, size)));
  if (!change.ok()) return answer_error(L, std::move(change).status());
  push_value(L,
             json::Value::object({{"file", file->string()}, {"was_there", change->was_there}, {"same", change->same}}));
  return 1;
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
        luaL_Reg{"config_check", config_check}, luaL_Reg{"config_mask", config_mask},
        luaL_Reg{"secret_write", secret_write}, luaL_Reg{"secret_remove", secret_remove}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
