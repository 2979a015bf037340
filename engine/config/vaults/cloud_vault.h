// CloudVaultHttp: questions to a cloud's vault, with an access token that is fetched when needed and kept for its time.
#pragma once

#include <functional>
#include <string>

#include "config/clouds/access_token.h"
#include "config/vaults/vault_http.h"

namespace lode {

/// Used by one thread at a time. `env` and `http` must outlive it.
class CloudVaultHttp {
 public:
  using FetchToken = std::function<Result<AccessToken>(const std::stop_token& stop)>;
  CloudVaultHttp(Env& env, HttpTransport& http, std::string title, VaultPatience patience, FetchToken fetch_token)
      : http_(env, http, std::move(title), patience), tokens_(env), fetch_token_(std::move(fetch_token)) {}
  const std::string& title() const { return http_.title(); }
  Result<AccessToken> token(const std::string& what, const std::stop_token& stop);
  /// GET. A token that is refused (401) is replaced, once. Errors: as VaultHttp::ask(), and when there is no token;
  /// kConfigUnreadable for a new one that is refused, too.
  Result<VaultAnswer> get(const std::string& url, const std::string& what, const std::stop_token& stop);
  /// The error for an answer that makes no sense, or refuses more than a name.
  Status unexpected(const VaultAnswer& answer, const std::string& what) const;

 private:
  VaultHttp http_;
  AccessTokenCache tokens_;
  const FetchToken fetch_token_;
};

/// What {"error": {"message": "…"}} says, as it may be shown; "" if it is not that.
std::string error_message_of(const VaultAnswer& answer);

}  // namespace lode
