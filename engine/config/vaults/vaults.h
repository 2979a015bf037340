// Vaults: which vaults the configuration names, as providers and behind references such as "aws-sm://name#key".
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/vaults/vault_http.h"
#include "config/vaults/vault_store.h"
#include "http/client.h"

namespace lode {

/// How a vault's settings are found; what the makers of stores get. Its settings stand in [providers.<section>].
class VaultSettings {
 public:
  VaultSettings(Env& env, HttpTransport& http, Config config, std::string section)
      : env_(&env), http_(&http), config_(std::move(config)), section_(std::move(section)) {}
  Env& env() const { return *env_; }
  HttpTransport& http() const { return *http_; }
  const Config& config() const { return config_; }
  const std::string& section() const { return section_; }
  /// Whole paths: these names are common, and must not be found elsewhere.
  ConfigQuery query(std::string_view name, bool secret = false) const;
  /// "" if it is nowhere.
  Result<std::string> text(std::string_view name, bool secret = false) const;
  Result<bool> boolean(std::string_view name, bool fallback) const;
  /// timeout_s and attempts. Errors: kConfigInvalid for what cannot be.
  Result<VaultPatience> patience() const;
  /// The first part of all names.
  Result<std::string> prefix(std::string_view fallback) const;

 private:
  Env* env_;
  HttpTransport* http_;
  Config config_;
  std::string section_;
};

/// Thread-safe. Nothing is asked before the first question.
class Vaults {
 public:
  /// `config` says how vaults are reached; it must not have vaults itself. `env` must outlive it. Errors:
  /// kConfigInvalid for an option of a vault that is switched on and cannot be.
  static Result<std::shared_ptr<const Vaults>> open(Env& env, const Config& config);
  Vaults(Env& env, Config config);
  ~Vaults();
  /// Those that are switched on in [providers].
  std::vector<std::shared_ptr<const ConfigProvider>> providers() const { return providers_; }
  static bool is_reference(std::string_view text);
  /// What a reference stands for. Errors: kConfigUnreadable when the vault does not answer; kConfigInvalid when it has
  /// no such secret or key, or refuses it, and for an option that cannot be; kCancelled. Messages name the reference.
  Result<std::string> follow(const std::string& reference, const std::stop_token& stop = {}) const;
  /// Ends what is being asked, and lets nobody ask again.
  void close() const;

 private:
  Result<std::shared_ptr<VaultCache>> cache_of(std::size_t kind) const;

  Env& env_;
  const Config config_;
  const std::unique_ptr<HttpTransport> http_;  // before those who use it
  mutable std::mutex mutex_;
  mutable bool is_closed_ = false;
  mutable std::map<std::size_t, std::shared_ptr<VaultCache>> caches_;  // by number of the kind; made when needed
  std::vector<std::shared_ptr<const ConfigProvider>> providers_;
};

}  // namespace lode
