// Overrides: values that a program sets while it runs.
#include "config/overrides.h"

#include "config/secret.h"

namespace lode {

Overrides::~Overrides() { wipe(values_); }

void Overrides::set(const KeyPath& key, json::Value value) {
  if (value.is_null()) return clear(key);
  const std::lock_guard lock(mutex_);
  json::Value* node = &values_;
  for (const std::string& part : key.parts) {
    if (!node->is_object()) {
      wipe(*node);
      *node = json::Value::object();
    }
    node = &(*node)[part];
  }
  wipe(*node);
  *node = std::move(value);
}

void Overrides::clear(const KeyPath& key) {
  const std::lock_guard lock(mutex_);
  json::Value* node = &values_;
  for (std::size_t i = 0; i + 1 < key.parts.size(); ++i) {
    node = node->find(key.parts[i]);
    if (node == nullptr) return;
  }
  json::Value* found = node->find(key.key());
  if (found == nullptr) return;
  wipe(*found);
  node->erase(key.key());
}

void Overrides::clear() {
  const std::lock_guard lock(mutex_);
  wipe(values_);
  values_ = json::Value::object();
}

bool Overrides::empty() const {
  const std::lock_guard lock(mutex_);
  return values_.size() == 0;
}

Result<std::optional<json::Value>> Overrides::find(const KeyPath& key, bool) const {
  const std::lock_guard lock(mutex_);
  const json::Value* node = find_at(values_, key.parts);
  if (node == nullptr || node->is_null()) return std::optional<json::Value>();
  return std::optional<json::Value>(*node);
}

json::Value Overrides::document() const {
  const std::lock_guard lock(mutex_);
  return values_;
}

std::vector<LookedAt> ScriptProvider::explain(const std::vector<KeyPath>& keys, bool) const {
  std::vector<LookedAt> lines;
  for (const KeyPath& key : keys) lines.push_back({std::string(name()), key.dotted(), "not there"});
  return lines;
}

}  // namespace lode
