// ISO 8601 as dlt reads it: a strict reader of the standard's forms, and a lenient one for a few common others.
#include "base/iso8601.h"

#include <bit>
#include <cstring>

#include "base/text.h"
#include "base/time.h"

namespace lode {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
constexpr int kSecondsPerDay = 86'400;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What both readers collect. Fields are as written; finish() checks them.
struct Parts {
  Civil civil;
  bool has_date = false;
  bool has_time = false;
  bool has_offset = false;
  int offset_s = 0;
};

bool is_valid_time(const Civil& civil) { return civil.hour <= 23 && civil.minute <= 59 && civil.second <= 59; }

std::optional<IsoValue> finish(const Parts& parts) {
  // Python's fixed offsets stay below a day.
  if (parts.offset_s <= -kSecondsPerDay || parts.offset_s >= kSecondsPerDay) return std::nullopt;
  if (!is_valid_time(parts.civil)) return std::nullopt;
  if (parts.has_date && !is_valid_date(parts.civil.year, parts.civil.month, parts.civil.day)) return std::nullopt;
  IsoValue value;
  value.has_offset = parts.has_offset;
  value.offset_s = parts.offset_s;
  if (!parts.has_time) {
    value.kind = IsoValue::Kind::kDate;
    value.days = days_from_civil(parts.civil.year, parts.civil.month, parts.civil.day);
    return value;
  }
  const std::int64_t offset = parts.offset_s * kMicrosPerSecond;
  if (!parts.has_date) {
    value.kind = IsoValue::Kind::kTime;
    value.micros = micros_from_civil(parts.civil) % kMicrosPerDay;
    value.micros = (value.micros - offset + kMicrosPerDay) % kMicrosPerDay;
    return value;
  }
  value.micros = micros_from_civil(parts.civil) - offset;
  // An offset can carry an instant out of the years 1 to 9999; no destination could hold it.
  const int year = civil_from_micros(value.micros).year;
  return year < 1 || year > 9999 ? std::nullopt : std::optional<IsoValue>(value);
}

// Reads the forms of the standard, in one pass. Every function answers false when the text is not of its form.
class StrictReader {
 public:
  explicit StrictReader(std::string_view text) : text_(text) {}

  bool read(Parts& parts) {
    parts.has_date = false;
    if (peek() == 'T') return time(parts.civil, parts, Style::kBasic) && at_end();
    int century = 0;
    if (!digits(2, century)) return false;
    if (peek() == ':') {
      parts.civil.hour = century;
      return time_after_hour(parts.civil, parts, Style::kExtended) && at_end();
    }
    parts.has_date = true;
    Style style = Style::kBasic;
    if (!date(century, parts.civil, style)) return false;
    if (at_end()) return true;
    return time(parts.civil, parts, style) && at_end();
  }

 private:
  enum class Style { kBasic, kExtended };  // without and with '-' and ':'

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool digits(int count, int& value) {
    value = 0;
    for (int i = 0; i < count; ++i) {
      if (!is_digit(peek())) return false;
      value = value * 10 + (text_[at_++] - '0');
    }
    return true;
  }
  bool date_ends() const { return at_end() || peek() == 'T' || peek() == ' '; }
  bool time_ends() const { return at_end() || peek() == 'Z' || peek() == '+' || peek() == '-'; }

  bool date(int century, Civil& civil, Style& style);
  bool week(Civil& civil, Style style);
  bool time(Civil& civil, Parts& parts, Style style) {
    if (!take('T') && !take(' ')) return false;
    return digits(2, civil.hour) && time_after_hour(civil, parts, style);
  }
  bool time_after_hour(Civil& civil, Parts& parts, Style style);
  bool fraction(Civil& civil);
  bool offset(Parts& parts);

