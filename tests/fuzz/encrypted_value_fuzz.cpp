// Encrypted values as a file has them: what is read is written again as it was, and nothing opens that we did not seal.
#include <string>

#include "config/encryption/encrypted_value.h"
#include "fuzz.h"

using namespace lode;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Secret kKey(std::string(kValueKeyBytes, 'k'));
  static const KeyPath kPath = KeyPath::from_dotted("sources.shop.api_key");
  const std::string_view rest = fuzz_text(data, size);
  for (const std::string start : {"", "lode-encrypted:", "lode-encrypted:v1:keyring:0123456789abcdef:",
                                  "lode-encrypted:v1:scrypt:15,8,3:AAAAAAAAAAAAAAAAAAAAAA:"}) {
    const std::string text = start + std::string(rest);
    if (!is_encrypted(text)) continue;
    FUZZ_CHECK(show_encrypted(text).starts_with("encrypted ("));
    const Result<EncryptedValue> value = parse_encrypted(text);
    if (!value.ok()) continue;
    FUZZ_CHECK(value->text() == text);
    FUZZ_CHECK(!unseal(*value, kKey, kPath).ok());
  }
  EncryptedValue value;
  value.key_id = "0123456789abcdef";
  const Result<EncryptedValue> sealed = parse_encrypted(seal(value, kKey, kPath, Secret(std::string(rest))).text());
  FUZZ_CHECK(sealed.ok());
  FUZZ_CHECK(unseal(*sealed, kKey, kPath)->reveal() == rest);
  return 0;
}
