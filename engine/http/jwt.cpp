// JSON Web Tokens signed with RS256.
#include "http/jwt.h"

#include <utility>

#include "http/crypto.h"
#include "json/write.h"

namespace lode {

Result<std::string> jwt_rs256(const json::Value& claims, const std::string& private_key, const std::string& passphrase,
                              const json::Value& header) {
  json::Value head = json::Value::object({{"alg", "RS256"}, {"typ", "JWT"}});
  if (header.is_object()) {
    for (const auto& [name, value] : header.members()) head.set(name, value);
  }
  std::string token = base64url_encode(json::write(head)) + "." + base64url_encode(json::write(claims));
  LODE_ASSIGN(const std::string signature, rs256(token, private_key, passphrase));
  token += "." + base64url_encode(signature);
  return token;
}

Result<std::string> jwt_assertion(const JwtGrant& grant, std::int64_t now_us) {
  constexpr std::int64_t kLifeS = 3600;
  const std::int64_t now_s = now_us / 1'000'000;
  json::Value claims = json::Value::object({{"iss", grant.issuer}});
  if (!grant.subject.empty()) claims.set("sub", grant.subject);
  claims.set("aud", grant.audience);
  claims.set("iat", now_s);
  claims.set("exp", now_s + kLifeS);
  if (!grant.scope.empty()) claims.set("scope", grant.scope);
  json::Value header = json::Value::object();
  if (!grant.key_id.empty()) header.set("kid", grant.key_id);
  return jwt_rs256(claims, grant.private_key, grant.passphrase, header);
}

}  // namespace lode
