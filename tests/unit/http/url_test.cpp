// URLs. The expected targets are what Python's requests sends for the same text.
#include "http/url.h"

#include "support/catch.h"

using namespace lode;

namespace {
std::string target(std::string_view text) {
  Result<Url> url = parse_url(text);
  return url.ok() ? url->target() : url.status().render();
}
}  // namespace

TEST_CASE("A URL is taken apart") {
  Result<Url> url = parse_url(" HTTPS://us%40er:p%3A@API.Example.com:8443/v1/x?a=1&b#part");
  REQUIRE(url.ok());
  CHECK(url->scheme == "https");
  CHECK(url->userinfo == "us%40er:p%3A");
  CHECK(url->host == "api.example.com");
  CHECK(url->port == 8443);
  CHECK(url->path == "/v1/x");
  CHECK(url->query == "a=1&b");
  CHECK(url->fragment == "part");
  CHECK(url->host_header() == "api.example.com:8443");
  CHECK(url->text() == "https://api.example.com:8443/v1/x?a=1&b");
}

TEST_CASE("Default ports are left out of the Host header") {
  CHECK(parse_url("http://h")->host_header() == "h");
  CHECK(parse_url("http://h:80/")->host_header() == "h");
  CHECK(parse_url("https://h:443/")->host_header() == "h");
  CHECK(parse_url("https://h:/")->host_header() == "h");
  CHECK(parse_url("https://h:80/")->host_header() == "h:80");
  CHECK(parse_url("http://[::1]:8080/")->host_header() == "[::1]:8080");
  CHECK(parse_url("http://[::1]/")->host_and_port() == "[::1]:80");
}

TEST_CASE("What is no http URL is refused with the reason") {
  const auto why = [](std::string_view text) {
    Result<Url> url = parse_url(text);
    REQUIRE_FALSE(url.ok());
    CHECK(url.status().code() == Code::kHttpBadUrl);
    return url.status().message();
  };
  using Catch::Matchers::Contains;
  CHECK_THAT(why("/orders"), Contains("must begin with http:// or https://"));
  CHECK_THAT(why(""), Contains("must begin with"));
  CHECK_THAT(why("ftp://h/x"), Contains("must begin with"));
  CHECK_THAT(why("https:api.example.com"), Contains("'//' is missing"));
  CHECK_THAT(why("http:///x"), Contains("host name is missing"));
  CHECK_THAT(why("http://h:0/"), Contains("port"));
  CHECK_THAT(why("http://h:65536/"), Contains("port"));
  CHECK_THAT(why("http://h:8o/"), Contains("port"));
  CHECK_THAT(why("http://[::1/"), Contains("']'"));
  CHECK_THAT(why("http://a b/"), Contains("character"));
  CHECK_THAT(why("http://bücher.example/"), Contains("xn--"));
  CHECK_THAT(why("http://user:hunter2@a b/?token=t0ps3cret"), !Contains("hunter2") && !Contains("t0ps3cret"));
}

TEST_CASE("The target is encoded as little as possible") {
  CHECK(target("http://h/a b/ü?x=1#z") == "/a%20b/%C3%BC?x=1");
  CHECK(target("http://h") == "/");
  CHECK(target("http://h?q") == "/?q");
  CHECK(target("http://h/?") == "/");
  CHECK(target("http://h/%41%7e%2f") == "/A~%2F");
  CHECK(target("http://h/?f[x]=1&b=a|b\"<>^`{}") == "/?f%5Bx%5D=1&b=a%7Cb%22%3C%3E%5E%60%7B%7D");
  CHECK(target("http://h/a;b=c,d:e@f!$&'()*+=~") == "/a;b=c,d:e@f!$&'()*+=~");
  CHECK(target("http://h/x?a=%2f/?:@[]") == "/x?a=%2F/?:@%5B%5D");
  CHECK(target("http://h/a//b") == "/a//b");
}

TEST_CASE("An incomplete escape means that nothing was escaped") {
  CHECK(target("http://h/100%/x") == "/100%25/x");
  CHECK(target("http://h/%41%zz") == "/%2541%25zz");
  CHECK(target("http://h/?a=c d%") == "/?a=c%20d%25");
}

TEST_CASE("Dot segments are removed before sending") {
  CHECK(target("http://h/a/../b/./c") == "/b/c");
  CHECK(target("http://h/../x") == "/x");
  CHECK(target("http://h/x/..") == "/");
  CHECK(target("http://h/x/.") == "/x/");
  CHECK(target("http://h/.hidden/..a/b.") == "/.hidden/..a/b.");
}

