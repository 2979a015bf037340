// Renewals: secrets that a service has replaced while we ran.
#include "config/renewals.h"

namespace lode {

void Renewals::add(const KeyPath& path, const Secret& old, const Secret& fresh) {
  const std::lock_guard lock(mutex_);
  const auto known = by_path_.find(path.dotted());
  const bool goes_on = known != by_path_.end() && known->second.last == old;
  by_path_[path.dotted()] = {goes_on ? known->second.first : old, fresh};
}

std::optional<Secret> Renewals::find(const KeyPath& path, const std::string& found) const {
  const std::lock_guard lock(mutex_);
  const auto known = by_path_.find(path.dotted());
  if (known == by_path_.end() || known->second.first.reveal() != found) return std::nullopt;
  return known->second.last;
}

}  // namespace lode
