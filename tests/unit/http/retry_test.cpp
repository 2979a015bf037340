// Whether and when to try again, and the final message.
#include "http/retry.h"

#include "support/catch.h"

using namespace lode;

namespace {

constexpr std::int64_t kNow = 784'111'777'000'000;  // Sun, 06 Nov 1994 08:49:37 GMT

Result<HttpResponse> answer(int status, const char* retry_after = nullptr) {
  HttpResponse response;
  response.status = status;
  if (retry_after != nullptr) response.headers = {{"retry-after", retry_after}};
  return response;
}

Result<HttpResponse> failure(Code code) { return Status::error(code, "it failed"); }

double wait_after(const Result<HttpResponse>& last, std::uint32_t attempts = 1, RetryPolicy policy = {}) {
  const RetryDecision decision = decide(policy, attempts, last, kNow);
  REQUIRE(decision.retry);
  return decision.wait_s;
}

}  // namespace

TEST_CASE("What is temporary is tried again, the rest is final") {
  const auto retries = [](const Result<HttpResponse>& last) { return decide({}, 1, last, kNow).retry; };
  for (const int status : {429, 500, 501, 502, 503, 504, 599}) CHECK(retries(answer(status)));
  for (const int status : {200, 204, 304, 400, 401, 404, 408, 422}) CHECK_FALSE(retries(answer(status)));
  for (const Code code : {Code::kHttpConnect, Code::kHttpTimeout, Code::kHttpBody}) CHECK(retries(failure(code)));
  for (const Code code :
       {Code::kHttpTls, Code::kHttpBadUrl, Code::kHttpRedirects, Code::kHttpTooLarge, Code::kCancelled}) {
    CHECK_FALSE(retries(failure(code)));
  }
}

TEST_CASE("Waits double up to the limit") {
  CHECK(wait_after(answer(503), 1) == 1);
  CHECK(wait_after(answer(503), 2) == 2);
  CHECK(wait_after(failure(Code::kHttpConnect), 3) == 4);
  CHECK(wait_after(answer(503), 4) == 8);
  RetryPolicy policy{.attempts_max = 5000, .backoff_s = 0.5, .backoff_s_limit = 0.75};
  CHECK(wait_after(answer(503), 1, policy) == 0.5);
  CHECK(wait_after(answer(503), 2, policy) == 0.75);
  CHECK(wait_after(answer(503), 4000, policy) == 0.75);
}

TEST_CASE("Attempts are counted with the first one") {
  CHECK(decide({.attempts_max = 2}, 1, answer(503), kNow).retry);
  CHECK_FALSE(decide({.attempts_max = 2}, 2, answer(503), kNow).retry);
  CHECK_FALSE(decide({.attempts_max = 1}, 1, answer(503), kNow).retry);
  CHECK_FALSE(decide({.attempts_max = 0}, 1, answer(503), kNow).retry);
}

TEST_CASE("Retry-After replaces the wait, as seconds or as a date, up to the limit") {
  CHECK(wait_after(answer(503, " 7 ")) == 7);
  CHECK(wait_after(answer(503, "4000")) == 300);
  CHECK(wait_after(answer(503, "99999999999999999999")) == 300);
  CHECK(wait_after(answer(503, "Sun, 06 Nov 1994 08:49:47 GMT")) == 10);
  CHECK(wait_after(answer(503, "7"), 1, {.respect_retry_after = false}) == 1);
}

TEST_CASE("A Retry-After of no time, or in the past, is ignored: clocks differ") {
  for (const char* text : {"0", "Sun, 06 Nov 1994 08:00:00 GMT"}) CHECK(wait_after(answer(429, text), 2) == 2);
}

TEST_CASE("A Retry-After that is neither is ignored") {
  for (const char* text : {"soon", "1.5", "-3", ""}) CHECK(wait_after(answer(503, text), 2) == 2);
}

TEST_CASE("The reason is for the log") {
  CHECK(decide({}, 1, answer(503, "60"), kNow).why == "answered 503, asked to wait 60 s");
  CHECK(decide({}, 1, failure(Code::kHttpTimeout), kNow).why == "it failed");
}

TEST_CASE("A source that gives up says what was tried") {
  HttpRequest request;
  request.url = "https://api.shop.example/v2/orders?cursor=b7";
  HttpResponse response = *answer(503, "60");
  response.reason = "Service Unavailable";
  response.body = "{\"error\":\"maintenance until 11:00Z\"}\n";
  CHECK(status_error(request, response, {.made = 5, .seconds = 31.4}, kNow).render() ==
        "GET https://api.shop.example/v2/orders?cursor=b7 answered 503\n"
        "  tried 5 times in 31.4 s; the last answer asked to wait 60 s (retry-after)\n"
        "  body: {\"error\":\"maintenance until 11:00Z\"}\n"
        "  hint: run again later\n"
        "  [http.unavailable]");
}

TEST_CASE("A status that a person must deal with has its own code and hint") {
  HttpRequest request;
  request.method = "POST";
  request.url = "https://h/x";
  HttpResponse response{.status = 404, .reason = "Not Found"};
  CHECK(status_error(request, response, {}, kNow).render() ==
        "POST https://h/x answered 404 Not Found\n"
        "  hint: check the path; to go on without it, accept the status\n"
        "  [http.status]");
  CHECK_FALSE(status_error(request, response, {}, kNow).retryable());
}

TEST_CASE("No secret of the request is in the message") {
  HttpRequest request;
  request.url = "https://user:hunter2pw@h/x?api_key=topsecret1";
  request.headers = {{"Authorization", "Bearer sesame-open"}};
  HttpResponse response{.status = 401};
  response.url = request.url;
  response.redirects = 1;
  response.body = R"({"error":"bad token sesame-open for key topsecret1","refresh_token":"r-123"})";
  const std::string text =
      status_error(request, response, {}, kNow).render() + status_error(request, response, {}, kNow).render_json();
  for (const char* secret : {"hunter2pw", "topsecret1", "sesame-open", "r-123"}) {
    CHECK_THAT(text, !Catch::Matchers::Contains(secret));
  }
  CHECK_THAT(text, Catch::Matchers::Contains("check the credentials"));
}

TEST_CASE("A failure without an answer says how often it was tried") {
  const Status status =
      no_answer_error(Status::error(Code::kHttpConnect, "GET http://h/: cannot connect"), {.made = 3, .seconds = 3});
  CHECK_THAT(status.render(), Catch::Matchers::Contains("tried 3 times in 3.0 s"));
  CHECK_THAT(no_answer_error(status, {}).render(), Catch::Matchers::Contains("tried 3 times"));
}
