// Responses from bytes. Every case is fed whole, and again one byte at a time: pieces must not matter.
#include "http/response_parser.h"

#include <zlib.h>

#include "support/catch.h"

using namespace lode;

namespace {

struct Parsed {
  HttpResponse response;
  Status status;
  std::size_t used = 0;
  bool done = false;
  bool keeps_alive = false;
  double keep_alive_s = 0;
};

struct Options {
  std::string method = "GET";
  std::uint64_t body_bytes_max = kBodyBytesMaxDefault;
  bool ends = false;  // the connection is closed after the bytes
};

Parsed parse_in_pieces(const std::string& bytes, const Options& options, std::size_t piece) {
  Parsed parsed;
  ResponseParser parser(options.method, options.body_bytes_max, parsed.response);
  while (parsed.used < bytes.size() && !parser.is_done()) {
    Result<std::size_t> used = parser.feed(std::string_view(bytes).substr(parsed.used, piece));
    if (!used.ok()) {
      parsed.status = used.status();
      return parsed;
    }
    parsed.used += *used;
  }
  if (options.ends) parsed.status = parser.end();
  parsed.done = parser.is_done();
  if (parsed.done) parsed.keeps_alive = parser.keeps_alive();
  parsed.keep_alive_s = parser.keep_alive_s();
  return parsed;
}

Parsed parse(const std::string& bytes, const Options& options = {}) {
  Parsed whole = parse_in_pieces(bytes, options, bytes.size());
  const Parsed single = parse_in_pieces(bytes, options, 1);
  CHECK(whole.status.code() == single.status.code());
  CHECK(whole.done == single.done);
  if (whole.status.ok()) {
    CHECK(whole.response.body == single.response.body);
    CHECK(whole.response.headers == single.response.headers);
    CHECK(whole.used == single.used);
  }
  return whole;
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

TEST_CASE("A response with a length") {
  const Parsed parsed = parse("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nX-A:  b c \r\n\r\nhelloEXTRA");
  REQUIRE(parsed.done);
  CHECK(parsed.response.status == 404);
  CHECK(parsed.response.reason == "Not Found");
  CHECK(parsed.response.body == "hello");
  CHECK(*parsed.response.header("x-a") == "b c");
  CHECK(parsed.keeps_alive);
}

TEST_CASE("Header values are kept as they are sent, escapes too") {
  const Parsed parsed =
      parse("HTTP/1.1 200 OK\r\nLink: <http://h/?c=a%2Bb%26d>; rel=\"next\"\r\nContent-Length: 0\r\n\r\n");
  CHECK(*parsed.response.header("Link") == "<http://h/?c=a%2Bb%26d>; rel=\"next\"");
}

TEST_CASE("Repeated headers are joined, cookies are not") {
  const Parsed parsed =
      parse("HTTP/1.1 204 No Content\r\nLink: <a>\r\nSet-Cookie: a=1\r\nlink: <b>\r\nSet-Cookie: b=2\r\n\r\n");
  CHECK(*parsed.response.header("Link") == "<a>, <b>");
  CHECK(parsed.response.headers.size() == 3);
}

TEST_CASE("Chunks are put together, extensions and trailers are dropped") {
  const Parsed parsed = parse(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\nA\r\n, all here\r\n0\r\nX-Sum: "
      "1\r\n\r\n");
  REQUIRE(parsed.done);
  CHECK(parsed.response.body == "hello, all here");
  CHECK(parsed.keeps_alive);
  CHECK(parsed.response.header("X-Sum") == nullptr);
}

TEST_CASE("Without length and chunks the end of the connection ends the body") {
  CHECK_FALSE(parse("HTTP/1.1 200 OK\r\n\r\nab").done);
  const Parsed parsed = parse("HTTP/1.1 200 OK\r\n\r\nab", {.ends = true});
  CHECK(parsed.status.ok());
  CHECK(parsed.response.body == "ab");
  CHECK_FALSE(parsed.keeps_alive);
}

TEST_CASE("Some answers have no body, whatever their headers say") {
  CHECK(parse("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n").done);
  CHECK(parse("HTTP/1.1 204 No Content\r\n\r\n").done);
  CHECK(parse("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", {.method = "HEAD"}).done);
  CHECK(parse("HTTP/1.1 200 Connection established\r\n\r\n", {.method = "CONNECT"}).done);
  CHECK_FALSE(parse("HTTP/1.1 407 No\r\nContent-Length: 3\r\n\r\n", {.method = "CONNECT"}).done);
}

TEST_CASE("Interim answers are skipped") {
  const Parsed parsed =
      parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + with_length("", "x"));
  REQUIRE(parsed.done);
  CHECK(parsed.response.status == 200);
  CHECK(parsed.response.header("Link") == nullptr);
}

TEST_CASE("Bare line feeds, a missing reason, continued lines and blank lines ahead are understood") {
  const Parsed parsed = parse("\r\nHTTP/1.1 200\nX-A: b\n  c\nno header at all\nContent-Length: 1\n\nz");
  REQUIRE(parsed.done);
  CHECK(parsed.response.reason == "");
  CHECK(*parsed.response.header("X-A") == "b c");
  CHECK(parsed.response.body == "z");
}

TEST_CASE("Whether the connection may be used again") {
  const auto keeps = [](const char* first, const char* headers) {
    return parse(std::string(first) + "\r\n" + headers + "Content-Length: 0\r\n\r\n").keeps_alive;
  };
  CHECK(keeps("HTTP/1.1 200 OK", ""));
  CHECK_FALSE(keeps("HTTP/1.1 200 OK", "Connection: Close\r\n"));
  CHECK_FALSE(keeps("HTTP/1.1 200 OK", "Connection: x, close\r\n"));
  CHECK_FALSE(keeps("HTTP/1.0 200 OK", ""));
  CHECK(keeps("HTTP/1.0 200 OK", "Connection: keep-alive\r\n"));
  CHECK(parse("HTTP/1.1 200 OK\r\nKeep-Alive: max=9, timeout=5\r\nContent-Length: 0\r\n\r\n").keep_alive_s == 5);
}

TEST_CASE("Gzip, in one member or several, and both kinds of deflate are undone") {
  const std::string text(100'000, 'x');
  CHECK(parse(with_length("Content-Encoding: gzip\r\n", compressed(text, 31))).response.body == text);
  CHECK(parse(with_length("Content-Encoding: GZIP\r\n", compressed("ab", 31) + compressed("cd", 31))).response.body ==
        "abcd");
  CHECK(parse(with_length("Content-Encoding: gzip\r\n", compressed("ab", 31) + std::string(8, '\0'))).response.body ==
        "ab");
  CHECK(parse(with_length("Content-Encoding: deflate\r\n", compressed(text, 15))).response.body == text);
  CHECK(parse(with_length("Content-Encoding: deflate\r\n", compressed(text, -15))).response.body == text);
  CHECK(parse(with_length("Content-Encoding: gzip\r\n", "")).response.body == "");
  CHECK(parse(with_length("Content-Encoding: identity\r\n", "ab")).response.body == "ab");
}

TEST_CASE("Compressed data that end too early are an error even when the length is right") {
  std::string text(1000, 'x');
  text.append("tail");
  std::string cut = compressed(text, 31);
  cut.resize(cut.size() - 3);
  const Parsed parsed = parse(with_length("Content-Encoding: gzip\r\n", cut));
  CHECK(parsed.status.code() == Code::kHttpBody);
  CHECK_THAT(parsed.status.message(), Catch::Matchers::Contains("gzip data end too early"));
}

TEST_CASE("Broken and unknown encodings are errors") {
  CHECK_THAT(parse(with_length("Content-Encoding: gzip\r\n", "this is not gzip")).status.message(),
             Catch::Matchers::Contains("not valid gzip"));
  std::string damaged = compressed("some text that is long enough", 31);
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);  // in the checksum
  CHECK(parse(with_length("Content-Encoding: gzip\r\n", damaged)).status.code() == Code::kHttpBody);
  CHECK_THAT(parse(with_length("Content-Encoding: br\r\n", "x")).status.message(), Catch::Matchers::Contains("'br'"));
}

TEST_CASE("A connection that ends too early is noticed in every state") {
  const auto why = [](const std::string& bytes) {
    const Parsed parsed = parse(bytes, {.ends = true});
    CHECK(parsed.status.code() == Code::kHttpBody);
    return parsed.status.message();
  };
  using Catch::Matchers::Contains;
  CHECK_THAT(why("HTTP/1.1 200 OK\r\nContent-"), Contains("middle of the headers"));
  CHECK_THAT(why("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), Contains("7 of 10 bytes are missing"));
  CHECK_THAT(why("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), Contains("chunk"));
  CHECK_THAT(why("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"), Contains("chunk"));
}

TEST_CASE("The last line break behind the last chunk may be missing") {
  const Parsed parsed = parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n", {.ends = true});
  CHECK(parsed.status.ok());
  CHECK(parsed.response.body == "ab");
}

TEST_CASE("Nonsense is refused with what it begins with") {
  const auto why = [](const std::string& bytes) {
    const Parsed parsed = parse(bytes);
    CHECK(parsed.status.code() == Code::kHttpBody);
    return parsed.status.message();
  };
  using Catch::Matchers::Contains;
  CHECK_THAT(why("SSH-2.0-OpenSSH_9.2\r\n"), Contains("not HTTP") && Contains("S"));
  CHECK_THAT(why("HTTP/1.1 abc\r\n\r\n"), Contains("not HTTP"));
  CHECK_THAT(why("HTTP/1.1 99 Low\r\n\r\n"), Contains("not HTTP"));
  CHECK_THAT(why("HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n"), Contains("'ten' is not a number"));
  CHECK_THAT(why("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), Contains("not a number"));
  CHECK_THAT(why("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n"), Contains("'3, 4'"));
  CHECK_THAT(why("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"), Contains("'gzip' is not known"));
  CHECK_THAT(why("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), Contains("not the size of a chunk"));
  CHECK_THAT(why("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"), Contains("longer than it says"));
  CHECK_THAT(why("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"),
             Contains("not the size"));
}

TEST_CASE("Headers without end are refused") {
  const Parsed long_one = parse_in_pieces("HTTP/1.1 200 OK\r\nX: " + std::string(300'000, 'a'), {}, 1 << 20);
  CHECK_THAT(long_one.status.message(), Catch::Matchers::Contains("headers are longer"));
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 2000; ++i) many += "X" + std::to_string(i) + ": 1\r\n";
  CHECK_THAT(parse_in_pieces(many + "\r\n", {}, 1 << 20).status.message(),
             Catch::Matchers::Contains("more than 1000 headers"));
}

TEST_CASE("A body beyond the limit is refused, announced or not, packed or not") {
  const Options small{.body_bytes_max = 10};
  CHECK(parse(with_length("", std::string(10, 'a')), small).done);
  CHECK(parse(with_length("", std::string(11, 'a')), small).status.code() == Code::kHttpTooLarge);
  CHECK(parse("HTTP/1.1 200 OK\r\n\r\n" + std::string(11, 'a'), small).status.code() == Code::kHttpTooLarge);
  CHECK(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n", small).status.code() ==
        Code::kHttpTooLarge);
  const std::string bomb = compressed(std::string(1'000'000, '\0'), 31);
  CHECK(parse(with_length("Content-Encoding: gzip\r\n", bomb), {.body_bytes_max = 100'000}).status.code() ==
        Code::kHttpTooLarge);
}
