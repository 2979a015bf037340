// Overrides: values that a program sets while it runs; ScriptProvider: values that a script got elsewhere.
#pragma once

#include <mutex>

#include "config/provider.h"

namespace lode {

/// Asked before all other places. A value set under a dotted key stands there as in a nested document: a table that is
/// set at "sources.shop" answers for "sources.shop.api_key". Thread-safe. Texts are wiped when they go.
class Overrides : public ConfigProvider {
 public:
  explicit Overrides(std::string name = "overrides") : name_(std::move(name)) {}
  ~Overrides() override;
  Overrides(const Overrides&) = delete;
  Overrides& operator=(const Overrides&) = delete;

  /// Takes the place of what stands at `key`, table or not. null: as clear(key).
  void set(const KeyPath& key, json::Value value);
  /// Forgets what was set at `key` and below it; the next place in order is asked again.
  void clear(const KeyPath& key);
  void clear();
  bool empty() const;

  std::string_view name() const override { return name_; }
  Result<std::optional<json::Value>> find(const KeyPath& key, bool secret) const override;
  std::string spelling_of(const KeyPath& key) const override { return key.dotted(); }
  std::string place_of(const KeyPath& key, bool) const override { return key.dotted(); }
  /// Nothing: what a program set itself it need not be told about.
  std::vector<LookedAt> explain(const std::vector<KeyPath>&, bool) const override { return {}; }
  json::Value document() const override;

 private:
  const std::string name_;
  mutable std::mutex mutex_;
  json::Value values_ = json::Value::object();
};

/// What a script got from a place of its own, such as a vault that lode does not know. Added to a Config, it is asked
/// after all other places.
class ScriptProvider final : public Overrides {
 public:
  ScriptProvider(std::string name, bool holds_secrets) : Overrides(std::move(name)), holds_secrets_(holds_secrets) {}
  bool holds_secrets() const override { return holds_secrets_; }
  std::vector<LookedAt> explain(const std::vector<KeyPath>& keys, bool secret) const override;

 private:
  const bool holds_secrets_;
};

}  // namespace lode
