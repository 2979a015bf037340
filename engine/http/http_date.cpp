// Dates in HTTP headers.
#include "http/http_date.h"

#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "base/text.h"
#include "base/time.h"

namespace lode {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};

bool read_number(std::string_view text, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && error == std::errc() && end == text.data() + text.size() && text.front() != '-';
}

bool read_month(std::string_view text, int& month) {
  const std::string name = to_lower(text.substr(0, 3));
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (kMonths[i] != name) continue;
    month = static_cast<int>(i) + 1;
    return true;
  }
  return false;
}

bool read_time(std::string_view text, Civil& civil) {
  const std::vector<std::string_view> parts = split(text, ':');
  if (parts.size() != 3 && parts.size() != 2) return false;
  return read_number(parts[0], civil.hour) && read_number(parts[1], civil.minute) &&
         (parts.size() == 2 || read_number(parts[2], civil.second)) && civil.hour < 24 && civil.minute < 60 &&
         civil.second <= 60;
}

// Minutes east of UTC.
bool read_zone(std::string_view text, int& minutes) {
  minutes = 0;
  if (equal_ignoring_case(text, "GMT") || equal_ignoring_case(text, "UTC") || text == "Z") return true;
  int number = 0;
  if (text.size() != 5 || (text[0] != '+' && text[0] != '-') || !read_number(text.substr(1), number)) return false;
  minutes = (number / 100 * 60 + number % 100) * (text[0] == '-' ? -1 : 1);
  return true;
}

bool read_year(std::string_view text, int& year) {
  if (!read_number(text, year)) return false;
  if (text.size() == 2) year += year < 70 ? 2000 : 1900;
  return text.size() == 2 || text.size() == 4;
}

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split(text, ' ')) {
    if (const std::string_view trimmed = trim(word); !trimmed.empty()) words.push_back(trimmed);
  }
  if (!words.empty() && words[0].ends_with(',')) words.erase(words.begin());  // the day of the week says nothing new
  Civil civil;
  int zone_minutes = 0;
  bool ok = false;
  if (words.size() == 5 && words[0].size() == 3) {  // asctime: Sun Nov  6 08:49:37 1994
    ok = read_month(words[1], civil.month) && read_number(words[2], civil.day) && read_time(words[3], civil) &&
         read_year(words[4], civil.year);
  } else if (words.size() >= 4 && words.size() <= 5) {  // 06 Nov 1994 08:49:37 GMT
    ok = read_number(words[0], civil.day) && read_month(words[1], civil.month) && read_year(words[2], civil.year) &&
         read_time(words[3], civil) && (words.size() == 4 || read_zone(words[4], zone_minutes));
  } else if (words.size() == 3) {  // 06-Nov-94 08:49:37 GMT
    const std::vector<std::string_view> date = split(words[0], '-');
    ok = date.size() == 3 && read_number(date[0], civil.day) && read_month(date[1], civil.month) &&
         read_year(date[2], civil.year) && read_time(words[1], civil) && read_zone(words[2], zone_minutes);
  }
  if (!ok || !is_valid_date(civil.year, civil.month, civil.day)) return std::nullopt;
  return micros_from_civil(civil) - std::int64_t{zone_minutes} * 60'000'000;
}

}  // namespace lode
