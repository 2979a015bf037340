// An RSA key of a test's own, and what JSON Web Tokens are checked with.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <string>

#include "base/text.h"
#include "support/catch.h"

namespace lode {

struct KeyPair {
  KeyPair() : key(EVP_RSA_gen(2048)) {}
  ~KeyPair() { EVP_PKEY_free(key); }
  std::string pem(const char* passphrase = nullptr) const {
    BIO* out = BIO_new(BIO_s_mem());
    const int ok = PEM_write_bio_PrivateKey(out, key, passphrase != nullptr ? EVP_aes_128_cbc() : nullptr, nullptr, 0,
                                            nullptr, const_cast<char*>(passphrase));
    REQUIRE(ok == 1);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);
    std::string text(bytes, static_cast<std::size_t>(size));
    BIO_free(out);
    return text;
  }
  bool verifies(const std::string& bytes, const std::string& signature) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    const bool ok =
        EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
        EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                         reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1;
    EVP_MD_CTX_free(context);
    return ok;
  }
  EVP_PKEY* key;
};

inline std::string base64url_decode(std::string text) {
  text = replace_all(replace_all(std::move(text), "-", "+"), "_", "/");
  while (text.size() % 4 != 0) text += '=';
  std::string bytes;
  REQUIRE(base64_decode(text, bytes));
  return bytes;
}

}  // namespace lode
