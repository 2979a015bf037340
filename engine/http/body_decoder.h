// BodyDecoder: undoes a Content-Encoding while the body arrives. Private to this folder; zlib inside.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lode {

/// Used by one thread at a time.
class BodyDecoder {
 public:
  /// For "gzip", "deflate", "identity" or "". Errors: kHttpBody for every other encoding, naming it.
  static Result<BodyDecoder> create(std::string_view content_encoding);
  BodyDecoder(BodyDecoder&&) noexcept;
  BodyDecoder& operator=(BodyDecoder&&) noexcept;
  ~BodyDecoder();

  /// Appends what `bytes` decode to. Errors: kHttpBody (not what the encoding says), kHttpTooLarge (`out` would grow
  /// beyond `out_bytes_max`).
  Status add(std::string_view bytes, std::string& out, std::uint64_t out_bytes_max);
  /// After the last byte. Errors: kHttpBody when the encoded data have no end: something is missing.
  Status finish() const;
  bool is_identity() const { return inflater_ == nullptr; }

 private:
  struct Inflater;
  explicit BodyDecoder(std::unique_ptr<Inflater> inflater);
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace lode