TEST_CASE("References are resolved as RFC 3986, section 5.4, lists them") {
  const std::string base = "http://a/b/c/d;p?q";
  const auto resolve = [&](std::string_view reference) { return resolve_url(base, reference); };
  CHECK(resolve("g") == "http://a/b/c/g");
  CHECK(resolve("./g") == "http://a/b/c/g");
  CHECK(resolve("g/") == "http://a/b/c/g/");
  CHECK(resolve("/g") == "http://a/g");
  CHECK(resolve("//g") == "http://g");
  CHECK(resolve("?y") == "http://a/b/c/d;p?y");
  CHECK(resolve("g?y") == "http://a/b/c/g?y");
  CHECK(resolve("#s") == "http://a/b/c/d;p?q#s");
  CHECK(resolve("g#s") == "http://a/b/c/g#s");
  CHECK(resolve(";x") == "http://a/b/c/;x");
  CHECK(resolve("") == "http://a/b/c/d;p?q");
  CHECK(resolve(".") == "http://a/b/c/");
  CHECK(resolve("..") == "http://a/b/");
  CHECK(resolve("../g") == "http://a/b/g");
  CHECK(resolve("../..") == "http://a/");
  CHECK(resolve("../../../g") == "http://a/g");
  CHECK(resolve("/./g") == "http://a/g");
  CHECK(resolve("g;x=1/../y") == "http://a/b/c/y");
  CHECK(resolve("g?y/../x") == "http://a/b/c/g?y/../x");
  CHECK(resolve("https://other/x") == "https://other/x");
  CHECK(resolve_url("http://h", "x") == "http://h/x");
}

TEST_CASE("A reference with a colon in its query is no absolute URL") {
  CHECK(resolve_url("http://h/items", "?after=2024-01-01T00:00:00Z") == "http://h/items?after=2024-01-01T00:00:00Z");
  CHECK(resolve_url("http://h/items", "/items?u=http://x") == "http://h/items?u=http://x");
}

TEST_CASE("A base and a path are joined with one slash") {
  CHECK(join_url("http://e", "p") == "http://e/p");
  CHECK(join_url("http://e/", "/p") == "http://e/p");
  CHECK(join_url("http://e///", "///p") == "http://e/p");
  CHECK(join_url("http://e", "//p") == "http://e/p");
  CHECK(join_url("http://e/v1", "/sub//res/") == "http://e/v1/sub//res/");
  CHECK(join_url("http://e/v1", "") == "http://e/v1");
  CHECK(join_url("http://e/v1/", "") == "http://e/v1/");
  CHECK(join_url("", "p") == "p");
  CHECK(join_url("", "") == "");
  CHECK(join_url("/", "path") == "/path");
  CHECK(join_url("http://e", "/") == "http://e/");
  CHECK(join_url("http://e", "https://other/x") == "https://other/x");
  CHECK(join_url("http://e", "my://x") == "http://e/my://x");
}

TEST_CASE("A query is added behind the one that is there") {
  CHECK(append_query("http://h/x", "a=1") == "http://h/x?a=1");
  CHECK(append_query("http://h/x?a=1", "b=2") == "http://h/x?a=1&b=2");
  CHECK(append_query("http://h/x?", "b=2") == "http://h/x?b=2");
  CHECK(append_query("http://h/x#f", "b=2") == "http://h/x?b=2");
  CHECK(append_query("http://h/x#f", "") == "http://h/x");
}

TEST_CASE("A URL for messages has no secrets") {
  CHECK(sanitise_url("https://h/x?page=2&api_key=abc&TOKEN=d&next_token=z") ==
        "https://h/x?page=2&api_key=***&TOKEN=***&next_token=z");
  CHECK(sanitise_url("https://h/x?access%5Ftoken=abc") == "https://h/x?access%5Ftoken=***");
  CHECK(sanitise_url("https://h/x?X-Amz-Signature=abc&x-amz-date=1") == "https://h/x?X-Amz-Signature=***&x-amz-date=1");
  CHECK(sanitise_url("https://me:pa@ss@h/x") == "https://me:***@h/x");
  CHECK(sanitise_url("https://ghp_abc@h/x") == "https://***@h/x");
  CHECK(sanitise_url("https://h/cb#access_token=abc&state=1") == "https://h/cb#access_token=***&state=1");
  CHECK(sanitise_url("https://h/x?a=1#token=t") == "https://h/x?a=1#token=***");
  CHECK(sanitise_url("https://h/x?q=a+b&flag") == "https://h/x?q=a+b&flag");
  CHECK(sanitise_url("/x?mail=a@b.c") == "/x?mail=a@b.c");
  CHECK(sanitise_url("https://h/x?redirect=http://a:b@c/") == "https://h/x?redirect=http://a:b@c/");
  CHECK(sanitise_url("") == "");
}
