// Time: civil dates and instants as plain integers.
#include "base/time.h"

#include <fmt/format.h>

#include <chrono>

namespace lode {
namespace {

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;

std::string fraction(int microsecond) { return microsecond == 0 ? "" : fmt::format(".{:06}", microsecond); }

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

std::int64_t days_from_civil(int year, int month, int day) {
  using namespace std::chrono;
  return sys_days(std::chrono::year(year) / month / day).time_since_epoch().count();
}

std::int64_t micros_from_civil(const Civil& civil) {
  const std::int64_t seconds = days_from_civil(civil.year, civil.month, civil.day) * 86'400 + civil.hour * 3600 +
                               civil.minute * 60 + civil.second;
  return seconds * 1'000'000 + civil.microsecond;
}

Civil civil_from_days(std::int64_t days) {
  using namespace std::chrono;
  const year_month_day date{sys_days(std::chrono::days(days))};
  Civil civil;
  civil.year = int(date.year());
  civil.month = static_cast<int>(unsigned(date.month()));
  civil.day = static_cast<int>(unsigned(date.day()));
  return civil;
}

Civil civil_from_micros(std::int64_t micros) {
  const std::int64_t days = floor_div(micros, kMicrosPerDay);
  std::int64_t rest = micros - days * kMicrosPerDay;
  Civil civil = civil_from_days(days);
  civil.microsecond = static_cast<int>(rest % 1'000'000);
  rest /= 1'000'000;
  civil.second = static_cast<int>(rest % 60);
  civil.minute = static_cast<int>(rest / 60 % 60);
  civil.hour = static_cast<int>(rest / 3600);
  return civil;
}

bool is_valid_date(int year, int month, int day) {
  if (year < 1 || year > 9999) return false;
  using namespace std::chrono;
  return (std::chrono::year(year) / month / day).ok();
}

std::string iso_timestamp_naive(std::int64_t micros) {
  const Civil c = civil_from_micros(micros);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}", c.year, c.month, c.day, c.hour, c.minute, c.second,
                     fraction(c.microsecond));
}

std::string iso_timestamp(std::int64_t micros) { return iso_timestamp_naive(micros) + "+00:00"; }
std::string iso_timestamp_z(std::int64_t micros) { return iso_timestamp_naive(micros) + "Z"; }

std::string iso_date(std::int64_t days) {
  const Civil c = civil_from_days(days);
  return fmt::format("{:04}-{:02}-{:02}", c.year, c.month, c.day);
}

std::string iso_time(std::int64_t micros_of_day) {
  const Civil c = civil_from_micros(micros_of_day);
  return fmt::format("{:02}:{:02}:{:02}{}", c.hour, c.minute, c.second, fraction(c.microsecond));
}

}  // namespace lode
