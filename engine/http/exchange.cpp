// exchange(): cpp-httplib speaks HTTP, over our connection instead of a socket of its own. Its version 0.11.4 misreads
// some answers; what stands against each such defect is where a comment here names it.
#include "http/exchange.h"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <optional>

#include "base/text.h"
#include "http/body_decoder.h"
#include "http/redact.h"

namespace lode {
namespace {

// Larger bodies are not copied behind the headers but sent on their own.
constexpr std::size_t kJoinBytesMax = 64 * 1024;
constexpr std::size_t kHeadBytesMax = 256 * 1024;
constexpr std::size_t kStatusLineBytesMax = 512;
constexpr std::size_t kFramingLineBytesMax = 16 * 1024;
// A server may announce any length; memory is taken in advance only up to this.
constexpr std::uint64_t kReserveBytesMax = 64ull << 20;
// Room for what a JSON parser wants to find behind its input, so that it need not copy.
constexpr std::size_t kParserPadding = 128;

Status broken(std::string message) { return Status::error(Code::kHttpBody, std::move(message)); }

Status not_http(std::string_view text) {
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  return broken(fmt::format("the answer is not HTTP: it begins with '{}'", body_excerpt(line, {}, 40)));
}

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

// How the end of a body is known.
enum class Framing { kNone, kLength, kChunks, kEndless };

// One exchange: the stream that httplib writes to and reads from, and what it hands over of the answer.
class Talk final : public httplib::Stream {
 public:
  Talk(Connection& connection, const HttpRequest& request, Patience& patience, const StopEvent& stop,
       HttpResponse& response, BodyFile* file)
      : connection_(connection),
        request_(request),
        patience_(patience),
        stop_(stop),
        response_(response),
        file_(file) {}

  ssize_t read(char* bytes, std::size_t size) override;
  ssize_t write(const char* bytes, std::size_t size) override;
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

  /// False when there is no body to read, or none that could be.
  bool take_head(const httplib::Response& head);
  bool take_body(std::string_view bytes);
  /// `is_read` is httplib's opinion.
  Exchange end(bool is_read);
  bool has_head() const { return has_head_; }

 private:
  bool send(std::string_view bytes);
  bool flush();
  bool receive();
  bool read_head();
  bool prepare_head(std::string_view raw);
  void follow_framing(char c);
  Status choose_framing();
  Status why_incomplete() const;
  bool keeps_alive() const;

