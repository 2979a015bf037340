// BodyDecoder: undoes a Content-Encoding while the body arrives. Private to this folder; zlib, brotli and zstd inside.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lode {

/// What is asked for: Accept-Encoding.
inline constexpr std::string_view kAcceptedEncodings = "gzip, deflate, br, zstd";

/// Used by one thread at a time.
class BodyDecoder {
 public:
  /// For "gzip", "deflate", "br", "zstd", "identity" or "". Errors: kHttpBody for every other encoding, naming it.
  static Result<std::unique_ptr<BodyDecoder>> create(std::string_view content_encoding);
  virtual ~BodyDecoder() = default;

  /// Appends what `bytes` decode to. Errors: kHttpBody (not what the encoding says), kHttpTooLarge (`out` would grow
  /// beyond `out_bytes_max`).
  virtual Status add(std::string_view bytes, std::string& out, std::uint64_t out_bytes_max) = 0;
  /// After the last byte. Errors: kHttpBody when the encoded data have no end: something is missing.
  virtual Status finish() const = 0;
  virtual bool is_identity() const { return false; }
};

}  // namespace lode
