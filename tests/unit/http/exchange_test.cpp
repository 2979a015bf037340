// Answers as servers send them, well formed and not, read by the client over a real connection. Every short one is sent
// whole, and again in packets of one byte: pieces must not matter.
#include <brotli/encode.h>
#include <netinet/tcp.h>
#include <zlib.h>
#include <zstd.h>

#include "http/client.h"
#include "support/test_env.h"
#include "test_server.h"

using namespace lode;

namespace {

using Catch::Matchers::Contains;
using Peer = RawServer::Peer;

struct Options {
  std::string method = "GET";
  std::uint64_t body_bytes_max = kBodyBytesMaxDefault;
  bool ends = false;  // the server closes the connection after the bytes
};

struct Answered {
  Status status;
  HttpResponse response;
  bool keeps_alive = false;  // the next request came over the same connection
};

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Answered answer_in_pieces(const std::string& bytes, const Options& options, std::size_t piece) {
  RawServer server({[&](Peer& peer) {
                      const int on = 1;
                      setsockopt(peer.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                      peer.read_request();
                      for (std::size_t at = 0; at < bytes.size(); at += piece)
                        peer.write(std::string_view(bytes).substr(at, piece));
                      if (!options.ends && peer.read_request()) peer.write(kOk);
                    },
                    [](Peer& peer) {
                      peer.read_request();
                      peer.write(kOk);
                    }});
  TestEnv env;
  HttpClient client(env);
  HttpRequest request;
  request.method = options.method;
  request.url = server.url();
  request.timeout_s = 20;
  request.body_bytes_max = options.body_bytes_max;
  Answered answered;
  Result<HttpResponse> response = client.send(request, {});
  if (response.ok()) {
    answered.response = *response;
  } else {
    answered.status = response.status();
  }
  request.method = "GET";
  response = client.send(request, {});  // none of the bytes before may have become a part of this answer
  REQUIRE(response.ok());
  CHECK(response->body == "ok");
  answered.keeps_alive = client.stats().connections == 1;
  return answered;
}

Answered answer(const std::string& bytes, const Options& options = {}) {
  Answered whole = answer_in_pieces(bytes, options, bytes.size() + 1);
  if (bytes.size() > 1000) return whole;
  const Answered single = answer_in_pieces(bytes, options, 1);
  CHECK(whole.status.code() == single.status.code());
  CHECK(whole.response.status == single.response.status);
  CHECK(whole.response.body == single.response.body);
  CHECK(whole.response.headers == single.response.headers);
  return whole;
}

std::string why(const std::string& bytes, const Options& options = {}) {
  const Answered answered = answer(bytes, options);
  CHECK(answered.status.code() == Code::kHttpBody);
  return answered.status.message();
}

std::string brotli(const std::string& text) {
  std::string out(BrotliEncoderMaxCompressedSize(text.size()) + 64, '\0');
  std::size_t size = out.size();
  REQUIRE(BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, text.size(),
                                reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                                reinterpret_cast<std::uint8_t*>(out.data())) == BROTLI_TRUE);
  out.resize(size);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3);
  REQUIRE(ZSTD_isError(size) == 0U);
  out.resize(size);
  return out;
}

