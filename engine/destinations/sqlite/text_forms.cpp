// How values that SQLite has no type for are kept.
#include "destinations/sqlite/text_forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/time.h"

namespace lode::sqlite {
namespace {

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
constexpr std::size_t kExactDigits = 15;  // any decimal of so many digits survives a double

void put_two(char* out, std::int64_t value) {
  out[0] = static_cast<char>('0' + value / 10);
  out[1] = static_cast<char>('0' + value % 10);
}

// Significant digits of "-0012.500": those from the first to the last that is not 0.
std::size_t significant_digits(std::string_view decimal) {
  std::string digits;
  for (const char c : decimal) {
    if (c == 'e' || c == 'E') break;
    if (c >= '0' && c <= '9') digits += c;
  }
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string::npos ? 0 : digits.find_last_not_of('0') - first + 1;
}

// Whether the nearest double, written with as many places, is the decimal again. REQUIRES: no exponent.
bool survives(double real, std::string_view decimal) {
  const std::size_t point = decimal.find('.');
  const std::size_t places = point == std::string_view::npos ? 0 : decimal.size() - point - 1;
  return fmt::format("{:.{}f}", real, places) == decimal;
}

}  // namespace

std::size_t TimeForms::date(std::int64_t days, char* out) {
  if (days != last_day_) {
    const Civil civil = civil_from_days(days);
    std::int64_t year = std::clamp(civil.year, 0, 9999);
    put_two(last_date_, year / 100);
    put_two(last_date_ + 2, year % 100);
    last_date_[4] = '-';
    put_two(last_date_ + 5, civil.month);
    last_date_[7] = '-';
    put_two(last_date_ + 8, civil.day);
    last_day_ = days;
  }
  std::memcpy(out, last_date_, kDateBytes);
  return kDateBytes;
}

std::size_t TimeForms::time(std::int64_t micros_of_day, char* out) {
  const std::int64_t seconds = micros_of_day / 1'000'000;
  const std::int64_t micros = micros_of_day % 1'000'000;
  put_two(out, seconds / 3600);
  out[2] = ':';
  put_two(out + 3, seconds / 60 % 60);
  out[5] = ':';
  put_two(out + 6, seconds % 60);
  out[8] = '.';
  put_two(out + 9, micros / 10'000);
  put_two(out + 11, micros / 100 % 100);
  put_two(out + 13, micros % 100);
  return kTimeBytes;
}

std::size_t TimeForms::timestamp(std::int64_t micros, char* out) {
  std::int64_t days = micros / kMicrosPerDay;
  if (micros % kMicrosPerDay < 0) --days;
  date(days, out);
  out[kDateBytes] = ' ';
  time(micros - days * kMicrosPerDay, out + kDateBytes + 1);
  return kTimestampBytes;
}

std::string show_timestamp(std::int64_t micros) {
  std::string text(kTimestampBytes, '\0');
  TimeForms().timestamp(micros, text.data());
  return text;
}

Numeric to_numeric(std::string_view decimal) {
  Numeric numeric;
  const char* const end = decimal.data() + decimal.size();
  const char* const start = decimal.data() + (!decimal.empty() && decimal[0] == '+' ? 1 : 0);
  if (const auto [stop, error] = std::from_chars(start, end, numeric.integer); error == std::errc() && stop == end) {
    numeric.kind = Numeric::Kind::kInteger;
    return numeric;
  }
  const auto [stop, error] = std::from_chars(start, end, numeric.real);
  const bool is_number = decimal.find_first_not_of("+-.0123456789eE") == std::string_view::npos;
  if (error != std::errc() || stop != end || !is_number) return numeric;
  numeric.kind = Numeric::Kind::kReal;
  const std::string_view digits(start, static_cast<std::size_t>(end - start));
  if (significant_digits(digits) > kExactDigits) {
    numeric.is_exact = digits.find_first_of("eE") == std::string_view::npos && survives(numeric.real, digits);
  }
  return numeric;
}

}  // namespace lode::sqlite
