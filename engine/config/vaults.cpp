// Vaults: which vaults the configuration names, as providers and behind references.
#include "config/vaults.h"

#include <fmt/format.h>

#include "config/aws_vault.h"
#include "config/credentials.h"
#include "config/vault_provider.h"
#include "json/parse.h"
#include "json/write.h"

namespace lode {
namespace {

struct VaultKind {
  const char* section;  // of [providers]
  const char* scheme;
  AwsVaultOptions::Service service;
  bool only_toml_fragments;  // the default; a parameter is one value, a secret often a section's
};

constexpr VaultKind kKinds[] = {
    {"aws_secrets", "aws-sm://", AwsVaultOptions::Service::kSecretsManager, true},
    {"aws_parameters", "aws-ssm://", AwsVaultOptions::Service::kParameterStore, false},
};

ConfigQuery option(const VaultKind& kind, const char* name) {
  return {.key = fmt::format("providers.{}.{}", kind.section, name)};  // a whole path: these names are common
}

Result<AwsVaultAccess> find_aws_access(const Config& config, const std::string& section, Env& env) {
  ConfigQuery where{.key = "credentials", .sections = {"providers", section}};
  LODE_ASSIGN(json::Value fields, find_credentials(config, *find_credential_kind("aws"), where, env));
  AwsVaultAccess access;
  access.keys.access_key_id = fields.text_or("aws_access_key_id", "");
  access.keys.secret_access_key = fields.text_or("aws_secret_access_key", "");
  access.keys.session_token = fields.text_or("aws_session_token", "");
  access.region = fields.text_or("region_name", "");
  access.endpoint_url = fields.text_or("endpoint_url", "");
  wipe(fields);
  if (!access.region.empty()) return access;
  return Status::error(Code::kConfigMissing, fmt::format("no AWS region for [providers.{}]", section))
      .hint(fmt::format("export AWS_REGION=…  or  add  region_name = \"…\"  under [providers.{}.credentials] of "
                        "secrets.toml",
                        section));
}

// A part of a secret that is a JSON object.
Result<std::string> pick(const std::string& text, const std::string& key, const std::string& reference) {
  Result<json::Value> content = json::parse_value(text);
  if (!content.ok() || !content->is_object()) {
    return Status::error(Code::kConfigInvalid, fmt::format("{}: the secret is not a JSON object", reference))
        .hint("leave out '#" + key + "' to have all of its text");
  }
  const json::Value* value = content->find(key);
  if (value == nullptr || value->is_null()) {
    return Status::error(Code::kConfigInvalid, fmt::format("{}: the secret has no key '{}'", reference, key));
  }
  std::string out = value->is_text() ? value->as_text() : json::write(*value);
  wipe(*content);
  return out;
}

}  // namespace

Result<std::shared_ptr<const Vaults>> Vaults::open(Env& env, const Config& config) {
  auto vaults = std::make_shared<Vaults>();
  vaults->http_ = std::make_unique<HttpClient>(env);
  for (const VaultKind& kind : kKinds) {
    AwsVaultOptions options;
    options.service = kind.service;
    LODE_ASSIGN(const std::optional<std::string> prefix, config.text(option(kind, "prefix")));
    options.prefix = prefix.value_or(options.prefix);
    LODE_ASSIGN(const std::optional<double> timeout_s, config.number(option(kind, "timeout_s")));
    options.timeout_s = timeout_s.value_or(options.timeout_s);
    LODE_ASSIGN(const std::optional<std::int64_t> attempts, config.integer(option(kind, "attempts")));
    LODE_ASSIGN(const std::optional<double> ttl_s, config.number(option(kind, "cache_ttl_s")));
    LODE_ASSIGN(const std::optional<bool> list_secrets, config.boolean(option(kind, "list_secrets")));
    if (!(options.timeout_s > 0) || attempts.value_or(1) < 1 || attempts.value_or(1) > 100 ||
        !(ttl_s.value_or(0) >= 0)) {
      return Status::error(
          Code::kConfigInvalid,
          fmt::format("[providers.{}]: timeout_s is above 0, attempts from 1 to 100, cache_ttl_s 0 or more",
                      kind.section));
    }
    options.attempts = static_cast<std::uint32_t>(attempts.value_or(options.attempts));
    const auto find_access = [&env, config, section = std::string(kind.section)] {
      return find_aws_access(config, section, env);
    };
    auto cache =
        std::make_shared<VaultCache>(env, std::make_unique<AwsVault>(env, *vaults->http_, options, find_access),
                                     ttl_s.value_or(300), list_secrets.value_or(false));
    vaults->vaults_.push_back({kind.scheme, cache});
    LODE_ASSIGN(const std::optional<bool> is_on,
                config.boolean({.key = fmt::format("providers.enable_{}", kind.section)}));
    if (!is_on.value_or(false)) continue;
    VaultOptions rules;
    LODE_ASSIGN(const std::optional<bool> only_secrets, config.boolean(option(kind, "only_secrets")));
    LODE_ASSIGN(const std::optional<bool> only_fragments, config.boolean(option(kind, "only_toml_fragments")));
    rules.only_secrets = only_secrets.value_or(true);
    rules.only_toml_fragments = only_fragments.value_or(kind.only_toml_fragments);
    vaults->providers_.push_back(std::make_shared<VaultProvider>(cache, rules));
  }
  return std::shared_ptr<const Vaults>(std::move(vaults));
}

bool Vaults::is_reference(std::string_view text) {
  for (const VaultKind& kind : kKinds) {
    if (text.starts_with(kind.scheme)) return true;
  }
  return false;
}

Result<std::string> Vaults::follow(const std::string& reference) const {
  for (const Vault& vault : vaults_) {
    if (!reference.starts_with(vault.scheme)) continue;
    const std::size_t hash = reference.find('#');
    const std::string name = reference.substr(vault.scheme.size(), hash - vault.scheme.size());
    LODE_ASSIGN(const std::shared_ptr<const VaultEntry> entry, vault.cache->fetch(name));
    if (entry->state != VaultEntry::State::kFound) {
      return Status::error(Code::kConfigInvalid,
                           fmt::format("{}: {} in {}", reference, entry->why, vault.cache->store().title()));
    }
    if (hash == std::string::npos) return entry->text;
    return pick(entry->text, reference.substr(hash + 1), reference);
  }
  return Status::error(Code::kConfigInvalid, reference + " names no vault");
}

}  // namespace lode
