// ISO 8601 in and out.
#include "timestamps.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace lode::demo_api {
namespace {

struct Parts {
  int year, month, day, hour, minute, second, us, weekday;
};

Parts split(std::int64_t time_us) {
  using namespace std::chrono;
  const sys_time<microseconds> time{microseconds(time_us)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<int>(static_cast<unsigned>(date.month())),
          .day = static_cast<int>(static_cast<unsigned>(date.day())),
          .hour = static_cast<int>(clock.hours().count()),
          .minute = static_cast<int>(clock.minutes().count()),
          .second = static_cast<int>(clock.seconds().count()),
          .us = static_cast<int>(clock.subseconds().count()),
          .weekday = static_cast<int>(weekday(day).c_encoding())};
}

/// Reads the text from its front; every method answers false, and stays so, once something did not fit.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(char wanted) {
    if (peek() != wanted || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool number(int digits, int low, int high, int& value) {
    if (rest_.size() < static_cast<std::size_t>(digits)) return false;
    value = 0;
    for (int i = 0; i < digits; ++i) {
      const char c = rest_[static_cast<std::size_t>(i)];
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(static_cast<std::size_t>(digits));
    return value >= low && value <= high;
  }
  /// One to nine digits, of which those beyond microseconds are dropped.
  bool fraction(std::int64_t& us) {
    std::int64_t scale = 100'000;
    int digits = 0;
    for (us = 0; peek() >= '0' && peek() <= '9'; ++digits, scale /= 10) {
      us += (peek() - '0') * scale;
      rest_.remove_prefix(1);
    }
    return digits >= 1 && digits <= 9;
  }

 private:
  std::string_view rest_;
};

bool read_zone(Reader& in, std::int64_t& offset_us) {
  offset_us = 0;
  if (in.done() || in.take('Z') || in.take('z')) return true;
  const bool east = in.take('+') || in.take(' ');
  if (!east && !in.take('-')) return false;
  int hour = 0, minute = 0;
  if (!in.number(2, 0, 23, hour)) return false;
  in.take(':');
  if (!in.number(2, 0, 59, minute)) return false;
  offset_us = (east ? 1 : -1) * (hour * 60 + minute) * kMinuteUs;
  return true;
}

}  // namespace

std::string format_timestamp(std::int64_t time_us, int fraction_digits) {
  const Parts p = split(time_us);
  std::array<char, 96> text;
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d", p.year, p.month, p.day, p.hour, p.minute,
                p.second);
  std::string out = text.data();
  if (fraction_digits > 0) {
    std::snprintf(text.data(), text.size(), ".%06d", p.us);
    out.append(text.data(), static_cast<std::size_t>(1 + fraction_digits));
  }
  out += 'Z';
  return out;
}

std::string format_date(std::int64_t time_us) { return format_timestamp(time_us, 0).substr(0, 10); }

std::string format_http_date(std::int64_t time_us) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Parts p = split(time_us);
  std::array<char, 96> text;
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[p.weekday], p.day,
                kMonths[p.month - 1], p.year, p.hour, p.minute, p.second);
  return text.data();
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  using namespace std::chrono;
  Reader in(text);
  int y = 0, m = 0, d = 0, hour = 0, minute = 0, second = 0;
  std::int64_t us = 0, offset_us = 0;
  if (!in.number(4, 0, 9999, y) || !in.take('-') || !in.number(2, 1, 12, m) || !in.take('-') ||
      !in.number(2, 1, 31, d)) {
    return std::nullopt;
  }
  const year_month_day date(year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d)));
  if (!date.ok()) return std::nullopt;
  const std::int64_t day_us = duration_cast<microseconds>(sys_days(date).time_since_epoch()).count();
  if (in.done()) return day_us;

  if (!in.take('T') && !in.take('t') && !in.take(' ')) return std::nullopt;
  if (!in.number(2, 0, 23, hour) || !in.take(':') || !in.number(2, 0, 59, minute)) return std::nullopt;
  if (in.take(':') && !in.number(2, 0, 59, second)) return std::nullopt;
  if (in.take('.') && !in.fraction(us)) return std::nullopt;
  if (!read_zone(in, offset_us) || !in.done()) return std::nullopt;
  return day_us + (hour * 60 + minute) * kMinuteUs + second * kSecondUs + us - offset_us;
}

}  // namespace lode::demo_api
