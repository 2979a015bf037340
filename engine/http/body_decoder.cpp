// BodyDecoder: undoes a Content-Encoding while the body arrives.
#include "http/body_decoder.h"

#include <brotli/decode.h>
#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <climits>

#include "base/text.h"

namespace lode {
namespace {

constexpr std::size_t kDecodedBytes = 32 * 1024;  // at a time
constexpr int kZstdWindowLogMax = 27;             // 128 MiB: what a body may make the decoder keep, as RFC 9659 has it

Status append(std::string_view decoded, std::string& out, std::uint64_t bytes_max) {
  if (decoded.size() > bytes_max - out.size()) {
    return Status::error(Code::kHttpTooLarge, fmt::format("the body is larger than {}", show_bytes(bytes_max)));
  }
  out.append(decoded);
  return {};
}

Status not_valid(std::string_view format, std::string_view why) {
  return Status::error(Code::kHttpBody, fmt::format("the body is not valid {} data: {}", format, why));
}

Status cut_off(std::string_view format) {
  return Status::error(Code::kHttpBody, fmt::format("the body's {} data end too early", format));
}

class Identity final : public BodyDecoder {
 public:
  Status add(std::string_view bytes, std::string& out, std::uint64_t out_bytes_max) override {
    return append(bytes, out, out_bytes_max);
  }
  Status finish() const override { return {}; }
  bool is_identity() const override { return true; }
};

class Inflater final : public BodyDecoder {
 public:
  explicit Inflater(bool is_gzip) : is_gzip_(is_gzip) {}
  ~Inflater() override {
    if (is_open_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;

  Status add(std::string_view bytes, std::string& out, std::uint64_t out_bytes_max) override;
  Status finish() const override { return in_member_ ? cut_off(format()) : Status(); }

 private:
  std::string_view format() const { return is_gzip_ ? "gzip" : "deflate"; }

  // "deflate" means zlib's format, but some servers send the bare data: the first byte tells.
  bool open(unsigned char first) {
    constexpr int kGzip = 16;
    const bool has_zlib_header = (first & 0x0F) == Z_DEFLATED && (first >> 4) <= 7;
    const int window = is_gzip_ ? MAX_WBITS + kGzip : has_zlib_header ? MAX_WBITS : -MAX_WBITS;
    is_open_ = inflateInit2(&stream_, window) == Z_OK;
    return is_open_;
  }

  z_stream stream_{};
  const bool is_gzip_;
  bool is_open_ = false;     // inflateInit2() was called
  bool in_member_ = false;   // between the first and the last byte of compressed data
  bool any_member_ = false;  // one was complete
};

Status Inflater::add(std::string_view bytes, std::string& out, std::uint64_t out_bytes_max) {
  char decoded[kDecodedBytes];
  while (!bytes.empty()) {
    if (!is_open_ && !open(static_cast<unsigned char>(bytes.front()))) {
      return Status::error(Code::kHttpBody, "zlib cannot start");
    }
    const std::size_t count = std::min<std::size_t>(bytes.size(), UINT_MAX);
    in_member_ = true;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(count);
    int result = Z_OK;
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(decoded);
      stream_.avail_out = sizeof decoded;
      result = inflate(&stream_, Z_NO_FLUSH);
      LODE_TRY(append({decoded, sizeof decoded - stream_.avail_out}, out, out_bytes_max));
    } while (result == Z_OK && stream_.avail_out == 0);
    bytes.remove_prefix(count - stream_.avail_in);
    if (result == Z_STREAM_END) {
      // gzip may go on with another member.
      in_member_ = false;
      any_member_ = true;
      if (!is_gzip_) return {};
      inflateReset(&stream_);
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      // Padding behind a whole member is common and harmless.
      if (any_member_) {
        in_member_ = false;
        return {};
      }
      return not_valid(format(), stream_.msg == nullptr ? "broken" : stream_.msg);
    }
  }
  return {};
}

// https://www.rfc-editor.org/rfc/rfc7932
class Brotli final : public BodyDecoder {
 public:
  Brotli() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) { LODE_ASSERT(state_ != nullptr); }
  ~Brotli() override { BrotliDecoderDestroyInstance(state_); }
  Brotli(const Brotli&) = delete;

  Status add(std::string_view bytes, std::string& out, std::uint64_t out_bytes_max) override {
    if (BrotliDecoderIsFinished(state_) == BROTLI_TRUE) return {};  // padding
    std::size_t left = bytes.size();
    const auto* next = reinterpret_cast<const std::uint8_t*>(bytes.data());
    for (;;) {
      std::uint8_t decoded[kDecodedBytes];
      std::uint8_t* end = decoded;
      std::size_t room = sizeof decoded;
      const BrotliDecoderResult result = BrotliDecoderDecompressStream(state_, &left, &next, &room, &end, nullptr);
      has_begun_ = true;
      LODE_TRY(append({reinterpret_cast<const char*>(decoded), sizeof decoded - room}, out, out_bytes_max));
      if (result == BROTLI_DECODER_RESULT_ERROR) {
        return not_valid("brotli", BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state_)));
      }
      if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) return {};
    }
  }
  Status finish() const override {
    const bool is_whole = !has_begun_ || BrotliDecoderIsFinished(state_) == BROTLI_TRUE;
    return is_whole ? Status() : cut_off("brotli");
  }

 private:
  BrotliDecoderState* const state_;
  bool has_begun_ = false;
};

// https://www.rfc-editor.org/rfc/rfc8878; frames may follow each other.
class Zstd final : public BodyDecoder {
 public:
  Zstd() : stream_(ZSTD_createDStream()) {
    LODE_ASSERT(stream_ != nullptr);
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kZstdWindowLogMax);
  }
  ~Zstd() override { ZSTD_freeDStream(stream_); }
  Zstd(const Zstd&) = delete;

  Status add(std::string_view bytes, std::string& out, std::uint64_t out_bytes_max) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (;;) {
      char decoded[kDecodedBytes];
      ZSTD_outBuffer piece{decoded, sizeof decoded, 0};
      const std::size_t result = ZSTD_decompressStream(stream_, &piece, &in);
      if (ZSTD_isError(result) != 0U) return not_valid("zstd", ZSTD_getErrorName(result));
      LODE_TRY(append({decoded, piece.pos}, out, out_bytes_max));
      in_frame_ = result != 0;
      if (in.pos == in.size && piece.pos < piece.size) return {};
    }
  }
  Status finish() const override { return in_frame_ ? cut_off("zstd") : Status(); }

 private:
  ZSTD_DStream* const stream_;
  bool in_frame_ = false;  // between the first and the last byte of a frame
};

}  // namespace

Result<std::unique_ptr<BodyDecoder>> BodyDecoder::create(std::string_view content_encoding) {
  using Made = std::unique_ptr<BodyDecoder>;
  const std::string name = to_lower(trim(content_encoding));
  if (name.empty() || name == "identity") return Made(std::make_unique<Identity>());
  if (name == "gzip" || name == "x-gzip") return Made(std::make_unique<Inflater>(true));
  if (name == "deflate") return Made(std::make_unique<Inflater>(false));
  if (name == "br") return Made(std::make_unique<Brotli>());
  if (name == "zstd") return Made(std::make_unique<Zstd>());
  return Status::error(Code::kHttpBody, fmt::format("the body is encoded as '{}', which was not asked for", name))
      .hint(fmt::format("{} are understood; send 'Accept-Encoding: identity' to get it plain", kAcceptedEncodings));
}

}  // namespace lode
