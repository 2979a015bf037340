// Google Secret Manager as a vault, with dlt's names.
// Source: its REST reference, v1: "projects.secrets.versions.access", "projects.secrets.list", and their locations.
#pragma once

#include <memory>

#include "config/vaults/cloud_vault.h"
#include "config/vaults/vault_store.h"

namespace lode {

class VaultSettings;

struct GoogleVaultOptions {
  std::string project_id;    ///< "": the credentials'
  std::string location;      ///< of regional secrets; "" for global ones
  std::string endpoint_url;  ///< "": Google's own
  std::string prefix;        ///< the first part of all names; dlt has none
  VaultPatience patience;
};

/// Names are "sources-github", with "/versions/3" behind for one that is not the newest, or whole resources:
/// "projects/P/secrets/S", "projects/P/locations/L/secrets/S/versions/3".
class GoogleVault final : public VaultStore {
 public:
  /// `env` and `http` must outlive it.
  GoogleVault(Env& env, HttpTransport& http, GoogleVaultOptions options, CloudVaultHttp::FetchToken fetch_token);
  std::string_view title() const override { return http_.title(); }
  std::string name_of(const KeyPath& key) const override;
  std::string address_of(const std::string& name) const override { return "gcp-sm://" + name; }
  Status fetch(const std::string& name, VaultEntry& entry, const std::stop_token& stop) override;
  Result<std::vector<std::string>> list(const std::stop_token& stop) override;

 private:
  struct Resource {
    std::string project;
    std::string location;
    std::string secret;
    std::string version = "latest";
  };
  std::optional<Resource> read_name(const std::string& name) const;
  Result<std::string> project(const std::string& what, const std::stop_token& stop);
  std::string url_of(const Resource& resource) const;
  Status read_payload(const VaultAnswer& answer, const std::string& what, VaultEntry& entry) const;

  const GoogleVaultOptions options_;
  CloudVaultHttp http_;
};

Result<std::unique_ptr<VaultStore>> make_google_vault(const VaultSettings& settings);

}  // namespace lode
