// Ids: random row ids and the names of job files.
#include "base/ids.h"

#include <openssl/rand.h>

#include <cstring>

#include "base/assert.h"
#include "base/text.h"

namespace lode {

void RandomSource::fill(char* bytes, std::size_t size) {
  LODE_ASSERT(size <= kBlockBytes);
  if (used_ + size > kBlockBytes) {
    const int ok = RAND_bytes(reinterpret_cast<unsigned char*>(block_), kBlockBytes);
    LODE_ASSERT(ok == 1);
    used_ = 0;
  }
  std::memcpy(bytes, block_ + used_, size);
  used_ += size;
}

void encode_row_id(const char* ten_bytes, char* out) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto byte = [&](int i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(ten_bytes[i])); };
  for (int i = 0; i < 9; i += 3) {
    const std::uint32_t group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    *out++ = kAlphabet[group >> 18];
    *out++ = kAlphabet[group >> 12 & 63];
    *out++ = kAlphabet[group >> 6 & 63];
    *out++ = kAlphabet[group & 63];
  }
  *out++ = kAlphabet[byte(9) >> 2];
  *out++ = kAlphabet[byte(9) << 4 & 63];
}

void write_row_id(RandomSource& random, char* out) {
  char bytes[10];
  random.fill(bytes, sizeof bytes);
  encode_row_id(bytes, out);
}

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  const int ok = RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(bytes));
  LODE_ASSERT(ok == 1);
  return hex_encode(raw);
}

}  // namespace lode
