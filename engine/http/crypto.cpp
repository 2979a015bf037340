// Hashes and signatures that requests are signed with.
#include "http/crypto.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include <algorithm>
#include <memory>

#include "base/assert.h"
#include "base/text.h"

namespace lode {
namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

// Hands out the passphrase; without one OpenSSL would ask at the terminal.
int give_passphrase(char* buffer, int size, int /*writing*/, void* passphrase) {
  const auto& text = *static_cast<const std::string*>(passphrase);
  const int length = std::min(size, static_cast<int>(text.size()));
  std::copy_n(text.data(), length, buffer);
  return length;
}

Status bad_key(const std::string& passphrase) {
  ERR_clear_error();
  return Status::error(Code::kConfigInvalid,
                       passphrase.empty()
                           ? "the private key cannot be read: it is no PEM text, or needs a passphrase"
                           : "the private key cannot be read: it is no PEM text, or has another passphrase")
      .hint("a PEM key begins with -----BEGIN PRIVATE KEY-----; its line breaks must be kept");
}

}  // namespace

std::string sha1(std::string_view bytes) {
  std::string hash(SHA_DIGEST_LENGTH, '\0');
  SHA1(bytes_of(bytes), bytes.size(), reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

std::string sha256(std::string_view bytes) {
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(bytes_of(bytes), bytes.size(), reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  unsigned int size = SHA256_DIGEST_LENGTH;
  const unsigned char* ok = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(),
                                 reinterpret_cast<unsigned char*>(hash.data()), &size);
  LODE_ASSERT(ok != nullptr && size == SHA256_DIGEST_LENGTH);
  return hash;
}

Result<std::string> rs256(std::string_view bytes, const std::string& private_key, const std::string& passphrase) {
  const Bio pem(BIO_new_mem_buf(private_key.data(), static_cast<int>(private_key.size())));
  const Key key(PEM_read_bio_PrivateKey(pem.get(), nullptr, give_passphrase, const_cast<std::string*>(&passphrase)));
  if (!key) return bad_key(passphrase);
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
    return Status::error(Code::kConfigInvalid, "the private key is no RSA key, which RS256 needs");
  const Digest digest(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, bytes_of(bytes), bytes.size()) != 1)
    return bad_key(passphrase);
  std::string signature(size, '\0');
  if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(bytes),
                     bytes.size()) != 1)
    return bad_key(passphrase);
  signature.resize(size);
  return signature;
}

std::string base64url_encode(std::string_view bytes) {
  std::string text = base64_encode(bytes, false);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

bool base64url_decode(std::string_view text, std::string& bytes) {
  std::string padded(text);
  std::replace(padded.begin(), padded.end(), '-', '+');
  std::replace(padded.begin(), padded.end(), '_', '/');
  padded.append((4 - padded.size() % 4) % 4, '=');
  return base64_decode(padded, bytes) && base64url_encode(bytes) == text;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  LODE_ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1);
  return bytes;
}

}  // namespace lode
