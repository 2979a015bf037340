// Config: every setting and secret of a run, from wherever it stands.
#include "config/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/text.h"
#include "config/env_provider.h"
#include "config/files/toml_provider.h"
#include "config/vaults/vaults.h"
#include "json/write.h"

namespace lode {
namespace {

// Lines for files with secrets that others may read. What cannot be looked at is no reason to warn.
std::vector<std::string> permission_warnings(const TomlProvider& secrets) {
  std::vector<std::string> lines;
  for (const Path& file : secrets.files()) {
    std::error_code error;
    const std::filesystem::perms mode = std::filesystem::status(file, error).permissions();
    constexpr auto kOthers = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    if (error || (mode & kOthers) == std::filesystem::perms::none) continue;
    lines.push_back(fmt::format("{} can be read by other users of this machine (mode {:04o}): chmod 600 {}",
                                file.string(), static_cast<unsigned>(mode) & 07777U, file.string()));
  }
  return lines;
}

// The path that a person would most likely use: of "sources.<module>.<name>" the short "sources.<name>".
const KeyPath& recommended(const std::vector<KeyPath>& paths, const ConfigQuery& query) {
  const bool has_short_form =
      query.sections.size() >= 3 && query.sections[0] == "sources" && query.sections[1] != query.sections[2];
  return paths[has_short_form ? 2 : 0];
}

}  // namespace

Result<Config> Config::open(Env& env, ConfigOptions options) {
  Config config;
  config.env_ = &env;
  Keyring& keyring = options.keyring != nullptr ? *options.keyring : system_keyring();
  config.cipher_ = std::make_shared<ValueCipher>(env, keyring, std::move(options.ask));
  config.folders_ = find_config_folders(env, options.project_folder, options.global_folder);
  LODE_ASSIGN(config.profile_, find_profile(env, options.project_folder, options.profile));
  LODE_ASSIGN(Variables variables, Variables::open(env, find_env_file(env, options.project_folder)));
  config.variables_ = std::make_shared<const Variables>(std::move(variables));
  if (options.overrides.size() > 0) {
    auto overrides = std::make_shared<Overrides>();
    for (auto& [key, value] : options.overrides.members()) overrides->set(KeyPath::from_dotted(key), std::move(value));
    config.providers_.push_back(std::move(overrides));
  }
  if (options.host) config.providers_.push_back(std::make_shared<HostProvider>(std::move(options.host)));
  const std::size_t environment = config.providers_.size();
  config.providers_.push_back(std::make_shared<EnvProvider>(env, config.variables_, options.secrets_folder));
  for (const bool holds_secrets : {true, false}) {
    const std::string file = holds_secrets ? "secrets.toml" : "config.toml";
    LODE_ASSIGN(std::shared_ptr<const TomlProvider> toml,
                TomlProvider::open(env, file, config.folders_, config.profile_, holds_secrets, config.variables_));
    if (holds_secrets) config.warnings_ = permission_warnings(*toml);
    config.providers_.push_back(std::move(toml));
  }
  LODE_ASSIGN(const std::optional<std::string> folder,
              config.branch("").text({.key = "providers.secret_files.folder"}));
  if (folder) config.providers_[environment] = std::make_shared<EnvProvider>(env, config.variables_, *folder);
  ConfigQuery audit{.key = "audit_file", .sections = {"runtime"}};
  LODE_ASSIGN(const std::optional<std::string> audit_file, config.text(audit));
  if (audit_file && !audit_file->empty()) {
    LODE_ASSIGN(config.audit_, AuditFile::open(env, *audit_file));
  }
  LODE_ASSIGN(std::shared_ptr<const Vaults> vaults, Vaults::open(env, config.branch("")));
  for (const auto& provider : vaults->providers()) config.providers_.push_back(provider);
  config.vaults_ = std::move(vaults);
  return config;
}

Config Config::branch(std::string subject) const {
  Config config = *this;
  config.own_ = std::make_shared<Own>();
  config.own_->subject = std::move(subject);
  return config;
}

Config Config::with_stop(std::stop_token stop) const {
  Config config = *this;
  config.stop_ = std::move(stop);
  return config;
}

Config Config::at_hand() const {
  std::stop_source stopped;
  stopped.request_stop();
  return with_stop(stopped.get_token());
}

void Config::close_vaults() const {
  if (vaults_ != nullptr) vaults_->close();
}

Status Config::add_provider(std::shared_ptr<const ConfigProvider> provider) {
  for (const auto& other : providers()) {
    if (other->name() != provider->name()) continue;
    return Status::error(Code::kConfigInvalid,
                         fmt::format("a configuration provider called '{}' is there already", provider->name()));
  }
  const std::lock_guard lock(own_->mutex);
  own_->added.push_back(std::move(provider));
  return {};
}

Config::Providers Config::providers() const {
  Providers all;
  if (!own_->overrides->empty()) all.push_back(own_->overrides);
  all.insert(all.end(), providers_.begin(), providers_.end());
  const std::lock_guard lock(own_->mutex);
  all.insert(all.end(), own_->added.begin(), own_->added.end());
  return all;
}

std::vector<Lookup> Config::lookups() const {
  const std::lock_guard lock(own_->mutex);
  std::vector<Lookup> out;
  for (const auto& [name, lookup] : own_->lookups) out.push_back(lookup);
  return out;
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
  Result<json::Value> value = coerce(found->value, type, subject, query.secret || found->was_encrypted);
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
  if (!value) return std::optional<Secret>();
  Secret secret(value->as_text());
  wipe(*value);
  return std::optional<Secret>(std::move(secret));
}

Status Config::missing(const ConfigQuery& query) const {
  std::vector<LookedAt> lines;
  for (const std::vector<KeyPath>& paths : lookup_passes(query)) {
    for (const auto& provider : providers()) {
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
