// Vaults: which vaults the configuration names, as providers and behind references.
#include "config/vaults/vaults.h"

#include <fmt/format.h>

#include <array>

#include "config/vaults/aws_vault.h"
#include "config/vaults/azure_vault.h"
#include "config/vaults/google_vault.h"
#include "config/vaults/hashicorp_vault.h"
#include "config/vaults/vault_provider.h"
#include "json/parse.h"
#include "json/write.h"

namespace lode {
namespace {

/// A row of the one list of vaults that there are.
struct VaultKind {
  const char* section;       ///< of [providers]; enable_<section> switches it on
  const char* scheme;        ///< of references
  bool only_toml_fragments;  ///< the default; a parameter is one value, a secret often a section's
  Result<std::unique_ptr<VaultStore>> (*make)(const VaultSettings& settings);
};

constexpr std::array<VaultKind, 5> kKinds = {{
    {"aws_secrets", "aws-sm://", true, make_aws_secrets},
    {"aws_parameters", "aws-ssm://", false, make_aws_parameters},
    {"google_secrets", "gcp-sm://", true, make_google_vault},
    {"azure_keyvault", "azure-kv://", true, make_azure_vault},
    {"hashicorp_vault", "vault://", true, make_hashicorp_vault},
}};

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

ConfigQuery VaultSettings::query(std::string_view name, bool secret) const {
  return {.key = fmt::format("providers.{}.{}", section_, name), .secret = secret};
}

Result<std::string> VaultSettings::text(std::string_view name, bool secret) const {
  LODE_ASSIGN(std::optional<std::string> text, config_.text(query(name, secret)));
  return std::move(text).value_or("");
}

Result<bool> VaultSettings::boolean(std::string_view name, bool fallback) const {
  LODE_ASSIGN(const std::optional<bool> value, config_.boolean(query(name)));
  return value.value_or(fallback);
}

Result<VaultPatience> VaultSettings::patience() const {
  VaultPatience patience;
  LODE_ASSIGN(const std::optional<double> timeout_s, config_.number(query("timeout_s")));
  LODE_ASSIGN(const std::optional<std::int64_t> attempts, config_.integer(query("attempts")));
  patience.timeout_s = timeout_s.value_or(patience.timeout_s);
  if (!(patience.timeout_s > 0) || attempts.value_or(1) < 1 || attempts.value_or(1) > 100) {
    return Status::error(Code::kConfigInvalid,
                         fmt::format("[providers.{}]: timeout_s is above 0, attempts from 1 to 100", section_));
  }
  patience.attempts = static_cast<std::uint32_t>(attempts.value_or(patience.attempts));
  return patience;
}

Result<std::string> VaultSettings::prefix(std::string_view fallback) const {
  LODE_ASSIGN(const std::optional<std::string> prefix, config_.text(query("prefix")));
  return prefix.value_or(std::string(fallback));
}

Vaults::Vaults(Env& env, Config config)
    : env_(env), config_(std::move(config)), http_(std::make_unique<HttpClient>(env)) {}

Vaults::~Vaults() = default;

Result<std::shared_ptr<VaultCache>> Vaults::cache_of(std::size_t number) const {
  const std::lock_guard lock(mutex_);
  if (const auto made = caches_.find(number); made != caches_.end()) return made->second;
  const VaultSettings settings(env_, *http_, config_, kKinds[number].section);
  LODE_ASSIGN(const std::optional<double> ttl_s, config_.number(settings.query("cache_ttl_s")));
  if (!(ttl_s.value_or(0) >= 0)) {
    return Status::error(Code::kConfigInvalid,
                         fmt::format("[providers.{}]: cache_ttl_s is 0 or more", settings.section()));
  }
  LODE_ASSIGN(const bool list_secrets, settings.boolean("list_secrets", false));
  LODE_ASSIGN(std::unique_ptr<VaultStore> store, kKinds[number].make(settings));
  auto cache = std::make_shared<VaultCache>(env_, std::move(store), ttl_s.value_or(300), list_secrets);
  if (is_closed_) cache->close();
  caches_.emplace(number, cache);
  return cache;
}

Result<std::shared_ptr<const Vaults>> Vaults::open(Env& env, const Config& config) {
  auto vaults = std::make_shared<Vaults>(env, config);
  for (std::size_t number = 0; number < kKinds.size(); ++number) {
    const VaultKind& kind = kKinds[number];
    LODE_ASSIGN(const std::optional<bool> is_on,
                config.boolean({.key = fmt::format("providers.enable_{}", kind.section)}));
    if (!is_on.value_or(false)) continue;
    LODE_ASSIGN(std::shared_ptr<VaultCache> cache, vaults->cache_of(number));
    const VaultSettings settings(env, *vaults->http_, config, kind.section);
    VaultOptions rules;
    LODE_ASSIGN(rules.only_secrets, settings.boolean("only_secrets", true));
    LODE_ASSIGN(rules.only_toml_fragments, settings.boolean("only_toml_fragments", kind.only_toml_fragments));
    vaults->providers_.push_back(std::make_shared<VaultProvider>(std::move(cache), rules));
  }
  return std::shared_ptr<const Vaults>(std::move(vaults));
}

bool Vaults::is_reference(std::string_view text) {
  for (const VaultKind& kind : kKinds) {
    if (text.starts_with(kind.scheme)) return true;
  }
  return false;
}

Result<std::string> Vaults::follow(const std::string& reference, const std::stop_token& stop) const {
  for (std::size_t number = 0; number < kKinds.size(); ++number) {
    const std::string_view scheme = kKinds[number].scheme;
    if (!reference.starts_with(scheme)) continue;
    const std::size_t hash = reference.find('#');
    const std::string name = reference.substr(scheme.size(), hash == std::string::npos ? hash : hash - scheme.size());
    LODE_ASSIGN(const std::shared_ptr<VaultCache> cache, cache_of(number));
    LODE_ASSIGN(const std::shared_ptr<const VaultEntry> entry, cache->fetch(name, stop, Listing::kIgnored));
    if (entry->state != VaultEntry::State::kFound) {
      return Status::error(Code::kConfigInvalid,
                           fmt::format("{}: {} in {}", reference, entry->why, cache->store().title()));
    }
    if (hash != std::string::npos) return pick(entry->text, reference.substr(hash + 1), reference);
    std::optional<std::string> only = entry->is_table ? only_value(entry->text) : std::nullopt;
    return only ? std::move(*only) : entry->text;
  }
  return Status::error(Code::kConfigInvalid, reference + " names no vault");
}

void Vaults::close() const {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  for (const auto& [number, cache] : caches_) cache->close();
}

}  // namespace lode
