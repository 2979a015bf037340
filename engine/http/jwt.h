// JSON Web Tokens signed with RS256 (RFC 7519, RFC 7515). Pure.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "json/value.h"

namespace lode {

/// "header.claims.signature". `header` adds to {"alg": "RS256", "typ": "JWT"}, a "kid" for instance; null adds nothing.
/// Errors: as rs256().
Result<std::string> jwt_rs256(const json::Value& claims, const std::string& private_key, const std::string& passphrase,
                              const json::Value& header = {});

/// What a service account says of itself to get an access token (RFC 7523, section 3).
struct JwtGrant {
  std::string issuer;
  std::string subject;  ///< "": the claim is left out
  std::string audience;
  std::string scope;   ///< "a b"; "": left out
  std::string key_id;  ///< "": left out
  std::string private_key;
  std::string passphrase;
};

/// The signed claims, good for an hour from `now_us`. Errors: as rs256().
Result<std::string> jwt_assertion(const JwtGrant& grant, std::int64_t now_us);

}  // namespace lode
