// JSON Web Tokens signed with RS256 (RFC 7519, RFC 7515). Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "json/value.h"

namespace lode {

/// "header.claims.signature". `header` adds to {"alg": "RS256", "typ": "JWT"}, a "kid" for instance; null adds nothing.
/// Errors: as rs256().
Result<std::string> jwt_rs256(const json::Value& claims, const std::string& private_key, const std::string& passphrase,
                              const json::Value& header = {});

}  // namespace lode
