// The text forms of timestamps, and decimals as numbers.
#include "base/time.h"
#include "destinations/sqlite/text_forms.h"
#include "support/catch.h"

using namespace lode;
using namespace lode::sqlite;

namespace {

std::string show_date(std::int64_t days) {
  char text[kDateBytes];
  TimeForms forms;
  return std::string(text, forms.date(days, text));
}

std::string show_time(std::int64_t micros) {
  char text[kTimeBytes];
  return std::string(text, TimeForms::time(micros, text));
}

}  // namespace

TEST_CASE("timestamps, dates and times as SQLAlchemy writes them") {
  CHECK(show_timestamp(1'704'164'645'678'000) == "2024-01-02 03:04:05.678000");
  CHECK(show_timestamp(0) == "1970-01-01 00:00:00.000000");
  CHECK(show_timestamp(-1) == "1969-12-31 23:59:59.999999");
  CHECK(show_timestamp(micros_from_civil({1960, 1, 2, 3, 4, 5, 1})) == "1960-01-02 03:04:05.000001");
  CHECK(show_timestamp(micros_from_civil({1, 1, 1, 0, 0, 0, 0})) == "0001-01-01 00:00:00.000000");
  CHECK(show_timestamp(micros_from_civil({9999, 12, 31, 23, 59, 59, 999'999})) == "9999-12-31 23:59:59.999999");
  CHECK(show_date(19'724) == "2024-01-02");
  CHECK(show_date(days_from_civil(1, 1, 2)) == "0001-01-02");
  CHECK(show_time(0) == "00:00:00.000000");
  CHECK(show_time(86'399'999'999) == "23:59:59.999999");
  CHECK(show_time(3'723'004'000) == "01:02:03.004000");
}

TEST_CASE("the day that is remembered is not the wrong one") {
  TimeForms forms;
  char text[kTimestampBytes];
  for (const std::int64_t micros :
       {0LL, 86'399'999'999LL, 86'400'000'000LL, -1LL, -86'400'000'000LL, -86'400'000'001LL, 0LL}) {
    forms.timestamp(micros, text);
    CHECK(std::string(text, kTimestampBytes) == show_timestamp(micros));
  }
}

TEST_CASE("decimals become what a NUMERIC column keeps") {
  const auto integer = [](std::string_view text) {
    const Numeric numeric = to_numeric(text);
    CHECK(numeric.kind == Numeric::Kind::kInteger);
    return numeric.integer;
  };
  const auto real = [](std::string_view text, bool is_exact) {
    const Numeric numeric = to_numeric(text);
    CHECK(numeric.kind == Numeric::Kind::kReal);
    INFO(text);
    CHECK(numeric.is_exact == is_exact);
    return numeric.real;
  };
  CHECK(integer("0") == 0);
  CHECK(integer("-12") == -12);
  CHECK(integer("9007199254740993") == 9007199254740993);
  CHECK(integer("9223372036854775807") == INT64_MAX);
  CHECK(real("12.50", true) == 12.5);
  CHECK(real("-0.10", true) == -0.1);
  CHECK(real("+1.5", true) == 1.5);
  CHECK(real("1E+2", true) == 100.0);
  CHECK(real("123456789012.345", true) == 123456789012.345);
  CHECK(real("100000000000000000000", true) == 1e20);
  CHECK(real("0.1000000000000000055511151231257827", true) == 0.1);  // every digit of the double itself
  CHECK(real("12345678901234567890.12", false) == 12345678901234567890.12);
  CHECK(real("9223372036854775808123", false) == 9223372036854775808123.0);
  CHECK(to_numeric("NaN").kind == Numeric::Kind::kText);
  CHECK(to_numeric("Infinity").kind == Numeric::Kind::kText);
  CHECK(to_numeric("").kind == Numeric::Kind::kText);
  CHECK(to_numeric("12,5").kind == Numeric::Kind::kText);
}
