// Azure Key Vault's secrets as a vault.
// Source: Key Vault's REST reference, 7.4: "Get Secret", "Get Secrets"; "About Azure Key Vault: DNS suffixes".
#pragma once

#include <memory>

#include "config/vaults/cloud_vault.h"
#include "config/vaults/vault_store.h"

namespace lode {

class VaultSettings;

struct AzureVaultOptions {
  std::string url;             ///< "https://team.vault.azure.net"; "": references name their vault
  std::string prefix = "dlt";  ///< the first part of all names; may be empty
  VaultPatience patience;
};

/// Where a vault's URL is; nullopt if `vault` is none: "team", "team.vault.azure.net", a URL. A name without dots is
/// one of Azure's public cloud, or of that of `like`.
std::optional<std::string> azure_vault_url(const std::string& vault, const std::string& like);
/// What tokens for it are asked for with: "https://vault.azure.net/.default", or that of another cloud.
std::string azure_vault_scope(const std::string& url);

/// Names are "dlt-sources-github"; in references also "team/name" and "team/name/version", where `team` is a vault.
class AzureVault final : public VaultStore {
 public:
  /// `env` and `http` must outlive it.
  AzureVault(Env& env, HttpTransport& http, AzureVaultOptions options, CloudVaultHttp::FetchToken fetch_token);
  std::string_view title() const override { return http_.title(); }
  std::string name_of(const KeyPath& key) const override;
  std::string address_of(const std::string& name) const override { return "azure-kv://" + name; }
  Status fetch(const std::string& name, VaultEntry& entry, const std::stop_token& stop) override;
  Result<std::vector<std::string>> list(const std::stop_token& stop) override;

 private:
  struct Place {
    std::string url;  // of the vault
    std::string secret;
    std::string version;
  };
  std::optional<Place> read_name(const std::string& name, std::string& why) const;
  Status refused(const VaultAnswer& answer, const std::string& what, VaultEntry& entry) const;

  const AzureVaultOptions options_;
  CloudVaultHttp http_;
};

Result<std::unique_ptr<VaultStore>> make_azure_vault(const VaultSettings& settings);

}  // namespace lode
