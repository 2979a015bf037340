// Overrides: values that a program sets while it runs.
#pragma once

#include <mutex>

#include "config/provider.h"

namespace lode {

/// Asked before all other places. A value set under a dotted key stands there as in a nested document: a table that is
/// set at "sources.shop" answers for "sources.shop.api_key". Thread-safe. Texts are wiped when they go.
class Overrides final : public ConfigProvider {
 public:
  Overrides() = default;
  ~Overrides() override;
  Overrides(const Overrides&) = delete;
  Overrides& operator=(const Overrides&) = delete;

  /// Takes the place of what stands at `key`, table or not. null: as clear(key).
  void set(const KeyPath& key, json::Value value);
  /// Forgets what was set at `key` and below it; the next place in order is asked again.
  void clear(const KeyPath& key);
  void clear();
  bool empty() const;

  std::string_view name() const override { return "overrides"; }
  Result<std::optional<json::Value>> find(const KeyPath& key, bool secret) const override;
  std::string spelling_of(const KeyPath& key) const override { return key.dotted(); }
  std::string place_of(const KeyPath& key, bool) const override { return key.dotted(); }
  /// Nothing: what a program set itself it need not be told about.
  std::vector<LookedAt> explain(const std::vector<KeyPath>&, bool) const override { return {}; }
  json::Value document() const override;

 private:
  mutable std::mutex mutex_;
  json::Value values_ = json::Value::object();
};

}  // namespace lode
