// Redirects: what is asked next.
#include "http/redirect.h"

#include "support/catch.h"

using namespace lode;

namespace {

HttpRequest request_for(const char* method, const char* url) {
  HttpRequest request;
  request.method = method;
  request.url = url;
  request.body = "{}";
  request.headers = {{"Authorization", "Bearer t"}, {"Content-Type", "application/json"}, {"X-Id", "1"}};
  return request;
}

HttpResponse answer(int status, const char* location) {
  HttpResponse response;
  response.status = status;
  response.headers = {{"Location", location}};
  return response;
}

HttpRequest followed(const char* method, const char* from, int status, const char* location) {
  HttpRequest request = request_for(method, from);
  Status result = follow_redirect(request, answer(status, location));
  REQUIRE(result.ok());
  return request;
}

}  // namespace

TEST_CASE("Another server gets no secrets, whatever they are called, and no certificate") {
  HttpRequest request = request_for("GET", "https://a.test/x");
  request.headers.emplace_back("X-Api-Key", "k");
  request.headers.emplace_back("Cookie", "s=1");
  request.certificate.file = "me.pem";
  HttpRequest same = request;
  REQUIRE(follow_redirect(same, answer(302, "/y")).ok());
  CHECK(same.headers.size() == request.headers.size() - 1);  // without the body there is no Content-Type
  CHECK(same.certificate.file == "me.pem");
  REQUIRE(follow_redirect(request, answer(302, "https://b.test/y")).ok());
  CHECK(request.headers == HttpHeaders{{"X-Id", "1"}});
  CHECK(request.certificate.file.empty());
}

TEST_CASE("Which answers are redirects") {
  for (const int status : {301, 302, 303, 307, 308}) CHECK(is_redirect(answer(status, "/x")));
  for (const int status : {200, 300, 304, 305, 404}) CHECK_FALSE(is_redirect(answer(status, "/x")));
  CHECK_FALSE(is_redirect(answer(302, "")));
  CHECK_FALSE(is_redirect(HttpResponse{.status = 302}));
}

TEST_CASE("Methods change as browsers change them") {
  const auto method = [](const char* before, int status) {
    return followed(before, "http://h/a", status, "/b").method;
  };
  CHECK(method("POST", 301) == "GET");
  CHECK(method("PUT", 301) == "PUT");
  CHECK(method("POST", 302) == "GET");
  CHECK(method("DELETE", 302) == "GET");
  CHECK(method("HEAD", 302) == "HEAD");
  CHECK(method("PUT", 303) == "GET");
  CHECK(method("HEAD", 303) == "HEAD");
  CHECK(method("POST", 307) == "POST");
  CHECK(method("DELETE", 308) == "DELETE");
}

TEST_CASE("The body goes when the method becomes GET, and only then") {
  const HttpRequest changed = followed("POST", "http://h/a", 302, "/b");
  CHECK(changed.body.empty());
  CHECK(find_header(changed.headers, "content-type") == nullptr);
  CHECK(find_header(changed.headers, "X-Id") != nullptr);
  const HttpRequest kept = followed("POST", "http://h/a", 307, "/b");
  CHECK(kept.body == "{}");
  CHECK(find_header(kept.headers, "content-type") != nullptr);
}

TEST_CASE("Credentials go to the same server only, or to its https twin") {
  const auto keeps = [](const char* from, const char* to) {
    return find_header(followed("GET", from, 302, to).headers, "authorization") != nullptr;
  };
  CHECK(keeps("http://h/a", "/b"));
  CHECK(keeps("http://h:80/a", "http://H/b"));
  CHECK(keeps("http://h/a", "https://h/b"));
  CHECK(keeps("http://h:80/a", "https://h:443/b"));
  CHECK_FALSE(keeps("https://h/a", "http://h/b"));
  CHECK_FALSE(keeps("http://h:8080/a", "https://h/b"));
  CHECK_FALSE(keeps("http://h/a", "http://h:8080/b"));
  CHECK_FALSE(keeps("http://h/a", "http://other/b"));
  CHECK_FALSE(keeps("http://h/a", "//other/b"));
}

TEST_CASE("A relative Location is resolved, and unsafe characters in it are encoded") {
  CHECK(followed("GET", "http://h/a/b?q=1", 302, "c?x=2").url == "http://h/a/c?x=2");
  CHECK(followed("GET", "http://h:81/a", 302, "/ü x").url == "http://h:81/%C3%BC%20x");
  CHECK(followed("GET", "http://u:p@h/a", 302, "http://v:q@h/b").url == "http://v:q@h/b");
}

TEST_CASE("A Location that cannot be asked for is an error that names both ends") {
  HttpRequest request = request_for("GET", "http://h/a?token=abc");
  const Status status = follow_redirect(request, answer(302, "ftp://h/x"));
  CHECK(status.code() == Code::kHttpBadUrl);
  CHECK_THAT(status.render(),
             Catch::Matchers::Contains("ftp://h/x") && Catch::Matchers::Contains("http://h/a?token=***"));
}
