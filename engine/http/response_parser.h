// ResponseParser: HTTP/1.x responses from bytes, in whatever pieces they arrive. No I/O. Private to this folder.
// Source: RFC 9112.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/body_decoder.h"
#include "http/message.h"

namespace lode {

/// Reads one response, interim ones (100, 103) before it included. Used by one thread.
class ResponseParser {
 public:
  /// `method` decides whether there is a body. `response` gets status, headers and body and must outlive the parser.
  ResponseParser(std::string_view method, std::uint64_t body_bytes_max, HttpResponse& response);

  /// Takes the next bytes. Returns how many belong to this response; fewer than given only when it is complete.
  /// Errors: kHttpBody, kHttpTooLarge.
  Result<std::size_t> feed(std::string_view bytes);
  /// The server closed the connection in order. Errors: kHttpBody when the response is not complete.
  Status end();

  bool is_done() const { return state_ == State::kDone; }
  bool has_begun() const { return begun_; }  ///< a byte of it arrived
  bool has_head() const { return state_ != State::kHead; }
  /// Whether the connection can be used again. REQUIRES: is_done()
  bool keeps_alive() const { return keeps_alive_; }
  /// Seconds that the server promised to keep an idle connection; 0 if it said nothing.
  double keep_alive_s() const { return keep_alive_s_; }

 private:
  enum class State { kHead, kLengthBody, kEndlessBody, kChunkSize, kChunkData, kChunkEnd, kTrailers, kDone };

  Result<std::size_t> feed_head(std::string_view bytes);
  Result<std::size_t> feed_body(std::string_view bytes);
  Result<std::size_t> feed_line(std::string_view bytes);
  Status parse_head();
  void parse_header_line(std::string_view line);
  Status choose_framing();
  Status take_line(std::string_view line);
  Status finish_body();

  HttpResponse& response_;
  const bool is_head_request_;
  const bool is_connect_request_;
  const std::uint64_t body_bytes_max_;
  State state_ = State::kHead;
  bool begun_ = false;
  bool keeps_alive_ = false;
  bool is_http_1_0_ = false;
  double keep_alive_s_ = 0;
  std::string text_;        // the head, or a line of chunked framing, until it is whole
  std::uint64_t left_ = 0;  // bytes of the body or the chunk that are still to come
  std::optional<BodyDecoder> decoder_;
};

}  // namespace lode
