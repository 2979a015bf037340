// Civil time as integers, and the ISO texts made of it.
#include "base/time.h"

#include "support/catch.h"

using namespace lode;

namespace {
constexpr std::int64_t kDayUs = 86'400'000'000;
}

TEST_CASE("days are counted from 1970", "[base][time]") {
  CHECK(days_from_civil(1970, 1, 1) == 0);
  CHECK(days_from_civil(1969, 12, 31) == -1);
  CHECK(days_from_civil(2000, 2, 29) == 11016);
  CHECK(days_from_civil(1, 1, 1) == -719162);
  CHECK(days_from_civil(9999, 12, 31) == 2932896);
}

TEST_CASE("every day of four centuries survives the round trip", "[base][time]") {
  Civil before = civil_from_days(days_from_civil(1799, 12, 31));
  for (std::int64_t days = days_from_civil(1800, 1, 1); days <= days_from_civil(2200, 12, 31); ++days) {
    const Civil civil = civil_from_days(days);
    const bool follows =
        civil.day == 1 ? !is_valid_date(before.year, before.month, before.day + 1) : civil.day == before.day + 1;
    if (!follows || days_from_civil(civil.year, civil.month, civil.day) != days ||
        !is_valid_date(civil.year, civil.month, civil.day)) {
      FAIL(civil.year << "-" << civil.month << "-" << civil.day << " at " << days);
    }
    before = civil;
  }
  CHECK(before.year == 2200);
}

TEST_CASE("dates that do not exist are refused", "[base][time]") {
  CHECK(is_valid_date(2024, 2, 29));
  CHECK_FALSE(is_valid_date(2023, 2, 29));
  CHECK_FALSE(is_valid_date(1900, 2, 29));
  CHECK(is_valid_date(2000, 2, 29));
  CHECK_FALSE(is_valid_date(2024, 4, 31));
  CHECK_FALSE(is_valid_date(2024, 13, 1));
  CHECK_FALSE(is_valid_date(2024, 0, 1));
  CHECK_FALSE(is_valid_date(2024, 1, 0));
  CHECK_FALSE(is_valid_date(0, 1, 1));
  CHECK_FALSE(is_valid_date(10000, 1, 1));
}

TEST_CASE("microseconds before 1970 belong to the day before", "[base][time]") {
  const Civil civil = civil_from_micros(-1);
  CHECK(civil.year == 1969);
  CHECK(civil.day == 31);
  CHECK(civil.hour == 23);
  CHECK(civil.second == 59);
  CHECK(civil.microsecond == 999999);
  CHECK(micros_from_civil(civil) == -1);
}

TEST_CASE("timestamps print as Python's isoformat", "[base][time]") {
  CHECK(iso_timestamp(1'704'164'645'678'000) == "2024-01-02T03:04:05.678000+00:00");
  CHECK(iso_timestamp(1'704'164'645'000'000) == "2024-01-02T03:04:05+00:00");
  CHECK(iso_timestamp_naive(1) == "1970-01-01T00:00:00.000001");
  CHECK(iso_timestamp_z(0) == "1970-01-01T00:00:00Z");
  CHECK(iso_timestamp_naive(days_from_civil(1, 1, 1) * kDayUs) == "0001-01-01T00:00:00");
  CHECK(iso_date(-1) == "1969-12-31");
  CHECK(iso_time(11'045'000'006) == "03:04:05.000006");
  CHECK(iso_time(0) == "00:00:00");
}
