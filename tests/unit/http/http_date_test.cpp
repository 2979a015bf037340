// Dates in headers.
#include "http/http_date.h"

#include "support/catch.h"

using namespace lode;

TEST_CASE("All forms that RFC 9110 names mean the same instant") {
  constexpr std::int64_t kInstant = 784'111'777'000'000;
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == kInstant);
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == kInstant);
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == kInstant);
  CHECK(parse_http_date("06 Nov 1994 09:49:37 +0100") == kInstant);
  CHECK(parse_http_date("Sun, 6 Nov 1994 03:19:37 -0530") == kInstant);
}

TEST_CASE("Other texts are no dates") {
  for (const char* text : {"", "soon", "1.5", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 PST", "Sun, 06 Foo 1994 08:49:37 GMT", "2024-01-02T03:04:05Z",
                           "Sun, -6 Nov 1994 08:49:37 GMT"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text).has_value());
  }
}
