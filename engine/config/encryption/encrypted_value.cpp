// EncryptedValue: the text that stands in secrets.toml in place of a value, and the encryption behind it.
#include "config/encryption/encrypted_value.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <vector>

#include "base/assert.h"
#include "base/text.h"
#include "http/crypto.h"

namespace lode {
namespace {

constexpr std::string_view kStart = "lode-encrypted:";
constexpr std::string_view kVersion = "v1";
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kKeyIdDigits = 16;
// A file from elsewhere must not make us work for long: what is written costs 2^15 * 8 * 3, a tenth of a second.
constexpr ScryptCost kCostMin = {14, 1, 1};
constexpr ScryptCost kCostMax = {20, 16, 16};
constexpr std::uint64_t kScryptMemoryMax = 128U << 20;
constexpr std::uint64_t kScryptWorkMax = std::uint64_t{1} << 22;

Status broken(std::string_view why) {
  return Status::error(Code::kEncryptedValue, fmt::format("the encrypted value cannot be read: {}", why))
      .hint("write it anew:  lode secrets set KEY --encrypt");
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

bool read_number(std::string_view text, unsigned& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && (text.size() == 1 || text[0] != '0');
}

bool is_between(const ScryptCost& cost) {
  const auto within = [](unsigned value, unsigned least, unsigned most) { return value >= least && value <= most; };
  return within(cost.log2_n, kCostMin.log2_n, kCostMax.log2_n) && within(cost.r, kCostMin.r, kCostMax.r) &&
         within(cost.p, kCostMin.p, kCostMax.p) && (std::uint64_t{128} << cost.log2_n) * cost.r <= kScryptMemoryMax &&
         (std::uint64_t{1} << cost.log2_n) * cost.r * cost.p <= kScryptWorkMax;
}

bool read_cost(std::string_view text, ScryptCost& cost) {
  const std::vector<std::string_view> parts = split(text, ',');
  return parts.size() == 3 && read_number(parts[0], cost.log2_n) && read_number(parts[1], cost.r) &&
         read_number(parts[2], cost.p) && is_between(cost);
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

std::string authenticated(const EncryptedValue& value, const KeyPath& path) {
  return value.header() + '\n' + path.dotted();
}

}  // namespace

std::string EncryptedValue::header() const {
  const std::string start = fmt::format("{}{}:", kStart, kVersion);
  if (method == Method::kKeyring) return fmt::format("{}keyring:{}:", start, key_id);
  return fmt::format("{}scrypt:{},{},{}:{}:", start, cost.log2_n, cost.r, cost.p, base64url_encode(salt));
}

std::string EncryptedValue::text() const { return header() + base64url_encode(payload); }

bool is_encrypted(std::string_view text) { return text.starts_with(kStart); }

bool is_encrypted_value(const json::Value& value) { return value.is_text() && is_encrypted(value.as_text()); }

std::string show_encrypted(std::string_view text) {
  const Result<EncryptedValue> value = parse_encrypted(text);
  if (!value.ok()) return "encrypted (broken)";
  return value->method == EncryptedValue::Method::kKeyring ? "encrypted (keyring)" : "encrypted (pass phrase)";
}

Result<EncryptedValue> parse_encrypted(std::string_view text) {
  LODE_ASSERT(is_encrypted(text));
  const std::vector<std::string_view> parts = split(text.substr(kStart.size()), ':');
  if (parts[0] != kVersion) return broken("it is of a version that this lode does not know");
  EncryptedValue value;
  if (parts.size() == 4 && parts[1] == "keyring") {
    value.key_id = parts[2];
    std::string id;
    if (value.key_id.size() != kKeyIdDigits || !hex_decode(value.key_id, id) || hex_encode(id) != value.key_id)
      return broken("the id of its key is none");
  } else if (parts.size() == 5 && parts[1] == "scrypt") {
    value.method = EncryptedValue::Method::kPassphrase;
    if (!read_cost(parts[2], value.cost)) return broken("it asks for too much, or too little, work on the pass phrase");
    if (!base64url_decode(parts[3], value.salt) || value.salt.size() != kSaltBytes) return broken("its salt is none");
  } else {
    return broken("parts of it are missing");
  }
  if (!base64url_decode(parts.back(), value.payload) || value.payload.size() < kNonceBytes + kTagBytes)
    return broken("a part of it is missing, or was changed");
  return value;
}

EncryptedValue seal(EncryptedValue value, const Secret& key, const KeyPath& path, const Secret& plain) {
  LODE_ASSERT(key.reveal().size() == kValueKeyBytes);
  const std::string_view text = plain.reveal();
  const std::string more = authenticated(value, path);
  const std::string nonce = random_bytes(kNonceBytes);
  std::string sealed(text.size(), '\0');
  std::string tag(kTagBytes, '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int used = 0;
  const bool ok =
      cipher != nullptr &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key.reveal()), bytes_of(nonce)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &used, bytes_of(more), static_cast<int>(more.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), bytes_of(sealed), &used, bytes_of(text), static_cast<int>(text.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), bytes_of(sealed) + used, &used) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagBytes), tag.data()) == 1;
  LODE_ASSERT(ok);
  value.payload = nonce + sealed + tag;
  return value;
}

Result<Secret> unseal(const EncryptedValue& value, const Secret& key, const KeyPath& path) {
  LODE_ASSERT(key.reveal().size() == kValueKeyBytes);
  LODE_ASSERT(value.payload.size() >= kNonceBytes + kTagBytes);
  const std::string more = authenticated(value, path);
  const std::string nonce = value.payload.substr(0, kNonceBytes);
  const std::string sealed = value.payload.substr(kNonceBytes, value.payload.size() - kNonceBytes - kTagBytes);
  std::string tag = value.payload.substr(value.payload.size() - kTagBytes);
  std::string plain(sealed.size(), '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int used = 0;
  const bool ok =
      cipher != nullptr &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key.reveal()), bytes_of(nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &used, bytes_of(more), static_cast<int>(more.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), bytes_of(plain), &used, bytes_of(sealed), static_cast<int>(sealed.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagBytes), tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), bytes_of(plain) + used, &used) == 1;
  if (ok) return Secret(std::move(plain));
  wipe(plain);
  return Status::error(Code::kEncryptedValue, "the value does not open");
}

Result<Secret> key_from_passphrase(const Secret& phrase, std::string_view salt, const ScryptCost& cost) {
  std::string key(kValueKeyBytes, '\0');
  // OpenSSL counts some more than the two tables; without a limit of ours its own is 32 MB.
  const std::uint64_t memory_max = kScryptMemoryMax + (std::uint64_t{64} << 20);
  if (EVP_PBE_scrypt(phrase.reveal().data(), phrase.reveal().size(), bytes_of(salt), salt.size(),
                     std::uint64_t{1} << cost.log2_n, cost.r, cost.p, memory_max, bytes_of(key), key.size()) != 1) {
    return Status::error(Code::kEncryptedValue, "the pass phrase cannot be made into a key: memory is short");
  }
  return Secret(std::move(key));
}

}  // namespace lode
