// BodyDecoder: undoes a Content-Encoding while the body arrives.
#include "http/body_decoder.h"

#include <fmt/format.h>
#include <zlib.h>

#include <climits>

#include "base/text.h"

namespace lode {
namespace {

Status too_large(std::uint64_t bytes_max) {
  return Status::error(Code::kHttpTooLarge, fmt::format("the body is larger than {}", show_bytes(bytes_max)));
}

}  // namespace

struct BodyDecoder::Inflater {
  z_stream stream{};
  bool is_gzip = false;
  bool is_open = false;     // inflateInit2() was called
  bool in_member = false;   // between the first and the last byte of compressed data
  bool any_member = false;  // one was complete

  ~Inflater() {
    if (is_open) inflateEnd(&stream);
  }

  // "deflate" means zlib's format, but some servers send the bare data: the first byte tells.
  bool open(unsigned char first) {
    constexpr int kGzip = 16;
    const bool has_zlib_header = (first & 0x0F) == Z_DEFLATED && (first >> 4) <= 7;
    const int window = is_gzip ? MAX_WBITS + kGzip : has_zlib_header ? MAX_WBITS : -MAX_WBITS;
    is_open = inflateInit2(&stream, window) == Z_OK;
    return is_open;
  }
};

BodyDecoder::BodyDecoder(std::unique_ptr<Inflater> inflater) : inflater_(std::move(inflater)) {}
BodyDecoder::BodyDecoder(BodyDecoder&&) noexcept = default;
BodyDecoder& BodyDecoder::operator=(BodyDecoder&&) noexcept = default;
BodyDecoder::~BodyDecoder() = default;

Result<BodyDecoder> BodyDecoder::create(std::string_view content_encoding) {
  const std::string name = to_lower(trim(content_encoding));
  if (name.empty() || name == "identity") return BodyDecoder(nullptr);
  auto inflater = std::make_unique<Inflater>();
  inflater->is_gzip = name == "gzip" || name == "x-gzip";
  if (!inflater->is_gzip && name != "deflate") {
    return Status::error(Code::kHttpBody, fmt::format("the body is encoded as '{}', which was not asked for", name))
        .hint("gzip and deflate are understood; send 'Accept-Encoding: identity' to get it plain");
  }
  return BodyDecoder(std::move(inflater));
}

Status BodyDecoder::add(std::string_view bytes, std::string& out, std::uint64_t out_bytes_max) {
  if (inflater_ == nullptr) {
    if (bytes.size() > out_bytes_max - out.size()) return too_large(out_bytes_max);
    out.append(bytes);
    return {};
  }
  Inflater& in = *inflater_;
  char decoded[32 * 1024];
  while (!bytes.empty()) {
    if (!in.is_open && !in.open(static_cast<unsigned char>(bytes.front()))) {
      return Status::error(Code::kHttpBody, "zlib cannot start");
    }
    const std::size_t count = std::min<std::size_t>(bytes.size(), UINT_MAX);
    in.in_member = true;
    in.stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    in.stream.avail_in = static_cast<uInt>(count);
    int result = Z_OK;
    do {
      in.stream.next_out = reinterpret_cast<Bytef*>(decoded);
      in.stream.avail_out = sizeof decoded;
      result = inflate(&in.stream, Z_NO_FLUSH);
      const std::size_t produced = sizeof decoded - in.stream.avail_out;
      if (produced > out_bytes_max - out.size()) return too_large(out_bytes_max);
      out.append(decoded, produced);
    } while (result == Z_OK && in.stream.avail_out == 0);
    bytes.remove_prefix(count - in.stream.avail_in);
    if (result == Z_STREAM_END) {
      // gzip may go on with another member.
      in.in_member = false;
      in.any_member = true;
      if (!in.is_gzip) return {};
      inflateReset(&in.stream);
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      // Padding behind a whole member is common and harmless.
      if (in.any_member) {
        in.in_member = false;
        return {};
      }
      return Status::error(Code::kHttpBody,
                           fmt::format("the body is not valid {} data: {}", in.is_gzip ? "gzip" : "deflate",
                                       in.stream.msg == nullptr ? "broken" : in.stream.msg));
    }
  }
  return {};
}

Status BodyDecoder::finish() const {
  if (inflater_ == nullptr || !inflater_->in_member) return {};
  return Status::error(Code::kHttpBody,
                       fmt::format("the body's {} data end too early", inflater_->is_gzip ? "gzip" : "deflate"));
}

}  // namespace lode
