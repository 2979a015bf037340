// AWS Secrets Manager and SSM Parameter Store as vaults.
// Source: their API references, "GetSecretValue", "ListSecrets", "GetParameter", "DescribeParameters".
#pragma once

#include <functional>

#include "config/clouds/aws_keys.h"
#include "config/vaults/vault_http.h"
#include "config/vaults/vault_store.h"

namespace lode {

struct AwsVaultAccess {
  AwsKeys keys;
  std::string region;
  std::string endpoint_url;  ///< "": AWS's own for the region
};

struct AwsVaultOptions {
  enum class Service { kSecretsManager, kParameterStore };
  Service service = Service::kSecretsManager;
  std::string prefix = "dlt";  ///< the first part of all names; may be empty
  VaultPatience patience;
};

class AwsVault final : public VaultStore {
 public:
  using FindAccess = std::function<Result<AwsVaultAccess>(const std::stop_token& stop)>;
  /// `find_access` is called with the first question, again after it failed, and before keys end. `http` and `env` must
  /// outlive it.
  AwsVault(Env& env, HttpTransport& http, AwsVaultOptions options, FindAccess find_access);
  std::string_view title() const override;
  std::string name_of(const KeyPath& key) const override;
  std::string address_of(const std::string& name) const override;
  Status fetch(const std::string& name, VaultEntry& entry, const std::stop_token& stop) override;
  Result<std::vector<std::string>> list(const std::stop_token& stop) override;

 private:
  struct Answer {
    std::string error;  // "ResourceNotFoundException"; "": it is what was asked for
    std::string message;
    json::Value body;
  };
  bool is_parameters() const { return options_.service == AwsVaultOptions::Service::kParameterStore; }
  Result<Answer> call(const std::string& action, const json::Value& question, std::string_view what,
                      const std::stop_token& stop);
  Result<HttpRequest> request_for(const std::string& action, const json::Value& question) const;
  Result<Answer> read_answer(VaultAnswer answer, std::string_view what) const;
  Status refused(const Answer& answer, const std::string& action, std::string_view what) const;

  Env& env_;
  const AwsVaultOptions options_;
  VaultHttp http_;
  const FindAccess find_access_;
  std::optional<AwsVaultAccess> access_;
};

class VaultSettings;
Result<std::unique_ptr<VaultStore>> make_aws_secrets(const VaultSettings& settings);
Result<std::unique_ptr<VaultStore>> make_aws_parameters(const VaultSettings& settings);

}  // namespace lode
