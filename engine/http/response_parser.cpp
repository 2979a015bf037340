// ResponseParser: HTTP/1.x responses from bytes, in whatever pieces they arrive.
#include "http/response_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "http/redact.h"

namespace lode {
namespace {

constexpr std::size_t kHeadBytesMax = 256 * 1024;
constexpr std::size_t kHeaderLinesMax = 1000;
constexpr std::size_t kFramingLineBytesMax = 16 * 1024;
// A server may announce any length; memory is taken in advance only up to this.
constexpr std::uint64_t kReserveBytesMax = 64ull << 20;
// Room for what a JSON parser wants to find behind its input, so that it need not copy.
constexpr std::size_t kParserPadding = 128;

Status broken(std::string message) { return Status::error(Code::kHttpBody, std::move(message)); }

bool has_token(std::string_view list, std::string_view token) {
  for (const std::string_view item : split(list, ',')) {
    if (equal_ignoring_case(trim(item), token)) return true;
  }
  return false;
}

bool read_length(std::string_view text, std::uint64_t& length) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

// "timeout=5, max=100" -> 5
double read_keep_alive(std::string_view text) {
  for (const std::string_view item : split(text, ',')) {
    const std::string_view pair = trim(item);
    std::uint64_t seconds = 0;
    if (equal_ignoring_case(pair.substr(0, 8), "timeout=") && read_length(pair.substr(8), seconds)) {
      return static_cast<double>(std::min<std::uint64_t>(seconds, 86'400));
    }
  }
  return 0;
}

}  // namespace

ResponseParser::ResponseParser(std::string_view method, std::uint64_t body_bytes_max, HttpResponse& response)
    : response_(response),
      is_head_request_(method == "HEAD"),
      is_connect_request_(method == "CONNECT"),
      body_bytes_max_(body_bytes_max) {}

Result<std::size_t> ResponseParser::feed(std::string_view bytes) {
  std::size_t used = 0;
  begun_ = begun_ || !bytes.empty();
  while (used < bytes.size() && state_ != State::kDone) {
    const std::string_view rest = bytes.substr(used);
    const bool in_head = state_ == State::kHead;
    const bool in_data = state_ == State::kLengthBody || state_ == State::kEndlessBody || state_ == State::kChunkData;
    LODE_ASSIGN(const std::size_t taken, in_head ? feed_head(rest) : in_data ? feed_body(rest) : feed_line(rest));
    used += taken;
  }
  return used;
}

Status ResponseParser::end() {
  switch (state_) {
    case State::kDone:
      return {};
    case State::kHead:
      return broken(begun_ ? "the connection ended in the middle of the headers"
                           : "the connection ended without an answer");
    case State::kEndlessBody:
    case State::kTrailers:  // all chunks are here; only the last line break is missing
      return finish_body();
    case State::kLengthBody:
      return broken(fmt::format("the body is incomplete: {} of {} bytes are missing", left_,
                                *response_.header("Content-Length")));
    default:
      return broken(fmt::format("the body is incomplete: it ended in the middle of a chunk, after {}",
                                show_bytes(response_.body.size())));
  }
}

// The head ends with an empty line. Lines may end with CR LF or LF alone.
Result<std::size_t> ResponseParser::feed_head(std::string_view bytes) {
  const std::size_t before = text_.size();
  std::size_t used = 0;
  for (; used < bytes.size(); ++used) {
    const char c = bytes[used];
    if (text_.empty() && (c == '\r' || c == '\n')) continue;  // left over from the answer before
    text_ += c;
    if (c != '\n' || !(text_.ends_with("\n\r\n") || text_.ends_with("\n\n"))) continue;
    LODE_TRY(parse_head());
    return used + 1;
  }
  // Anything else than HTTP is noticed at once rather than after a timeout.
  constexpr std::string_view kStart = "HTTP/1.";
  if (before < kStart.size() && !text_.empty() &&
      !kStart.starts_with(std::string_view(text_).substr(0, kStart.size()))) {
    return broken(fmt::format("the answer is not HTTP: it begins with '{}'", body_excerpt(text_, {}, 40)));
  }
  if (text_.size() > kHeadBytesMax)
    return broken(fmt::format("the headers are longer than {}", show_bytes(kHeadBytesMax)));
  return used;
}

Status ResponseParser::parse_head() {
  std::vector<std::string_view> lines;
  for (std::string_view line : split(text_, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.push_back(line);
  }
  // "HTTP/1.1 200 OK"
  const std::string_view first = lines.front();
  std::uint64_t status = 0;
  if (!first.starts_with("HTTP/1.") || first.size() < 12 || first[8] != ' ' ||
      !read_length(first.substr(9, 3), status) || status < 100 || (first.size() > 12 && first[12] != ' ')) {
    return broken(fmt::format("the answer is not HTTP: it begins with '{}'", body_excerpt(first, {}, 40)));
  }
  if (lines.size() > kHeaderLinesMax) return broken(fmt::format("there are more than {} headers", kHeaderLinesMax));
  is_http_1_0_ = first[7] == '0';
  response_.status = static_cast<int>(status);
  response_.reason = first.size() > 13 ? std::string(trim(first.substr(13))) : "";
  response_.headers.clear();
  for (std::size_t i = 1; i < lines.size(); ++i) parse_header_line(lines[i]);
  text_.clear();
  if (status < 200 && status != 101) return {};  // an interim answer: the real one follows
  return choose_framing();
}

void ResponseParser::parse_header_line(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {  // an old way to continue the line before
    if (!response_.headers.empty()) response_.headers.back().second.append(" ").append(trim(line));
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return;  // no header; what servers invent should not stop a load
  const std::string_view name = trim(line.substr(0, colon));
  const std::string_view value = trim(line.substr(colon + 1));
  for (auto& [key, text] : response_.headers) {
    if (!equal_ignoring_case(key, name) || equal_ignoring_case(name, "Set-Cookie")) continue;
    text.append(", ").append(value);
    return;
  }
  response_.headers.emplace_back(std::string(name), std::string(value));
  return;
}

Status ResponseParser::choose_framing() {
  const std::string* connection = response_.header("Connection");
  keeps_alive_ = connection == nullptr ? !is_http_1_0_
                 : is_http_1_0_        ? has_token(*connection, "keep-alive")
                                       : !has_token(*connection, "close");
  if (const std::string* promise = response_.header("Keep-Alive")) keep_alive_s_ = read_keep_alive(*promise);
  const int status = response_.status;
  const bool is_tunnel = is_connect_request_ && status / 100 == 2;
  if (is_head_request_ || is_tunnel || status == 101 || status == 204 || status == 304) {
    state_ = State::kDone;
    return {};
  }
  const std::string* encoding = response_.header("Content-Encoding");
  LODE_ASSIGN(decoder_, BodyDecoder::create(encoding == nullptr ? "" : *encoding));
  if (const std::string* transfer = response_.header("Transfer-Encoding")) {
    if (!equal_ignoring_case(*transfer, "chunked")) {
      return broken(fmt::format("the transfer encoding '{}' is not known", shorten(*transfer, 40)));
    }
    state_ = State::kChunkSize;
    return {};
  }
  const std::string* announced = response_.header("Content-Length");
  if (announced == nullptr) {
    keeps_alive_ = false;  // the end of the connection is the end of the body
    state_ = State::kEndlessBody;
    return {};
  }
  // A repeated header arrives as "5, 5".
  for (const std::string_view item : split(*announced, ',')) {
    std::uint64_t length = 0;
    if (!read_length(trim(item), length) || (left_ != 0 && length != left_)) {
      return broken(fmt::format("the Content-Length '{}' is not a number", shorten(*announced, 40)));
    }
    left_ = length;
  }
  if (decoder_->is_identity()) {
    if (left_ > body_bytes_max_) {
      return Status::error(Code::kHttpTooLarge, fmt::format("the body has {}, more than the {} allowed",
                                                            show_bytes(left_), show_bytes(body_bytes_max_)));
    }
    response_.body.reserve(static_cast<std::size_t>(std::min(left_, kReserveBytesMax)) + kParserPadding);
  }
  state_ = State::kLengthBody;
  return left_ == 0 ? finish_body() : Status();
}

Result<std::size_t> ResponseParser::feed_body(std::string_view bytes) {
  if (state_ != State::kEndlessBody)
    bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
  LODE_TRY(decoder_->add(bytes, response_.body, body_bytes_max_));
  if (state_ == State::kEndlessBody) return bytes.size();
  left_ -= bytes.size();
  if (left_ == 0 && state_ == State::kLengthBody) LODE_TRY(finish_body());
  if (left_ == 0 && state_ == State::kChunkData) state_ = State::kChunkEnd;
  return bytes.size();
}

// The lines between chunks: sizes, the empty ones behind the data, trailers.
Result<std::size_t> ResponseParser::feed_line(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  const std::size_t used = end == std::string_view::npos ? bytes.size() : end + 1;
  text_.append(bytes.substr(0, used));
  if (text_.size() > kFramingLineBytesMax)
    return broken("the chunked body is malformed: a line of its framing does not end");
  if (end == std::string_view::npos) return used;
  const std::string line(trim(text_));
  text_.clear();
  LODE_TRY(take_line(line));
  return used;
}

Status ResponseParser::take_line(std::string_view line) {
  if (state_ == State::kTrailers) return line.empty() ? finish_body() : Status();
  if (state_ == State::kChunkEnd) {
    if (!line.empty()) return broken("the chunked body is malformed: a chunk is longer than it says");
    state_ = State::kChunkSize;
    return {};
  }
  const std::string_view size = trim(line.substr(0, line.find(';')));
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), left_, 16);
  if (size.empty() || error != std::errc() || end != size.data() + size.size()) {
    return broken(
        fmt::format("the chunked body is malformed: '{}' is not the size of a chunk", body_excerpt(size, {}, 20)));
  }
  state_ = left_ == 0 ? State::kTrailers : State::kChunkData;
  return {};
}

Status ResponseParser::finish_body() {
  LODE_TRY(decoder_->finish());
  state_ = State::kDone;
  return {};
}

}  // namespace lode
