// VaultCache: each name of a vault is asked for once in a while only.
#include "config/vault_store.h"

#include <algorithm>

#include "config/secret.h"

namespace lode {

VaultEntry::~VaultEntry() { wipe(text); }

VaultCache::VaultCache(Env& env, std::unique_ptr<VaultStore> store, double ttl_s, bool list_first)
    : env_(env), store_(std::move(store)), ttl_s_(ttl_s), list_first_(list_first) {}

bool VaultCache::is_fresh(std::int64_t asked_us) const {
  return ttl_s_ <= 0 || static_cast<double>(env_.steady_us() - asked_us) < ttl_s_ * 1e6;
}

std::shared_ptr<const VaultEntry> VaultCache::known(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second;
}

Status VaultCache::ask(const std::string& name, VaultEntry& entry) {
  if (list_first_ && (!names_ || !is_fresh(listed_us_))) {
    LODE_ASSIGN(names_, store_->list());
    listed_us_ = env_.steady_us();
  }
  if (list_first_ && std::find(names_->begin(), names_->end(), name) == names_->end()) {
    entry.why = "not in the vault's list";
    return {};
  }
  return store_->fetch(name, entry);
}

Result<std::shared_ptr<const VaultEntry>> VaultCache::fetch(const std::string& name) {
  const std::lock_guard asking(asking_);
  if (std::shared_ptr<const VaultEntry> entry = known(name); entry && is_fresh(entry->asked_us)) return entry;
  if (!failure_.ok() && env_.steady_us() - failed_us_ < kFailureHoldsUs) return failure_;
  auto entry = std::make_shared<VaultEntry>();
  failure_ = ask(name, *entry);
  entry->asked_us = failed_us_ = env_.steady_us();
  if (!failure_.ok()) return failure_;
  const std::lock_guard lock(mutex_);
  entries_[name] = entry;
  return std::shared_ptr<const VaultEntry>(std::move(entry));
}

}  // namespace lode
