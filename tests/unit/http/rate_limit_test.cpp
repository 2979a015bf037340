// Rate limits: the script's and the server's.
#include "http/rate_limit.h"

#include "support/catch.h"

using namespace lode;

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kNow = 1'700'000'000 * kSecond;

double used_up(HttpHeaders headers) {
  HttpResponse response;
  response.headers = std::move(headers);
  return used_up_for_s(response, kNow);
}

}  // namespace

TEST_CASE("A bucket gives what it has at once, and then evenly") {
  TokenBucket bucket({.requests = 4, .per_s = 2, .burst = 3}, 0);
  for (int i = 0; i < 3; ++i) CHECK(bucket.take(0) == 0);
  CHECK(bucket.take(0) == Approx(0.5));
  CHECK(bucket.take(kSecond / 4) == Approx(0.25));
  CHECK(bucket.take(kSecond / 2) == 0);
  CHECK(bucket.take(kSecond / 2) > 0);
  // A long pause fills it, and no more than that.
  for (int i = 0; i < 3; ++i) CHECK(bucket.take(100 * kSecond) == 0);
  CHECK(bucket.take(100 * kSecond) > 0);
}

TEST_CASE("Without a rate nothing waits; less than one request a second is a rate") {
  TokenBucket free({}, 0);
  for (int i = 0; i < 100; ++i) CHECK(free.take(0) == 0);
  TokenBucket slow({.requests = 1, .per_s = 10}, 0);
  CHECK(slow.take(0) == 0);
  CHECK(slow.take(0) == Approx(10));
}

TEST_CASE("A server whose limit is used up is believed, in each of the forms there are") {
  CHECK(used_up({}) == 0);
  CHECK(used_up({{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "30"}}) == 30);
  CHECK(used_up({{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1700000042"}}) == Approx(42));
  CHECK(used_up({{"x-rate-limit-remaining", "0"}, {"x-rate-limit-reset", "1700000042000"}}) == Approx(42));
  CHECK(used_up({{"RateLimit", "\"burst\";r=3;t=5, \"daily\";r=0;t=60"}}) == 60);
  CHECK(used_up({{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1600000000"}}) == 0);  // past
  CHECK(used_up({{"X-RateLimit-Remaining", "1"}, {"X-RateLimit-Reset", "30"}}) == 0);
  CHECK(used_up({{"X-RateLimit-Remaining", "0"}}) == 0);
  for (const char* rubbish : {"", "soon", "-1", "1e", "nan", "inf inf"}) {
    CHECK(used_up({{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", rubbish}}) == 0);
    CHECK(used_up({{"RateLimit", rubbish}}) == 0);
  }
}
