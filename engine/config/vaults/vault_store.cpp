// VaultCache: each name of a vault is asked for once in a while only.
#include "config/vaults/vault_store.h"

#include <algorithm>
#include <functional>

#include "config/secret.h"
#include "json/parse.h"

namespace lode {
namespace {

// A stop that either of two can request.
class EitherStop {
 public:
  EitherStop(const std::stop_token& one, const std::stop_token& other)
      : on_one_(one, [this] { both_.request_stop(); }), on_other_(other, [this] { both_.request_stop(); }) {}
  std::stop_token token() const { return both_.get_token(); }

 private:
  std::stop_source both_;
  std::stop_callback<std::function<void()>> on_one_;
  std::stop_callback<std::function<void()>> on_other_;
};

Status cancelled() { return Status::error(Code::kCancelled, "cancelled"); }

}  // namespace

VaultEntry::~VaultEntry() { wipe(text); }

std::optional<std::string> only_value(const std::string& table) {
  Result<json::Value> content = json::parse_value(table);
  if (!content.ok() || !content->is_object() || content->size() != 1) return std::nullopt;
  const json::Value* value = content->find("value");
  std::optional<std::string> text;
  if (value != nullptr && value->is_text()) text = value->as_text();
  wipe(*content);
  return text;
}

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

// REQUIRES: mutex_ is held
std::shared_ptr<const VaultEntry> VaultCache::fresh(const std::string& name) const {
  const auto found = entries_.find(name);
  return found != entries_.end() && is_fresh(found->second->asked_us) ? found->second : nullptr;
}

Status VaultCache::ask(const std::string& name, VaultEntry& entry, const std::stop_token& stop, Listing listing) {
  if (!list_first_ || listing == Listing::kIgnored) return store_->fetch(name, entry, stop);
  if (!names_ || !is_fresh(listed_us_)) {
    LODE_ASSIGN(names_, store_->list(stop));
    listed_us_ = env_.steady_us();
  }
  if (std::find(names_->begin(), names_->end(), name) == names_->end()) {
    entry.why = "not in the vault's list";
    return {};
  }
  return store_->fetch(name, entry, stop);
}

Result<std::shared_ptr<const VaultEntry>> VaultCache::keep(const std::string& name, std::shared_ptr<VaultEntry> entry,
                                                           Status status) {
  const std::lock_guard lock(mutex_);
  is_asked_ = false;
  is_free_.notify_all();
  if (status.code() == Code::kCancelled) return status;  // says nothing about the vault
  failure_ = std::move(status);
  entry->asked_us = failed_us_ = env_.steady_us();
  if (!failure_.ok()) return failure_;
  entries_[name] = entry;
  return std::shared_ptr<const VaultEntry>(std::move(entry));
}

Result<std::shared_ptr<const VaultEntry>> VaultCache::fetch(const std::string& name, const std::stop_token& stop,
                                                            Listing listing) {
  const EitherStop either(stop, closed_.get_token());
  {
    std::unique_lock lock(mutex_);
    if (auto entry = fresh(name)) return entry;
    if (either.token().stop_requested()) return cancelled();
    if (!is_free_.wait(lock, either.token(), [this] { return !is_asked_; })) return cancelled();
    if (auto entry = fresh(name)) return entry;
    if (!failure_.ok() && env_.steady_us() - failed_us_ < kFailureHoldsUs) return failure_;
    is_asked_ = true;
  }
  auto entry = std::make_shared<VaultEntry>();
  Status status = ask(name, *entry, either.token(), listing);
  return keep(name, std::move(entry), std::move(status));
}

}  // namespace lode
