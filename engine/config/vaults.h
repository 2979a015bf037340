// Vaults: which vaults the configuration names, as providers and behind references such as "aws-sm://name#key".
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/vault_store.h"
#include "http/client.h"

namespace lode {

/// Thread-safe. Nothing is asked before the first question.
class Vaults {
 public:
  /// `config` says how vaults are reached; it must not have vaults itself. `env` must outlive it. Errors:
  /// kConfigInvalid for an option that cannot be.
  static Result<std::shared_ptr<const Vaults>> open(Env& env, const Config& config);
  /// Those that are switched on in [providers].
  std::vector<std::shared_ptr<const ConfigProvider>> providers() const { return providers_; }
  static bool is_reference(std::string_view text);
  /// What a reference stands for. Errors: kConfigUnreadable when the vault does not answer; kConfigInvalid when it has
  /// no such secret or key, or refuses it. Messages name the reference.
  Result<std::string> follow(const std::string& reference) const;

 private:
  struct Vault {
    std::string scheme;  // "aws-sm://"
    std::shared_ptr<VaultCache> cache;
  };
  std::unique_ptr<HttpTransport> http_;  // before those who use it
  std::vector<Vault> vaults_;
  std::vector<std::shared_ptr<const ConfigProvider>> providers_;
};

}  // namespace lode