  Connection& connection_;
  const HttpRequest& request_;
  Patience& patience_;
  const StopEvent& stop_;
  HttpResponse& response_;
  BodyFile* file_;  // null unless the body goes there
  Status status_;   // why this side stopped reading
  Transfer fault_;  // kDone while nothing went wrong with the connection
  bool fault_in_sending_ = false;
  bool too_slow_ = false;
  bool write_broken_ = false;
  std::string unsent_;
  std::string_view unread_;  // in the connection's buffer
  std::string head_;         // as httplib gets it
  std::size_t head_used_ = 0;
  bool has_head_ = false;  // httplib understood it
  bool is_http_1_0_ = false;
  Framing framing_ = Framing::kNone;
  std::uint64_t announced_ = 0;  // kLength
  std::uint64_t received_ = 0;
  std::string framing_line_;  // kChunks: the one read last
  bool after_empty_line_ = true;
  bool has_last_chunk_ = false;
  std::unique_ptr<BodyDecoder> decoder_;
};

bool Talk::send(std::string_view bytes) {
  if (write_broken_ || bytes.empty()) return true;
  Transfer sent = connection_.write(bytes, patience_.wait_s(), stop_);
  // A server may answer and close before it has read a large body: its answer is worth more than our broken pipe.
  write_broken_ = sent.kind == Transfer::Kind::kBroken;
  if (sent.kind == Transfer::Kind::kDone || write_broken_) return true;
  fault_ = std::move(sent);
  fault_in_sending_ = true;
  return false;
}

bool Talk::flush() {
  const bool sent = send(unsent_);
  unsent_.clear();
  return sent;
}

// httplib writes head and body one after the other; small ones leave together, in one packet.
ssize_t Talk::write(const char* bytes, std::size_t size) {
  if (unsent_.size() + size <= kJoinBytesMax) {
    unsent_.append(bytes, size);
  } else if (!flush() || !send({bytes, size})) {
    return -1;
  }
  return static_cast<ssize_t>(size);
}

bool Talk::receive() {
  Transfer transfer = connection_.read(patience_.wait_s(), stop_);
  unread_ = transfer.bytes;
  response_.bytes_in += unread_.size();
  too_slow_ = transfer.kind == Transfer::Kind::kDone && !patience_.note(unread_.size());
  if (transfer.kind == Transfer::Kind::kDone && (too_slow_ || patience_.is_over())) {
    transfer.kind = Transfer::Kind::kTimeout;
  }
  if (transfer.kind == Transfer::Kind::kDone) return true;
  fault_ = std::move(transfer);
  return false;
}

ssize_t Talk::read(char* bytes, std::size_t size) {
  if (head_.empty()) {
    if (!flush()) return -1;
    patience_.start_answer();
    if (!read_head()) return -1;
  }
  if (head_used_ < head_.size()) {
    const std::size_t count = head_.copy(bytes, size, head_used_);
    head_used_ += count;
    return static_cast<ssize_t>(count);
  }
  if (unread_.empty() && !receive()) return fault_.kind == Transfer::Kind::kEnd ? 0 : -1;
  const std::size_t count = unread_.copy(bytes, size);
  unread_.remove_prefix(count);
  if (framing_ == Framing::kChunks && size == 1) follow_framing(*bytes);  // httplib reads lines byte by byte
  return framing_line_.size() > kFramingLineBytesMax ? -1 : static_cast<ssize_t>(count);
}

// Reads up to the end of the head, so that it can be put as httplib needs it.
bool Talk::read_head() {
  constexpr std::string_view kStart = "HTTP/1.";
  std::string raw;
  for (;;) {
    if (unread_.empty() && !receive()) return false;
    const char c = unread_.front();
    unread_.remove_prefix(1);
    if (raw.empty() && (c == '\r' || c == '\n')) continue;  // left over from the answer before
    raw += c;
    // Anything else than HTTP is noticed at once rather than after a timeout.
    if (raw.size() <= kStart.size() && !kStart.starts_with(raw)) {
      status_ = not_http(raw + std::string(unread_.substr(0, 40)));
      return false;
    }
    if (raw.size() > kHeadBytesMax) {
      status_ = broken(fmt::format("the headers are longer than {}", show_bytes(kHeadBytesMax)));
      return false;
    }
    if (!raw.ends_with("\n\r\n") && !raw.ends_with("\n\n")) continue;
    // Of interim answers httplib knows only 100, and only without headers.
    const std::string_view code = std::string_view(raw).substr(9, 3);
    if (!code.starts_with('1') || code == "101") return prepare_head(raw);
    raw.clear();
  }
}

bool Talk::prepare_head(std::string_view raw) {
  std::size_t start = 0;  // of the header that was added last
  for (std::string_view line : split(raw.substr(0, raw.rfind('\n')), '\n')) {
    const bool continues = line.starts_with(' ') || line.starts_with('\t');
    line = trim(line);
    if (line.empty()) continue;
    if (head_.empty()) {
      // The reason is read by a regular expression, whose stack grows with it.
      line = line.substr(0, kStatusLineBytesMax);
    } else if (continues) {
      // An old way to continue the line before, which httplib ignores.
      head_.resize(head_.size() - 2);
      head_ += ' ';
    } else {
      start = head_.size();
    }
    // httplib decodes percent escapes, which makes another URL of a Link.
    head_ += start == 0 ? std::string(line) : replace_all(std::string(line), "%", "%25");
    // It ignores headers without a value; this one is a space when it is decoded.
    if (head_.ends_with(':')) head_ += "%20";
    head_ += "\r\n";  // it ignores lines that end with LF alone
    if (head_.size() - start > CPPHTTPLIB_HEADER_MAX_LENGTH) {
      const std::string_view name = line.substr(0, line.find(':'));
      status_ = broken(fmt::format("the header '{}' is longer than {}, its percent signs counted as three bytes",
                                   body_excerpt(name, {}, 40), show_bytes(CPPHTTPLIB_HEADER_MAX_LENGTH)));
      return false;
    }
  }
  head_ += "\r\n";
  return true;
}

// httplib takes a chunk that is longer than it says, or cut off in the line break behind it, for the end of the body,
// and refuses a body with trailers. So the last chunk is noted here: a line that says zero where the size of a chunk
// has to be, behind an empty line.
void Talk::follow_framing(char c) {
  if (framing_line_.ends_with('\n')) framing_line_.clear();
  framing_line_ += c;
  if (c != '\n') return;
  const std::string_view line = trim(framing_line_);
  const std::string_view size = trim(line.substr(0, line.find(';')));
  has_last_chunk_ |= after_empty_line_ && !size.empty() && size.find_first_not_of('0') == std::string_view::npos;
  after_empty_line_ = line.empty();
}

bool Talk::take_head(const httplib::Response& head) {
  has_head_ = true;
  is_http_1_0_ = head.version == "HTTP/1.0";
  response_.status = head.status;
  response_.reason = std::string(trim(head.reason));
  for (const auto& [name, value] : head.headers) {  // sorted by name
    if (!response_.headers.empty() && equal_ignoring_case(response_.headers.back().first, name) &&
        !equal_ignoring_case(name, "Set-Cookie")) {
      response_.headers.back().second.append(", ").append(trim(value));
    } else {
      response_.headers.emplace_back(name, trim(value));
    }
  }
  if (response_.status / 100 != 2) file_ = nullptr;  // what an error or a redirect says is for people
  status_ = choose_framing();
  if (status_.ok() && file_ != nullptr) status_ = file_->begin();
  return status_.ok() && framing_ != Framing::kNone;
}

Status Talk::choose_framing() {
  const int status = response_.status;
  if (status < 100) return not_http(head_);
  // httplib would wait for the body of a 304.
  if (request_.method == "HEAD" || request_.method == "CONNECT" || status == 101 || status == 204 || status == 304)
    return {};
  const std::string* encoding = response_.header("Content-Encoding");
  LODE_ASSIGN(decoder_, BodyDecoder::create(encoding == nullptr ? "" : *encoding));
  if (const std::string* transfer = response_.header("Transfer-Encoding")) {
    if (!equal_ignoring_case(*transfer, "chunked"))
      return broken(fmt::format("the transfer encoding '{}' is not known", shorten(*transfer, 40)));
    framing_ = Framing::kChunks;
    return {};
  }
  const std::string* length = response_.header("Content-Length");
  framing_ = length == nullptr ? Framing::kEndless : Framing::kLength;
  if (length == nullptr) return {};
  // A repeated header arrives as "5, 5". httplib would read the first number there is, whatever follows.
  const std::vector<std::string_view> items = split(*length, ',');
  for (const std::string_view item : items) {
    if (!read_length(trim(item), announced_) || trim(item) != trim(items.front()))
      return broken(fmt::format("the Content-Length '{}' is not a number", shorten(*length, 40)));
  }
  if (!decoder_->is_identity()) return {};
  if (announced_ > request_.body_bytes_max) {
    return Status::error(Code::kHttpTooLarge, fmt::format("the body has {}, more than the {} allowed",
                                                          show_bytes(announced_), show_bytes(request_.body_bytes_max)));
  }
  if (file_ != nullptr) return {};
  response_.body.reserve(static_cast<std::size_t>(std::min(announced_, kReserveBytesMax)) + kParserPadding);
  return {};
}

bool Talk::take_body(std::string_view bytes) {
  // What was read last is no framing.
  framing_line_.clear();
  after_empty_line_ = false;
  received_ += bytes.size();
  const std::uint64_t written = file_ == nullptr ? 0 : file_->size();
  status_ = decoder_->add(bytes, response_.body, request_.body_bytes_max - written);
  if (status_.ok() && file_ != nullptr) {
    status_ = file_->add(response_.body);
    response_.body.clear();
  }
  return status_.ok();
}

Exchange Talk::end(bool is_read) {
  // httplib's opinion about chunks is worth little: see follow_framing().
  const bool is_complete = framing_ == Framing::kNone     ? has_head_
                           : framing_ == Framing::kChunks ? has_last_chunk_
                                                          : is_read;
  if (status_.ok() && !is_complete) status_ = why_incomplete();
  if (status_.ok() && decoder_) status_ = decoder_->finish();
  Exchange result;
  result.answered = response_.bytes_in > 0;
  result.reusable =
      status_.ok() && (is_read || framing_ == Framing::kNone) && keeps_alive() && unread_.empty() && !write_broken_;
  if (const std::string* promise = response_.header("Keep-Alive")) result.keep_alive_s = read_keep_alive(*promise);
  result.status = std::move(status_);
  return result;
}

Status Talk::why_incomplete() const {
  const std::string waited = show_seconds(request_.timeout_s);
  const std::string so_far = show_bytes(response_.body.size());
  const bool has_begun = response_.bytes_in > 0;
  const bool is_end = fault_.kind == Transfer::Kind::kEnd;
  switch (fault_.kind) {
    case Transfer::Kind::kStopped:
      return Status::error(Code::kCancelled, "cancelled");
    case Transfer::Kind::kTimeout:
      if (patience_.is_over()) {
        return Status::error(Code::kHttpTimeout,
                             fmt::format("the answer is not whole after {}, the time allowed for all of it: {} of its "
                                         "body came",
                                         show_seconds(request_.total_timeout_s), so_far));
      }
      if (too_slow_) {
        return Status::error(Code::kHttpTimeout,
                             fmt::format("the answer comes too slowly: less than {} in {}, {} of its body in all",
                                         show_bytes(Patience::kBytesMin), waited, so_far));
      }
      return Status::error(Code::kHttpTimeout,
                           fault_in_sending_ ? fmt::format("the server took no bytes for {}", waited)
                           : has_begun ? fmt::format("the answer stopped for {}, after {} of its body", waited, so_far)
                                       : fmt::format("no answer within {}", waited));
    case Transfer::Kind::kDone:
      if (!has_head_) return not_http(head_);
      return broken(fmt::format("the chunked body is malformed: '{}' is out of place",
                                body_excerpt(trim(framing_line_), {}, 20)));
    case Transfer::Kind::kEnd:
    case Transfer::Kind::kBroken:
      break;
  }
  if (!has_begun) {
    return Status::error(Code::kHttpConnect, fmt::format("the server hung up without an answer: {}",
                                                         is_end ? "connection closed" : fault_.why))
        .hint("run again; if it happens every time, look at the server's log");
  }
  if (!is_end) return broken(fmt::format("the answer was cut off after {} of its body: {}", so_far, fault_.why));
  if (!has_head_) return broken("the connection ended in the middle of the headers");
  if (framing_ == Framing::kChunks)
    return broken(fmt::format("the body is incomplete: it ended in the middle of a chunk, after {}", so_far));
  return broken(fmt::format("the body is incomplete: {} of {} bytes are missing", announced_ - received_, announced_));
}

bool Talk::keeps_alive() const {
  if (framing_ == Framing::kEndless || response_.status == 101) return false;
  const std::string* connection = response_.header("Connection");
  if (connection == nullptr) return !is_http_1_0_;
  return is_http_1_0_ ? has_token(*connection, "keep-alive") : !has_token(*connection, "close");
}

// Opens no connection: all it is here for is to write a request and to read an answer.
class Protocol final : public httplib::ClientImpl {
 public:
  Protocol() : ClientImpl("") {
    set_url_encode(false);  // the target is encoded, and differently
    set_decompress(false);  // it does not notice that compressed data are cut off
  }
  using ClientImpl::process_request;
};

httplib::Request request_for_httplib(const HttpRequest& request, const RequestHead& head) {
  httplib::Request out;
  out.method = request.method;
  out.path = head.target;
  for (const auto& [name, value] : head.headers) out.headers.emplace(name, trim(value));
  if (request.body.empty() && (request.method == "GET" || request.method == "HEAD" || request.method == "CONNECT"))
    return out;
  // As a provider: for a body as such httplib invents a Content-Type, and adds a second Content-Length of 0.
  out.is_chunked_content_provider_ = out.has_header("Transfer-Encoding");
  out.content_length_ = request.body.size();
  out.content_provider_ = [&body = request.body](std::size_t offset, std::size_t, httplib::DataSink& sink) {
    if (offset < body.size()) sink.write(body.data() + offset, body.size() - offset);
    if (sink.done) sink.done();
    return true;
  };
  return out;
}

}  // namespace

Exchange exchange(Connection& connection, const HttpRequest& request, const RequestHead& head, Patience& patience,
                  const StopEvent& stop, HttpResponse& response, BodyFile* file) {
  Talk talk(connection, request, patience, stop, response, file);
  try {
    httplib::Request out = request_for_httplib(request, head);
    out.response_handler = [&](const httplib::Response& in) { return talk.take_head(in); };
    out.content_receiver = [&](const char* bytes, std::size_t size, std::uint64_t, std::uint64_t) {
      return talk.take_body({bytes, size});
    };
    httplib::Response in;
    httplib::Error error = httplib::Error::Success;
    const bool is_read = Protocol().process_request(talk, out, in, false, error);
    if (is_read && !talk.has_head()) talk.take_head(in);  // the handler is called only when a body may follow
    return talk.end(is_read);
  } catch (const std::exception& problem) {
    return {broken(fmt::format("the answer cannot be read: {}", problem.what()))};
  }
}

}  // namespace lode
