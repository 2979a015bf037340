// KeyPath: where a setting stands, and ConfigQuery: what is asked for, with the places it may stand at. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lode {

/// "sources", "shop", "api_key". Never empty; no part is.
struct KeyPath {
  std::vector<std::string> parts;

  /// Splits at the dots; empty parts are dropped.
  static KeyPath from_dotted(std::string_view text);
  std::string dotted() const;            ///< "sources.shop.api_key"
  std::string environment_name() const;  ///< "SOURCES__SHOP__API_KEY"
  std::string section() const;           ///< "sources.shop"; "" at the top
  const std::string& key() const { return parts.back(); }
  friend bool operator==(const KeyPath& a, const KeyPath& b) { return a.parts == b.parts; }
};

/// One setting that somebody wants. With `sections` the key is looked for at the most specific place first, then
/// further out; without, `key` is the whole path and only that is looked at.
struct ConfigQuery {
  std::string key;                    ///< "api_key"; dots go deeper: "credentials.password"
  std::vector<std::string> sections;  ///< "sources", "shop", "orders": outermost first
  std::vector<std::string> embedded;  ///< names of nested fields between the sections and the key
  std::string trailing;               ///< a last section that is never left out: "extract", "credentials"
  std::string pipeline_name;          ///< not "": a first pass looks under this name
  bool secret = false;                ///< may not come from config.toml; never shown
};

/// The places to look at, most specific first, without the pipeline's name. dlt's order: sections are dropped from the
/// right; for "sources.<module>.<name>", "sources.<name>" comes third.
std::vector<KeyPath> lookup_paths(const ConfigQuery& query);

/// All places of a query, in groups: every provider is asked for all paths of a group before the next group begins.
/// Under the pipeline's name, if there is one; without it; and last [shared], unless the key is a whole path.
std::vector<std::vector<KeyPath>> lookup_passes(const ConfigQuery& query);

/// `path` under the pipeline's name.
KeyPath with_prefix(const std::string& pipeline_name, const KeyPath& path);

}  // namespace lode
