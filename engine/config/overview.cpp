// All settings of a project that stand somewhere.
#include "config/overview.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "config/check.h"
#include "config/mask.h"

namespace lode {
namespace {

void collect_leaves(const json::Value& node, const std::vector<std::string>& parts,
                    std::set<std::vector<std::string>>& out) {
  if (!node.is_object()) return;  // a provider that cannot tell
  for (const auto& [name, value] : node.members()) {
    std::vector<std::string> below = parts;
    below.push_back(name);
    if (value.is_object() && value.size() > 0) {
      collect_leaves(value, below, out);
    } else {
      out.insert(below);
    }
  }
}

// "SOURCES__SHOP__API_KEY" as sources.shop.api_key; empty if it is no name of configuration. Case is lost in variables.
std::vector<std::string> key_of_variable(const std::string& name) {
  std::vector<std::string> parts;
  for (std::size_t at = 0;;) {
    const std::size_t next = name.find("__", at);
    parts.push_back(to_lower(name.substr(at, next - at)));
    if (parts.back().empty()) return {};
    if (next == std::string::npos) break;
    at = next + 2;
  }
  if (parts.size() < 2) return {};
  std::set<std::string> roots = {"sources", "destination", "shared"};
  for (const KnownSection& section : known_sections()) roots.emplace(section.name);
  const bool is_known = roots.count(parts[0]) != 0 || (parts.size() > 2 && roots.count(parts[1]) != 0);
  return is_known ? parts : std::vector<std::string>();
}

Setting setting_at(const Config& config, const KeyPath& key) {
  Setting setting;
  setting.key = key;
  std::stop_source stopped;  // what is known of vaults counts, but none is asked to show what stands in files
  stopped.request_stop();
  for (const auto& provider : config.providers()) {
    const Result<std::optional<json::Value>> value = provider->ask(key, false, stopped.get_token());
    if (!value.ok() && value.status().code() == Code::kCancelled) continue;
    if (!value.ok()) {
      setting.provider = provider->name();
      setting.problem = value.status().message();
      return setting;
    }
    if (!*value || (*value)->is_null()) continue;
    const std::string place = provider->place_of(key, false);
    if (!setting.provider.empty()) {
      setting.hides.push_back(place);
      continue;
    }
    setting.provider = provider->name();
    setting.place = place;
    const bool among_secrets = provider->name() != "config.toml" && provider->name() != "environment";
    setting.shown = show_value(key.key(), **value, among_secrets);
  }
  return setting;
}

}  // namespace

std::vector<Setting> overview(const Config& config, const std::vector<std::string>& variables) {
  std::set<std::vector<std::string>> keys;
  for (const auto& provider : config.providers()) collect_leaves(provider->document(), {}, keys);
  std::set<std::string> known;  // by the names that variables for them have
  for (const std::vector<std::string>& parts : keys) known.insert(KeyPath{parts}.environment_name());
  for (const std::string& name : variables) {
    if (known.count(name) != 0) continue;
    if (const std::vector<std::string> parts = key_of_variable(name); !parts.empty()) keys.insert(parts);
  }
  std::vector<Setting> out;
  for (const std::vector<std::string>& parts : keys) {
    Setting setting = setting_at(config, KeyPath{parts});
    if (!setting.provider.empty()) out.push_back(std::move(setting));
  }
  // Keys of a section before the sections below it.
  std::stable_sort(out.begin(), out.end(),
                   [](const Setting& a, const Setting& b) { return a.key.section() < b.key.section(); });
  return out;
}

}  // namespace lode
