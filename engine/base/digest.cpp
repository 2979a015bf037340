// Digests: the hashes that dlt's formats are made of.
#include "base/digest.h"

#include <openssl/evp.h>

#include <cstring>
#include <memory>

#include "base/assert.h"

namespace lode {
namespace {

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Looking an algorithm up by name costs more than hashing a short text: both are kept, the context one a thread.
EVP_MD_CTX* start(const EVP_MD* algorithm) {
  thread_local std::unique_ptr<EVP_MD_CTX, ContextDeleter> context(EVP_MD_CTX_new());
  const int ok = EVP_DigestInit_ex2(context.get(), algorithm, nullptr);
  LODE_ASSERT(ok == 1);
  return context.get();
}

}  // namespace

std::string sha3_256(std::string_view bytes) {
  static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA3-256", nullptr);
  EVP_MD_CTX* context = start(kAlgorithm);
  std::string out(32, '\0');
  const bool ok = EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1 &&
                  EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(out.data()), nullptr) == 1;
  LODE_ASSERT(ok);
  return out;
}

std::string shake_128(std::string_view bytes, std::size_t size) {
  static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHAKE128", nullptr);
  EVP_MD_CTX* context = start(kAlgorithm);
  std::string out(size, '\0');
  const bool ok = EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1 &&
                  EVP_DigestFinalXOF(context, reinterpret_cast<unsigned char*>(out.data()), size) == 1;
  LODE_ASSERT(ok);
  return out;
}

std::uint64_t checksum_64(std::string_view bytes, std::uint64_t seed) {
  constexpr std::uint64_t kPrime = 0x9E3779B97F4A7C15;
  const auto mix = [](std::uint64_t hash, const char* at) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    hash = (hash ^ word) * kPrime;
    return hash ^ hash >> 32;
  };
  std::uint64_t hash = seed ^ 0xCBF29CE484222325;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  if (left >= 32) {
    // Four words at a time, each in a chain of its own: one chain alone would wait for its multiplications.
    std::uint64_t lanes[4] = {hash, hash + 1, hash + 2, hash + 3};
    for (; left >= 32; left -= 32, at += 32) {
      for (int i = 0; i < 4; ++i) lanes[i] = mix(lanes[i], at + 8 * i);
    }
    for (const std::uint64_t lane : lanes) hash = (hash ^ lane) * kPrime ^ lane >> 32;
  }
  for (; left >= 8; left -= 8, at += 8) hash = mix(hash, at);
  for (; left > 0; --left, ++at) hash = (hash ^ static_cast<unsigned char>(*at)) * kPrime;
  return hash ^ hash >> 29;
}

}  // namespace lode
