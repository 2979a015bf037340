// AccessToken: what a cloud takes as proof of who is asking, for a while; and keeping it until shortly before it ends.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/result.h"
#include "config/secret.h"
#include "env/env.h"

namespace lode {

struct AccessToken {
  Secret text;               ///< wiped with its last copy; the header is "Bearer " + text.reveal()
  std::int64_t ends_us = 0;  ///< as Env::now_us()
  std::string project_id;    ///< of Google's credentials; "" if they do not say
  std::string source;        ///< where it came from, for messages: "the metadata server of Google at 169.254.169.254"
};

/// Tokens by a name of the caller's choosing (their scopes, say). Thread-safe.
class AccessTokenCache {
 public:
  using Fetch = std::function<Result<AccessToken>()>;
  explicit AccessTokenCache(Env& env) : env_(env) {}  ///< `env` must outlive it
  /// The token kept under `name`, or what `fetch` gives if there is none or it ends soon (a tenth of its life before,
  /// at most kMarginUs). One fetch at a time: who asks meanwhile waits. Errors: those of `fetch`, which are not kept.
  Result<AccessToken> get(const std::string& name, const Fetch& fetch);
  /// After the token was refused: the next get() asks anew.
  void forget(const std::string& name);

  static constexpr std::int64_t kMarginUs = 225'000'000;

 private:
  struct Kept {
    AccessToken token;
    std::int64_t renew_us = 0;
  };
  Env& env_;
  std::mutex mutex_;
  std::map<std::string, Kept> kept_;
};

}  // namespace lode
