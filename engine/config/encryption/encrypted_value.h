// EncryptedValue: the text that stands in secrets.toml in place of a value, and the encryption behind it. Pure but for
// random numbers; OpenSSL inside. docs/configuration.md has the format.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/key_path.h"
#include "config/secret.h"
#include "json/value.h"

namespace lode {

/// What turns a pass phrase into a key. The defaults take about 0.2 s and 32 MB.
struct ScryptCost {
  unsigned log2_n = 15;
  unsigned r = 8;
  unsigned p = 3;
  friend bool operator==(const ScryptCost& a, const ScryptCost& b) = default;
};

/// "lode-encrypted:v1:keyring:<key's id>:<payload>" or "lode-encrypted:v1:scrypt:<log2 n>,<r>,<p>:<salt>:<payload>".
/// The payload is nonce, ciphertext and tag of AES-256-GCM in base64url. What stands before it and the dotted key that
/// the value belongs to are authenticated: a value that is moved to another key does not open.
struct EncryptedValue {
  enum class Method { kKeyring, kPassphrase };
  Method method = Method::kKeyring;
  std::string key_id;  ///< kKeyring: 16 hex digits
  ScryptCost cost;     ///< kPassphrase, as is salt: 16 bytes
  std::string salt;
  std::string payload;  ///< nonce, ciphertext, tag

  /// Everything before the payload.
  std::string header() const;
  std::string text() const;
};

/// Whether a text claims to be an encrypted value: it may be a broken one.
bool is_encrypted(std::string_view text);
bool is_encrypted_value(const json::Value& value);
/// "encrypted (keyring)", "encrypted (pass phrase)": how one is shown.
std::string show_encrypted(std::string_view text);

/// REQUIRES: is_encrypted(text). Errors: kEncryptedValue for what no version of lode wrote, or a newer one.
Result<EncryptedValue> parse_encrypted(std::string_view text);

inline constexpr std::size_t kValueKeyBytes = 32;

/// Fills in the payload. REQUIRES: a key of kValueKeyBytes
EncryptedValue seal(EncryptedValue value, const Secret& key, const KeyPath& path, const Secret& plain);
/// Errors: kEncryptedValue if the key is another, or a byte was changed, or `path` is not the one that it was sealed
/// for. REQUIRES: a key of kValueKeyBytes
Result<Secret> unseal(const EncryptedValue& value, const Secret& key, const KeyPath& path);

/// Errors: kEncryptedValue if there is not the memory that `cost` asks for.
Result<Secret> key_from_passphrase(const Secret& phrase, std::string_view salt, const ScryptCost& cost);

}  // namespace lode
