// Settings from the program that lode runs in.
#include "config/host_provider.h"

namespace lode {
namespace {

std::vector<LookedAt> none_of(std::string_view provider, const std::vector<KeyPath>& keys) {
  std::vector<LookedAt> lines;
  for (const KeyPath& key : keys) lines.push_back({std::string(provider), key.dotted(), "not given"});
  return lines;
}

}  // namespace

Result<std::optional<json::Value>> HostProvider::find(const KeyPath& key, bool) const {
  std::optional<json::Value> value = lookup_(key.dotted());
  if (value && value->is_null()) value.reset();
  return value;
}

std::string HostProvider::place_of(const KeyPath& key, bool) const { return key.dotted(); }

std::vector<LookedAt> HostProvider::explain(const std::vector<KeyPath>& keys, bool) const {
  return none_of("host", keys);
}

}  // namespace lode
