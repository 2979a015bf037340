// ConfigProvider: one place that configuration can come from. What a newcomer implements to add one (a vault, say).
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/key_path.h"
#include "json/value.h"

namespace lode {

/// One line of "every place looked at": "environment", "SHOP__API_KEY", "not set".
struct LookedAt {
  std::string provider;
  std::string place;  ///< as the user would write or open it
  std::string found;  ///< what is there instead of the value
  friend bool operator==(const LookedAt& a, const LookedAt& b) = default;
};

/// Providers are asked in a fixed order; the first value wins. All methods are thread-safe.
class ConfigProvider {
 public:
  virtual ~ConfigProvider() = default;
  virtual std::string_view name() const = 0;  ///< "environment", "secrets.toml"
  /// Whether secrets may stand here. Finding one where they may not is an error.
  virtual bool holds_secrets() const { return true; }
  /// nullopt: absent here, ask the next one. Text stays text. Errors: kConfigUnreadable (never "absent").
  virtual Result<std::optional<json::Value>> find(const KeyPath& key, bool secret) const = 0;
  /// find(), for places that block: it lets go within moments of a stop, with kCancelled.
  virtual Result<std::optional<json::Value>> ask(const KeyPath& key, bool secret, const std::stop_token&) const {
    return find(key, secret);
  }
  /// How a user would set `key` here: "SOURCES__GITHUB__TOKEN", "sources.github.token".
  virtual std::string spelling_of(const KeyPath& key) const = 0;
  /// Where the value that find() gives stands: "/srv/.dlt/secrets.toml". REQUIRES: find() gives one.
  virtual std::string place_of(const KeyPath& key, bool secret) const = 0;
  /// What this provider has in place of the value; `keys` are the ones that were asked for, most specific first. No
  /// secrets.
  virtual std::vector<LookedAt> explain(const std::vector<KeyPath>& keys, bool secret) const = 0;
  /// Files, variables or addresses that it reads, present or not: for "lode config".
  virtual std::vector<std::string> locations() const { return {}; }
  /// Everything that stands here, nested, if the provider can tell: for "lode config". It may hold secrets.
  virtual json::Value document() const { return {}; }
};

/// The value at the end of a path of nested tables; null if there is none.
const json::Value* find_at(const json::Value& document, const std::vector<std::string>& parts);

}  // namespace lode
