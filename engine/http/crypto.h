// Hashes and signatures that requests are signed with, and random bytes. OpenSSL inside.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace lode {

std::string sha1(std::string_view bytes);                               ///< 20 bytes; for names only, it is broken
std::string sha256(std::string_view bytes);                             ///< 32 bytes
std::string hmac_sha256(std::string_view key, std::string_view bytes);  ///< 32 bytes

/// The RS256 signature (RSASSA-PKCS1-v1_5 with SHA-256) of `bytes`. `private_key` is PEM text, PKCS#1 or PKCS#8;
/// `passphrase` is for an encrypted one. Errors: kConfigInvalid for a key that cannot be read (never shows it).
Result<std::string> rs256(std::string_view bytes, const std::string& private_key, const std::string& passphrase);

/// Base64 with '-' and '_' and without padding (RFC 4648, section 5).
std::string base64url_encode(std::string_view bytes);
/// Strict: false unless base64url_encode() writes `text`.
bool base64url_decode(std::string_view text, std::string& bytes);

/// Of the system's generator for keys.
std::string random_bytes(std::size_t count);

}  // namespace lode
