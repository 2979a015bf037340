// Rate limits: how fast a server may be asked, by its own word and by the script's. Pure: the caller waits.
#pragma once

#include <cstdint>
#include <string>

#include "http/message.h"

namespace lode {

/// What a client keeps to. Zero: no limit.
struct HttpLimits {
  std::uint32_t concurrency = 0;  ///< requests under way at the same time
  double requests = 0;            ///< in `per_s` seconds
  double per_s = 1;
  double burst = 0;           ///< requests that may come at once after a pause; 0: `requests`
  double wait_s_limit = 300;  ///< a server that asks for a longer wait is asked anyway, and says no
};

/// A bucket of tokens, one a request: full at first, filled evenly.
class TokenBucket {
 public:
  TokenBucket(const HttpLimits& limits, std::int64_t now_us);
  /// Takes a token and returns 0; or, without one, the seconds until there is one.
  double take(std::int64_t now_us);

 private:
  const double per_us_;
  const double capacity_;
  double tokens_;
  std::int64_t filled_us_;
};

/// Seconds for which the answer says that nothing more will be allowed: its limit has nothing left
/// (RateLimit-Remaining, X-RateLimit-Remaining, X-Rate-Limit-Remaining, or the field RateLimit with r=0) and is renewed
/// then (…-Reset, in seconds from now or since 1970). 0: go on.
/// https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html
double used_up_for_s(const HttpResponse& response, std::int64_t now_us);

}  // namespace lode
