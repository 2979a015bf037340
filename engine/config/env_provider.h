// EnvProvider: settings from environment variables, and secrets from the files that Docker and Kubernetes mount.
#pragma once

#include <memory>

#include "config/provider.h"
#include "config/variables.h"
#include "env/env.h"

namespace lode {

/// "sources.shop.api_key" is SOURCES__SHOP__API_KEY, on the machine or in a .env file. Secrets are looked for in
/// <secrets_folder>/sources--shop--api-key (or in a file of that name in a folder of that name) before; their text is
/// used as it is, line breaks at the end excepted.
class EnvProvider final : public ConfigProvider {
 public:
  EnvProvider(Env& env, std::shared_ptr<const Variables> variables, Path secrets_folder = "/run/secrets");
  std::string_view name() const override { return "environment"; }
  Result<std::optional<json::Value>> find(const KeyPath& key, bool secret) const override;
  std::string spelling_of(const KeyPath& key) const override { return key.environment_name(); }
  std::string place_of(const KeyPath& key, bool secret) const override;
  std::vector<LookedAt> explain(const std::vector<KeyPath>& keys, bool secret) const override;
  std::vector<std::string> locations() const override;

 private:
  Path secret_file(const KeyPath& key) const;
  std::optional<Path> existing_secret_file(const KeyPath& key) const;

  Env& env_;
  const std::shared_ptr<const Variables> variables_;
  const Path secrets_folder_;
  const bool has_secrets_folder_;
};

}  // namespace lode