  std::string_view text_;
  std::size_t at_ = 0;
};

bool set_ordinal(Civil& civil, int ordinal) {
  if (civil.year < 1 || ordinal < 1) return false;
  const int year = civil.year;
  civil = civil_from_days(days_from_civil(year, 1, 1) + ordinal - 1);
  return civil.year == year;
}

bool StrictReader::date(int century, Civil& civil, Style& style) {
  int rest = 0;
  if (!digits(2, rest)) return false;
  civil.year = century * 100 + rest;
  const bool extended = take('-');
  style = extended ? Style::kExtended : Style::kBasic;
  if (take('W')) return week(civil, style);
  if (!digits(2, civil.month)) return false;
  int digit = 0;
  if (extended) {
    if (date_ends()) return true;  // the first of the month
    if (take('-')) return digits(2, civil.day);
    return digits(1, digit) && set_ordinal(civil, civil.month * 10 + digit);
  }
  if (!digits(1, digit)) return false;
  if (date_ends()) return set_ordinal(civil, civil.month * 10 + digit);
  if (!digits(1, civil.day)) return false;
  civil.day += digit * 10;
  return true;
}

// Week 0 and day 0 pass, as in the original, and mean the week and the day before.
bool StrictReader::week(Civil& civil, Style style) {
  int week = 0;
  int day = 1;
  if (!digits(2, week)) return false;
  if (!date_ends()) {
    if (style == Style::kExtended && !take('-')) return false;
    if (!digits(1, day)) return false;
  }
  if (civil.year < 1 || week > 53 || day > 7) return false;
  // Week 1 is the one with 4 January in it; days are counted from Thursday, 1970-01-01.
  const auto monday_of_first_week = [](int year) {
    const std::int64_t fourth = days_from_civil(year, 1, 4);
    return fourth - ((fourth + 3) % 7 + 7) % 7;
  };
  const std::int64_t first = monday_of_first_week(civil.year);
  if (week == 53 && first + 52 * 7 >= monday_of_first_week(civil.year + 1)) return false;
  civil = civil_from_days(first + (week - 1) * 7 + day - 1);
  return true;
}

bool StrictReader::time_after_hour(Civil& civil, Parts& parts, Style style) {
  parts.has_time = true;
  if (time_ends()) return offset(parts);
  if (take(':')) {
    if (!digits(2, civil.minute)) return false;
    if (time_ends()) return offset(parts);
    // A quirk kept: basic dates go with "12:30" but not with "12:30:00".
    return take(':') && digits(2, civil.second) && fraction(civil) && style == Style::kExtended && offset(parts);
  }
  if (style == Style::kExtended || !digits(2, civil.minute)) return false;
  if (time_ends()) return offset(parts);
  return digits(2, civil.second) && fraction(civil) && offset(parts);
}

bool StrictReader::fraction(Civil& civil) {
  if (!take('.') && !take(',')) return true;
  if (!is_digit(peek())) return false;
  for (int scale = 100'000; is_digit(peek()); scale /= 10) civil.microsecond += (text_[at_++] - '0') * scale;
  return true;
}

bool StrictReader::offset(Parts& parts) {
  if (at_end()) return true;
  parts.has_offset = true;
  if (take('Z')) return true;
  const int sign = peek() == '+' ? 1 : -1;
  if (!take('+') && !take('-')) return false;
  int hours = 0;
  int minutes = 0;
  if (!digits(2, hours)) return false;
  take(':');
  if (!at_end() && !digits(2, minutes)) return false;
  parts.offset_s = sign * (hours * 60 + minutes) * 60;
  return true;
}

// Reads "2024", "2024/01/02", "2024:01:02 1:2:3.5" and "1:30": no zone, short hours, any script's digits.
class LenientReader {
 public:
  explicit LenientReader(std::string_view text) {
    while (!text.empty() && count_ < kCharactersMax) {
      const std::size_t length = utf8_sequence(text);
      if (length == 0) break;
      code_[count_++] = decode_utf8(text);
      text.remove_prefix(length);
    }
    whole_ = text.empty();
  }

  // With year, month and day if that can be, else with the year alone, else the time alone.
  bool read(Parts& parts) {
    if (!whole_ || count_ == 0) return false;
    Civil date;
    const bool has_year = digits(0, 4, 4, date.year) == 4;
    if (has_year) {
      const std::size_t end = month_and_day(4, date);
      if (end > 0 && rest(end, date, parts)) return true;
      date.month = date.day = 1;
      if (rest(4, date, parts)) return true;
    }
    parts.has_date = false;
    Civil none;
    return time(0, none, parts);
  }

 private:
  static constexpr std::size_t kCharactersMax = 40;  // the longest text of the form has 30

  char32_t code(std::size_t at) const { return at < count_ ? code_[at] : 0; }
  // How many digits there are at `at`, at most `most`; 0 if fewer than `least`.
  std::size_t digits(std::size_t at, std::size_t least, std::size_t most, int& value) const {
    std::size_t count = 0;
    int sum = 0;
    for (; count < most && decimal_digit(code(at + count)) >= 0; ++count) {
      sum = sum * 10 + decimal_digit(code(at + count));
    }
    if (count < least) return 0;
    value = sum;
    return count;
  }
  // Where what follows the day starts; 0 if there is no month and day.
  std::size_t month_and_day(std::size_t at, Civil& date) const {
    if (code(at) == '/' || code(at) == ':') ++at;
    if (digits(at, 2, 2, date.month) == 0) return 0;
    at += 2;
    if (code(at) == '/' || code(at) == ':') ++at;
    if (digits(at, 2, 2, date.day) == 0) return 0;
    return at + 2;
  }
  bool rest(std::size_t at, const Civil& date, Parts& parts) const {
    parts.has_date = true;
    parts.has_time = false;
    parts.civil = date;
    return at == count_ || time(at, date, parts);
  }
  bool time(std::size_t at, Civil date, Parts& parts) const;

  char32_t code_[kCharactersMax] = {};
  std::size_t count_ = 0;
  bool whole_ = false;
};

bool LenientReader::time(std::size_t at, Civil date, Parts& parts) const {
  if (code(at) == ' ') ++at;
  std::size_t count = digits(at, 1, 2, date.hour);
  if (count == 0 || code(at += count) != ':') return false;
  count = digits(++at, 1, 2, date.minute);
  if (count == 0) return false;
  at += count;
  if (code(at) == ':') {
    count = digits(at + 1, 1, 2, date.second);
    if (count == 0) return false;
    at += 1 + count;
  }
  if (code(at) == '.' || code(at) == '|' || code(at) == ',') {
    int ignored = 0;
    count = digits(++at, 1, 9, ignored);
    if (count == 0) return false;
    for (std::size_t i = 0, scale = 100'000; i < count; ++i, scale /= 10) {
      date.microsecond += decimal_digit(code(at + i)) * static_cast<int>(scale);
    }
    at += count;
  }
  if (at != count_) return false;
  parts.has_time = true;
  parts.civil = date;
  return true;
}

}  // namespace

std::optional<IsoValue> parse_iso(std::string_view text) {
  Parts strict;
  if (StrictReader(text).read(strict)) {
    if (const auto value = finish(strict)) return value;
  }
  Parts lenient;
  return LenientReader(text).read(lenient) ? finish(lenient) : std::nullopt;
}

namespace {

// Eight characters at a time: the shape is XORed away, which leaves digits as their values and separators as 0.
// False unless everything else is a digit. `pairs` gets the two-digit numbers that start at each byte.
bool read_eight(const char* at, std::uint64_t shape, std::uint64_t separators, std::uint64_t& pairs) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  word ^= shape;
  constexpr std::uint64_t kSixes = 0x0606060606060606;  // lifts 10 and above over the lower half of a byte
  if (((word | (word + kSixes)) & 0xF0F0F0F0F0F0F0F0) != 0 || (word & separators) != 0) return false;
  pairs = word * 10 + (word >> 8);
  return true;
}

int pair_at(std::uint64_t pairs, int byte) { return static_cast<int>(pairs >> (8 * byte) & 0xFF); }

// As days_from_civil(), and whether there is such a day: both need the same facts.
std::int64_t days_of(int year, int month, int day, bool& valid) {
  static constexpr int kBefore[] = {0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  valid = year >= 1 && month >= 1 && month <= 12 && day >= 1 &&
          day <= kBefore[month + 1] - kBefore[month] + (month == 2 && is_leap ? 1 : 0);
  if (!valid) return 0;
  const int years = year - 1;
  constexpr int kDaysTo1970 = 719'162;
  return years * 365 + years / 4 - years / 100 + years / 400 - kDaysTo1970 + kBefore[month] + (month > 2 && is_leap) +
         day - 1;
}

// Reads "Z", "+05:30" or nothing. False for everything else.
bool read_fast_offset(std::string_view rest, std::int64_t& seconds) {
  seconds = 0;
  if (rest.empty() || rest == "Z") return true;
  if ((rest[0] != '+' && rest[0] != '-') || rest.size() != 6 || rest[3] != ':') return false;
  for (const int i : {1, 2, 4, 5}) {
    if (!is_digit(rest[static_cast<std::size_t>(i)])) return false;
  }
  const int hours = (rest[1] - '0') * 10 + rest[2] - '0';
  const int minutes = (rest[4] - '0') * 10 + rest[5] - '0';
  seconds = (hours * 3600 + minutes * 60) * (rest[0] == '+' ? 1 : -1);
  return hours <= 23 && minutes <= 59;
}

}  // namespace

bool parse_iso_fast(std::string_view text, std::int64_t& micros) {
  if (text.size() < 19) return false;
  const char* const at = text.data();
  std::uint64_t date = 0;
  std::uint64_t time = 0;
  if (!read_eight(at, 0x2D30302D30303030, 0xFF0000FF00000000, date) ||  // "0000-00-"
      (at[10] != 'T' && at[10] != ' ') ||
      !read_eight(at + 11, 0x30303A30303A3030, 0x0000FF0000FF0000, time) ||  // "00:00:00"
      !is_digit(at[8]) || !is_digit(at[9])) {
    return false;
  }
  const int year = pair_at(date, 0) * 100 + pair_at(date, 2);
  const int hour = pair_at(time, 0);
  const int minute = pair_at(time, 3);
  const int second = pair_at(time, 6);
  bool valid = false;
  const std::int64_t days = days_of(year, pair_at(date, 5), (at[8] - '0') * 10 + at[9] - '0', valid);
  if (!valid || hour > 23 || minute > 59 || second > 59) return false;
  std::size_t next = 19;
  int microsecond = 0;
  if (next < text.size() && at[next] == '.') {
    const std::size_t first = ++next;
    for (int scale = 100'000; next < text.size() && is_digit(at[next]); ++next, scale /= 10) {
      microsecond += (at[next] - '0') * scale;
    }
    if (next == first) return false;
  }
  std::int64_t offset_s = 0;
  if (!read_fast_offset(text.substr(next), offset_s)) return false;
  // An offset can carry an instant out of the years 1 to 9999, but only out of their first and last day.
  if (offset_s != 0 && (year == 1 || year == 9999)) return false;
  micros = (days * kSecondsPerDay + hour * 3600 + minute * 60 + second - offset_s) * kMicrosPerSecond + microsecond;
  return true;
}

}  // namespace lode
