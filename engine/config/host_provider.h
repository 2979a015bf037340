// Settings from the program that lode runs in: values it set, and a function it offers.
#pragma once

#include <functional>

#include "config/provider.h"

namespace lode {

/// Asked with the dotted path; nullopt when the host has no such setting. Called from any thread, with no lock held.
using HostLookup = std::function<std::optional<json::Value>(std::string_view dotted_key)>;

class HostProvider final : public ConfigProvider {
 public:
  explicit HostProvider(HostLookup lookup) : lookup_(std::move(lookup)) {}
  std::string_view name() const override { return "host"; }
  Result<std::optional<json::Value>> find(const KeyPath& key, bool secret) const override;
  std::string spelling_of(const KeyPath& key) const override { return key.dotted(); }
  std::string place_of(const KeyPath& key, bool secret) const override;
  std::vector<LookedAt> explain(const std::vector<KeyPath>& keys, bool secret) const override;

 private:
  const HostLookup lookup_;
};

}  // namespace lode
