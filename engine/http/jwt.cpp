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

}  // namespace lode
