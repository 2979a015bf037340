// Ids: random row ids and the names of job files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lode {

/// Random bytes that nobody can guess; one object a thread. The operating system's generator seeds ChaCha-like blocks
/// in OpenSSL, fetched many at a time, so that an id costs nanoseconds.
class RandomSource {
 public:
  /// Fills `size` bytes.
  void fill(char* bytes, std::size_t size);

 private:
  static constexpr std::size_t kBlockBytes = 8192;
  char block_[kBlockBytes];
  std::size_t used_ = kBlockBytes;
};

inline constexpr std::size_t kRowIdBytes = 14;  ///< characters of a row id

/// Writes a `_dlt_id`: 10 random bytes in unpadded standard base64, 14 characters, to `out`.
void write_row_id(RandomSource& random, char* out);
/// Unpadded standard base64 of 10 bytes: the text of every `_dlt_id`.
void encode_row_id(const char* ten_bytes, char* out);
/// `bytes` random bytes as lower-case hex.
std::string random_hex(std::size_t bytes);

}  // namespace lode
