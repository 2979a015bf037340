// parse_iso_fast: the common shape, and what it leaves to parse_iso.
#include <string>

#include "base/iso8601.h"
#include "base/time.h"
#include "support/catch.h"

using namespace lode;

namespace {

std::int64_t fast(const std::string& text) {
  std::int64_t micros = 0;
  INFO(text);
  REQUIRE(parse_iso_fast(text, micros));
  return micros;
}

}  // namespace

TEST_CASE("the fast reader takes the common shapes", "[base][iso8601]") {
  CHECK(fast("1970-01-01T00:00:00") == 0);
  CHECK(fast("1970-01-01 00:00:01Z") == 1'000'000);
  CHECK(fast("1970-01-01T00:00:00.5Z") == 500'000);
  CHECK(fast("1970-01-01T00:00:00.1234567891Z") == 123'456);
  CHECK(fast("1970-01-01T01:00:00+01:00") == 0);
  CHECK(fast("1969-12-31T19:00:00-05:00") == 0);
  CHECK(fast("2024-02-29T23:59:59.999999+00:00") == 1'709'251'199'999'999);
}

TEST_CASE("the fast reader agrees with the calendar on every day of eight centuries", "[base][iso8601]") {
  std::string wrong;  // the last text that was
  for (std::int64_t days = days_from_civil(1600, 1, 1); days < days_from_civil(2400, 1, 1); ++days) {
    const std::string text = iso_date(days) + "T12:34:56Z";
    std::int64_t micros = 0;
    if (!parse_iso_fast(text, micros) || micros != (days * 86'400 + 45'296) * 1'000'000) wrong = text;
  }
  CHECK(wrong == "");
}

TEST_CASE("the fast reader leaves every other text to the slow one", "[base][iso8601]") {
  std::int64_t micros = 0;
  for (const char* text : {"",
                           "2024-01-02",
                           "2024-01-02T03:04",
                           "2024-01-02T03:04:05,5",
                           "2024-01-02T03:04:05.",
                           "2024-01-02T03:04:05+05",
                           "2024-01-02T03:04:05+0530",
                           "2024-01-02T03:04:05Zx",
                           "2024-01-02T03:04:05z",
                           "2024-01-02t03:04:05",
                           "2024-02-30T00:00:00",
                           "2024-13-01T00:00:00",
                           "2024-00-01T00:00:00",
                           "2024-01-00T00:00:00",
                           "2024-01-02T24:00:00",
                           "2024-01-02T00:60:00",
                           "2024-01-02T00:00:60",
                           "0000-01-01T00:00:00",
                           "2024-01-02T03:04:05+24:00",
                           "2024-01-02T03:04:05+05:60",
                           "2024-01-02T03:04:05+0a:00",
                           "2O24-01-02T03:04:05",
                           "2024-01-0:T03:04:05",
                           "2024-01-02T03:04:5 ",
                           "2024/01/02T03:04:05",
                           "9999-12-31T23:59:59-01:00"}) {
    INFO(text);
    CHECK_FALSE(parse_iso_fast(text, micros));
  }
}
