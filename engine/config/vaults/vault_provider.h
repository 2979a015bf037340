// VaultProvider: settings and secrets that stand in a vault, found as dlt finds them.
#pragma once

#include "config/provider.h"
#include "config/vaults/vault_store.h"

namespace lode {

struct VaultOptions {
  bool only_secrets = true;         ///< settings are looked for only in what was fetched for secrets
  bool only_toml_fragments = true;  ///< a key's own name is not asked for, only those of its sections
};

/// A vault's texts are fragments of configuration: TOML or a JSON object for a section, named as the section. Asked
/// for are "dlt_secrets_toml" (for everything), the sections "sources" and "destination", what is one below, the
/// key's own section, and then the key itself. Under a pipeline's name the same.
class VaultProvider final : public ConfigProvider {
 public:
  VaultProvider(std::shared_ptr<VaultCache> cache, VaultOptions options);
  ~VaultProvider() override;
  std::string_view name() const override { return cache_->store().title(); }
  Result<std::optional<json::Value>> find(const KeyPath& key, bool secret) const override {
    return ask(key, secret, {});
  }
  Result<std::optional<json::Value>> ask(const KeyPath& key, bool secret, const std::stop_token& stop) const override;
  std::string spelling_of(const KeyPath& key) const override { return cache_->store().name_of(key); }
  std::string place_of(const KeyPath& key, bool secret) const override;
  std::vector<LookedAt> explain(const std::vector<KeyPath>& keys, bool secret) const override;

 private:
  struct Fragment {
    std::shared_ptr<const VaultEntry> entry;
    json::Value content;    // from the root
    std::size_t depth = 0;  // sections that its name has
  };
  struct Place {
    KeyPath path;
    bool is_key = false;  // the key's own text, not one of a section
  };
  std::vector<Place> places_of(const KeyPath& key, bool secret) const;
  Status load(const Place& place, const std::stop_token& stop) const;
  const Fragment* fragment_with(const KeyPath& key) const;

  const std::shared_ptr<VaultCache> cache_;
  const VaultOptions options_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Fragment> fragments_;  // by name
};

}  // namespace lode