// window_bits: 15 zlib, 31 gzip, -15 bare deflate
std::string compressed(std::string_view text, int window_bits) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string with_length(const std::string& headers, const std::string& body) {
  return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("An answer with a length") {
  const Answered answered = answer("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nX-A:  b c \r\n\r\nhello");
  CHECK(answered.response.status == 404);
  CHECK(answered.response.reason == "Not Found");
  CHECK(answered.response.body == "hello");
  CHECK(*answered.response.header("x-a") == "b c");
  CHECK(answered.keeps_alive);
}

TEST_CASE("Header values are kept as they are sent: escapes, and empty ones too") {
  const Answered answered = answer(
      "HTTP/1.1 200 100%25\r\nLink: <http://h/?c=a%2Bb%26d>; rel=\"next\"\r\nX-U: %u0041 100%\r\nX-Empty:\r\nX-None: "
      "\r\n"
      "X-Colon: a:\r\nContent-Length: 0\r\n\r\n");
  CHECK(*answered.response.header("Link") == "<http://h/?c=a%2Bb%26d>; rel=\"next\"");
  CHECK(*answered.response.header("X-U") == "%u0041 100%");
  REQUIRE(answered.response.header("X-Empty") != nullptr);
  CHECK(*answered.response.header("X-Empty") == "");
  REQUIRE(answered.response.header("X-None") != nullptr);
  CHECK(*answered.response.header("X-Colon") == "a:");
  CHECK(answered.response.reason == "100%25");
}

TEST_CASE("Repeated headers are joined in their order, cookies are not") {
  const HttpResponse response =
      answer("HTTP/1.1 204 No Content\r\nLink: <b>\r\nSet-Cookie: a=1\r\nlink: <a>\r\nSet-Cookie: b=2\r\n\r\n")
          .response;
  CHECK(*response.header("Link") == "<b>, <a>");
  CHECK(response.headers.size() == 3);
}

TEST_CASE("Chunks are put together, extensions and trailers are dropped") {
  const std::string chunks =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n1\r\n0\r\nA\r\n, all here\r\n";
  const Answered answered = answer(chunks + "0\r\n\r\n");
  CHECK(answered.response.body == "hello0, all here");
  CHECK(answered.keeps_alive);
  const Answered trailed = answer(chunks + "0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n");
  CHECK(trailed.status.ok());
  CHECK(trailed.response.body == "hello0, all here");
  CHECK(trailed.response.header("X-Sum") == nullptr);
  CHECK_FALSE(answer(chunks + "0\r\nX-Sum: 1\r\n").keeps_alive);  // more of them may still come
}

TEST_CASE("Without length and chunks the end of the connection ends the body") {
  const Answered answered = answer("HTTP/1.1 200 OK\r\n\r\nab", {.ends = true});
  CHECK(answered.status.ok());
  CHECK(answered.response.body == "ab");
}

TEST_CASE("Some answers have no body, whatever their headers say") {
  CHECK(answer("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n").keeps_alive);
  CHECK(answer("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n").keeps_alive);
  CHECK(answer("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n").keeps_alive);
  CHECK(answer("HTTP/1.1 204 No Content\r\n\r\n").keeps_alive);
  const Answered to_head = answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", {.method = "HEAD"});
  CHECK(to_head.keeps_alive);
  CHECK(*to_head.response.header("Content-Length") == "100");
}

TEST_CASE("Interim answers are skipped") {
  const Answered answered = answer(
      "HTTP/1.1 100 Continue\r\nX-I: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + with_length("", "x"));
  CHECK(answered.response.status == 200);
  CHECK(answered.response.body == "x");
  CHECK(answered.response.header("Link") == nullptr);
  CHECK(answered.keeps_alive);
  const Answered switched = answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\n\r\n");  // not interim
  CHECK(switched.response.status == 101);
  CHECK_FALSE(switched.keeps_alive);
}

TEST_CASE("Bare line feeds, a missing reason, continued lines and blank lines ahead are understood") {
  const Answered answered = answer("\r\nHTTP/1.1 200\nX-A: b\n  c\nno header at all\nContent-Length: 1\n\nz");
  CHECK(answered.status.ok());
  CHECK(answered.response.reason == "");
  CHECK(*answered.response.header("X-A") == "b c");
  CHECK(answered.response.body == "z");
  const Answered blank = answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\r\nX-A: b\r\n\r\nz");
  CHECK(blank.response.body == "z");
  CHECK(blank.response.headers.size() == 2);
  CHECK(answer("HTTP/1.1 200 " + std::string(60'000, 'x') + "\r\nContent-Length: 1\r\n\r\nz").response.body == "z");
}

TEST_CASE("Whether the connection is used again") {
  const auto keeps = [](const char* first, const char* headers) {
    return answer(std::string(first) + "\r\n" + headers + "Content-Length: 0\r\n\r\n").keeps_alive;
  };
  CHECK(keeps("HTTP/1.1 200 OK", ""));
  CHECK_FALSE(keeps("HTTP/1.1 200 OK", "Connection: Close\r\n"));
  CHECK_FALSE(keeps("HTTP/1.1 200 OK", "Connection: x, close\r\n"));
  CHECK_FALSE(keeps("HTTP/1.0 200 OK", ""));
  CHECK(keeps("HTTP/1.0 200 OK", "Connection: keep-alive\r\n"));
  CHECK(keeps("HTTP/1.1 200 OK", "Keep-Alive: max=9, timeout=5\r\n"));
  CHECK_FALSE(keeps("HTTP/1.1 200 OK", "Keep-Alive: max=9, timeout=1\r\n"));
}

TEST_CASE("Gzip, in one member or several, and both kinds of deflate are undone") {
  const auto decoded = [](const char* encoding, const std::string& body) {
    return answer(with_length("Content-Encoding: " + std::string(encoding) + "\r\n", body)).response.body;
  };
  const std::string text(100'000, 'x');
  CHECK(decoded("gzip", compressed(text, 31)) == text);
  CHECK(decoded("GZIP", compressed("ab", 31) + compressed("cd", 31)) == "abcd");
  CHECK(decoded("gzip", compressed("ab", 31) + std::string(8, '\0')) == "ab");
  CHECK(decoded("deflate", compressed(text, 15)) == text);
  CHECK(decoded("deflate", compressed(text, -15)) == text);
  CHECK(decoded("gzip", "") == "");
  CHECK(decoded("identity", "ab") == "ab");
}

TEST_CASE("Brotli and zstd are undone, and what is wrong with them is an error") {
  const auto of = [](const char* encoding, const std::string& body) {
    return answer(with_length("Content-Encoding: " + std::string(encoding) + "\r\n", body));
  };
  const std::string text = std::string(100'000, 'x') + "tail";
  for (const char* encoding : {"br", "zstd"}) {
    INFO(encoding);
    const bool is_zstd = std::string_view(encoding) == "zstd";
    std::string packed = is_zstd ? zstd(text) : brotli(text);
    CHECK(of(encoding, packed).response.body == text);
    CHECK(of(encoding, "").response.body == "");
    packed.resize(packed.size() - 2);
    CHECK_THAT(of(encoding, packed).status.message(), Contains("data end too early"));
    CHECK_THAT(of(encoding, "\xFFthis is plain text").status.message(), Contains("not valid"));
    const std::string bomb = is_zstd ? zstd(std::string(50 << 20, 'x')) : brotli(std::string(50 << 20, 'x'));
    CHECK(answer(with_length("Content-Encoding: " + std::string(encoding) + "\r\n", bomb), {.body_bytes_max = 100'000})
              .status.code() == Code::kHttpTooLarge);
  }
  CHECK(of("zstd", zstd("ab") + zstd("cd")).response.body == "abcd");
}

TEST_CASE("Compressed data that end too early are an error even when the length is right") {
  std::string text(1000, 'x');
  text.append("tail");
  std::string cut = compressed(text, 31);
  cut.resize(cut.size() - 3);
  CHECK_THAT(why(with_length("Content-Encoding: gzip\r\n", cut)), Contains("gzip data end too early"));
}

TEST_CASE("Broken and unknown encodings are errors") {
  CHECK_THAT(why(with_length("Content-Encoding: gzip\r\n", "this is not gzip")), Contains("not valid gzip"));
  std::string damaged = compressed("some text that is long enough", 31);
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);  // in the checksum
  CHECK_THAT(why(with_length("Content-Encoding: gzip\r\n", damaged)), Contains("not valid gzip"));
  CHECK_THAT(why(with_length("Content-Encoding: lzma\r\n", "x")), Contains("'lzma'"));
}

TEST_CASE("A connection that ends too early is noticed wherever it does") {
  const Options ends{.ends = true};
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK_THAT(why("HTTP/1.1 200 OK\r\nContent-", ends), Contains("middle of the headers"));
  CHECK_THAT(why("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", ends), Contains("7 of 10 bytes are missing"));
  for (const char* const body : {"", "5", "5\r\n", "5\r\nab", "2\r\nab", "2\r\nab\r", "2\r\nab\r\n", "2\r\nab\r\n0"})
    CHECK_THAT(why(chunked + body, ends), Contains("middle of a chunk"));
}

TEST_CASE("The last line break behind the last chunk may be missing") {
  const std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n";
  for (const char* const rest : {"", "\r"}) {
    const Answered answered = answer(chunks + rest, {.ends = true});
    CHECK(answered.status.ok());
    CHECK(answered.response.body == "ab");
  }
}

TEST_CASE("Nonsense is refused with what it begins with") {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  CHECK_THAT(why("SSH-2.0-OpenSSH_9.2\r\n"), Contains("not HTTP: it begins with 'S"));
  CHECK_THAT(why("\x15\x03\x03"), Contains("not HTTP"));
  CHECK_THAT(why("HTTP/1.1 abc\r\n\r\n"), Contains("not HTTP: it begins with 'HTTP/1.1 abc'"));
  CHECK_THAT(why("HTTP/1.\n\n"), Contains("not HTTP"));
  CHECK_THAT(why("HTTP/1.1 99 Low\r\n\r\n"), Contains("not HTTP"));
  CHECK_THAT(why("HTTP/1.1 099 Low\r\n\r\n"), Contains("not HTTP"));
  CHECK_THAT(why(ok + "Content-Length: ten\r\n\r\n"), Contains("'ten' is not a number"));
  CHECK_THAT(why(ok + "Content-Length: -1\r\n\r\n"), Contains("not a number"));
  CHECK_THAT(why(ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n"), Contains("'3, 4'"));
  CHECK_THAT(why(ok + "Transfer-Encoding: gzip\r\n\r\n"), Contains("'gzip' is not known"));
  CHECK_THAT(why(chunked + "zz\r\n"), Contains("malformed: 'zz'"));
  CHECK_THAT(why(chunked + "1\r\nabc\r\n"), Contains("malformed: 'bc'"));
  CHECK_THAT(why(chunked + "1\r\na0\r\n\r\n"), Contains("malformed: '0'"));
  CHECK_THAT(why(chunked + "1\r\n\n0\r\n\r\n"), Contains("malformed: '0'"));
  CHECK_THAT(why(chunked + "ffffffffffffffffff\r\n"), Contains("malformed: 'ffff"));
  CHECK_THAT(why(chunked + std::string(20'000, '1')), Contains("malformed: '1111"));
  CHECK(answer(ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab").response.body == "ab");
}

TEST_CASE("Headers without end, and single ones that are very long, are refused") {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
  CHECK_THAT(why(ok + "X: " + std::string(300'000, 'a')), Contains("headers are longer than"));
  CHECK(answer(ok + "X-Long: " + std::string(8000, 'a') + "\r\n\r\n").response.header("X-Long")->size() == 8000);
  CHECK_THAT(why(ok + "X-Long: " + std::string(9000, 'a') + "\r\n\r\n"), Contains("header 'X-Long' is longer than"));
}

TEST_CASE("A body beyond the limit is refused, announced or not, packed or not") {
  const Options small{.body_bytes_max = 10};
  const auto code = [&](const std::string& bytes) { return answer(bytes, small).status.code(); };
  CHECK(answer(with_length("", std::string(10, 'a')), small).status.ok());
  CHECK(code(with_length("", std::string(11, 'a'))) == Code::kHttpTooLarge);
  CHECK(code("HTTP/1.1 200 OK\r\n\r\n" + std::string(11, 'a')) == Code::kHttpTooLarge);
  CHECK(code("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n") == Code::kHttpTooLarge);
  const std::string bomb = compressed(std::string(1'000'000, '\0'), 31);
  CHECK(answer(with_length("Content-Encoding: gzip\r\n", bomb), {.body_bytes_max = 100'000}).status.code() ==
        Code::kHttpTooLarge);
}

TEST_CASE("Headers go out as they are, in each one's order, and a body in chunks when they say so") {
  std::string head;
  std::string body(14, '\0');
  {
    RawServer server({[&](Peer& peer) {
      peer.read_request();
      head = peer.text;
      CHECK(recv(peer.fd(), body.data(), body.size(), MSG_WAITALL) == static_cast<ssize_t>(body.size()));
      peer.write(kOk);
    }});
    TestEnv env;
    HttpClient client(env);
    HttpRequest request;
    request.method = "PATCH";
    request.url = server.url("/a%20b?c=%2B&d=e+f");
    request.headers = {{"X-B", "2%20"}, {"Transfer-Encoding", "chunked"}, {"X-B", "1"}};
    request.body = "four";
    REQUIRE(client.send(request, {}).ok());
  }
  CHECK_THAT(head, Catch::Matchers::StartsWith("PATCH /a%20b?c=%2B&d=e+f HTTP/1.1\r\n"));
  CHECK_THAT(head, Contains("X-B: 2%20\r\nX-B: 1\r\n") && !Contains("Content-Length"));
  CHECK(body == "4\r\nfour\r\n0\r\n\r\n");
}
