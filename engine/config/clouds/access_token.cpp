// AccessToken: keeping tokens until shortly before they end.
#include "config/clouds/access_token.h"

#include <algorithm>

namespace lode {

Result<AccessToken> AccessTokenCache::get(const std::string& name, const Fetch& fetch) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(name);
  if (found != kept_.end() && env_.now_us() < found->second.renew_us) return found->second.token;
  LODE_ASSIGN(AccessToken token, fetch());
  const std::int64_t life_us = std::max<std::int64_t>(token.ends_us - env_.now_us(), 0);
  kept_[name] = {token, token.ends_us - std::min(kMarginUs, life_us / 10)};
  return token;
}

void AccessTokenCache::forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  kept_.erase(name);
}

}  // namespace lode
