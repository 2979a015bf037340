// zlib and base64 together.
#include "package/deflate.h"

#include <zlib.h>

#include "base/assert.h"
#include "base/text.h"

namespace lode {
namespace {
constexpr std::size_t kInflatedBytesMax = 1u << 30;
}

std::string deflate_base64(std::string_view bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string packed(size, '\0');
  const int outcome = compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                                reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()), 9);
  LODE_ASSERT(outcome == Z_OK);
  return base64_encode(std::string_view(packed).substr(0, size));
}

std::optional<std::string> inflate_base64(std::string_view text) {
  std::string packed;
  if (text.empty() || !base64_decode(text, packed)) return std::nullopt;
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string bytes;
  int outcome = Z_OK;
  while (outcome == Z_OK && bytes.size() < kInflatedBytesMax) {
    const std::size_t used = bytes.size();
    bytes.resize(used + (used < (1u << 16) ? 1u << 16 : used));
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data() + used);
    stream.avail_out = static_cast<uInt>(bytes.size() - used);
    outcome = inflate(&stream, Z_NO_FLUSH);
    bytes.resize(bytes.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (outcome != Z_STREAM_END) return std::nullopt;
  return bytes;
}

}  // namespace lode
