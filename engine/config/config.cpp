// Config: every setting and secret of a run, from wherever it stands.
#include "config/config.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "config/env_provider.h"
#include "config/folders.h"
#include "config/toml_provider.h"

namespace lode {
namespace {

// What dlt's templates put where a person must write.
bool is_placeholder(const json::Value& value) { return value.is_text() && value.as_text() == "<configure me>"; }

Status secret_in_config(const KeyPath& path, const std::string& place) {
  return Status::error(Code::kConfigInvalid,
                       fmt::format("secret '{}' is in {}, which must not hold secrets", path.dotted(), place))
      .hint("move the line to secrets.toml in the same folder, and keep that file out of version control");
}

Status placeholder_left(const KeyPath& path, const std::string& place) {
  return Status::error(Code::kConfigInvalid,
                       fmt::format("'{}' still is the template's placeholder '<configure me>'", path.dotted()))
      .with("in", place)
      .hint("replace it by the real value, or remove the line");
}

// All places of one query, in the order in which they are asked.
std::vector<std::vector<KeyPath>> passes_of(const ConfigQuery& query) {
  const std::vector<KeyPath> paths = lookup_paths(query);
  std::vector<std::vector<KeyPath>> passes;
  if (!query.pipeline_name.empty()) {
    std::vector<KeyPath> prefixed;
    for (const KeyPath& path : paths) prefixed.push_back(with_prefix(query.pipeline_name, path));
    passes.push_back(std::move(prefixed));
  }
  passes.push_back(paths);
  return passes;
}

// The path that a person would most likely use: of "sources.<module>.<name>" the short "sources.<name>".
const KeyPath& recommended(const std::vector<KeyPath>& paths, const ConfigQuery& query) {
  const bool has_short_form =
      query.sections.size() >= 3 && query.sections[0] == "sources" && query.sections[1] != query.sections[2];
  return paths[has_short_form ? 2 : 0];
}

}  // namespace

Result<Config> Config::open(Env& env, ConfigOptions options) {
  const ConfigFolders folders = find_config_folders(env, options.project_folder, options.global_folder);
  Config config;
  if (options.overrides.size() > 0) {
    config.providers_.push_back(std::make_shared<ValuesProvider>("overrides", std::move(options.overrides)));
  }
  if (options.host) config.providers_.push_back(std::make_shared<HostProvider>(std::move(options.host)));
  config.providers_.push_back(std::make_shared<EnvProvider>(env, options.secrets_folder));
  LODE_ASSIGN(std::shared_ptr<const ConfigProvider> secrets, TomlProvider::open(env, "secrets.toml", folders, true));
  LODE_ASSIGN(std::shared_ptr<const ConfigProvider> settings, TomlProvider::open(env, "config.toml", folders, false));
  config.providers_.push_back(std::move(secrets));
  config.providers_.push_back(std::move(settings));
  return config;
}

Result<std::optional<Found>> Config::look(const std::vector<KeyPath>& paths, const ConfigQuery& query) const {
  for (const auto& provider : providers_) {
    for (const KeyPath& path : paths) {
      LODE_ASSIGN(std::optional<json::Value> value, provider->find(path, query.secret));
      if (!value || value->is_null()) continue;
      const std::string place = provider->place_of(path, query.secret);
      if (query.secret && !provider->holds_secrets()) {
        if (value->is_object()) continue;  // a section of settings, not the secret itself
        return secret_in_config(path, place);
      }
      if (is_placeholder(*value)) return placeholder_left(path, place);
      return std::optional<Found>(Found{std::move(*value), path, std::string(provider->name()), place});
    }
  }
  return std::optional<Found>();
}

Result<std::optional<Found>> Config::locate(const ConfigQuery& query) const {
  for (const std::vector<KeyPath>& paths : passes_of(query)) {
    LODE_ASSIGN(std::optional<Found> found, look(paths, query));
    if (found) return found;
  }
  return std::optional<Found>();
}

Result<std::optional<json::Value>> Config::find(const ConfigQuery& query) const {
  LODE_ASSIGN(std::optional<Found> found, locate(query));
  if (!found) return std::optional<json::Value>();
  return std::optional<json::Value>(std::move(found->value));
}

Result<std::optional<json::Value>> Config::typed(const ConfigQuery& query, FieldType type) const {
  LODE_ASSIGN(std::optional<Found> found, locate(query));
  if (!found) return std::optional<json::Value>();
  const std::string subject = fmt::format("'{}'", found->path.dotted());
  Result<json::Value> value = coerce(found->value, type, subject, query.secret);
  if (!value.ok()) return std::move(value).status().with("in", found->place);
  return std::optional<json::Value>(std::move(*value));
}

Result<std::optional<std::string>> Config::text(const ConfigQuery& query) const {
  LODE_ASSIGN(const std::optional<json::Value> value, typed(query, FieldType::kText));
  return value ? std::optional<std::string>(value->as_text()) : std::nullopt;
}

Result<std::optional<std::int64_t>> Config::integer(const ConfigQuery& query) const {
  LODE_ASSIGN(const std::optional<json::Value> value, typed(query, FieldType::kInteger));
  if (!value) return std::optional<std::int64_t>();
  if (!value->is_int()) {
    return Status::error(Code::kConfigInvalid, fmt::format("'{}' is {}; an integer of at most 64 bits was expected",
                                                           query.key, query.secret ? "too large" : value->as_text()));
  }
  return std::optional<std::int64_t>(value->as_int());
}

Result<std::optional<double>> Config::number(const ConfigQuery& query) const {
  LODE_ASSIGN(const std::optional<json::Value> value, typed(query, FieldType::kNumber));
  return value ? std::optional<double>(value->as_double()) : std::nullopt;
}

Result<std::optional<bool>> Config::boolean(const ConfigQuery& query) const {
  LODE_ASSIGN(const std::optional<json::Value> value, typed(query, FieldType::kBoolean));
  return value ? std::optional<bool>(value->as_bool()) : std::nullopt;
}

Result<std::optional<Secret>> Config::secret(ConfigQuery query) const {
  query.secret = true;
  LODE_ASSIGN(std::optional<json::Value> value, typed(query, FieldType::kSecret));
  return value ? std::optional<Secret>(Secret(value->as_text())) : std::nullopt;
}

Status Config::missing(const ConfigQuery& query) const {
  std::vector<LookedAt> lines;
  for (const std::vector<KeyPath>& paths : passes_of(query)) {
    for (const auto& provider : providers_) {
      if (query.secret && !provider->holds_secrets()) continue;
      for (LookedAt& line : provider->explain(paths, query.secret)) {
        if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(std::move(line));
      }
    }
  }
  const std::vector<KeyPath> paths = lookup_paths(query);
  const KeyPath& path = recommended(paths, query);
  Status error = Status::error(query.secret ? Code::kSecretMissing : Code::kConfigMissing,
                               fmt::format("no value for {}'{}'", query.secret ? "secret " : "", path.dotted()));
  std::size_t provider_width = 0;
  std::size_t place_width = 0;
  for (const LookedAt& line : lines) {
    provider_width = std::max(provider_width, line.provider.size());
    place_width = std::max(place_width, line.place.size());
  }
  for (const LookedAt& line : lines) {
    error.note(fmt::format("{:<{}}   {:<{}}   {}", line.provider, provider_width, line.place, place_width, line.found));
  }
  const std::string section = path.section();
  error.hint(fmt::format("export {}=…  or  add  {} = \"…\"  {} of {}", path.environment_name(), path.key(),
                         section.empty() ? "at the top" : "under [" + section + "]",
                         query.secret ? "secrets.toml" : "config.toml"));
  return error;
}

Result<json::Value> Config::read_fields(const FieldSpec& spec, const ConfigQuery& base, const json::Value& given,
                                        std::string_view subject) const {
  // Typing errors in the program come first: they do not depend on what is configured.
  for (const auto& member : given.is_object() ? given.members() : std::vector<json::Value::Member>()) {
    if (spec.find(member.first) == nullptr) return spec.check(given, subject);
  }
  json::Value values = json::Value::object();
  for (const Field& field : spec.fields()) {
    if (const json::Value* own = given.find(field.name); own != nullptr && !own->is_null()) {
      LODE_ASSIGN(json::Value checked, spec.check_field(field, *own, subject, Strictness::kTyped));
      values.set(field.name, std::move(checked));
      continue;
    }
    ConfigQuery query = base;
    query.key = field.name;
    query.secret = field.type == FieldType::kSecret;
    LODE_ASSIGN(std::optional<Found> found, locate(query));
    if (found) {
      Result<json::Value> checked = spec.check_field(field, found->value, subject, Strictness::kText);
      if (!checked.ok()) return std::move(checked).status().with("in", found->place);
      values.set(field.name, std::move(*checked));
    } else if (field.fallback) {
      values.set(field.name, *field.fallback);
    } else if (field.required) {
      return missing(query).about(subject);
    }
  }
  return values;
}

}  // namespace lode
