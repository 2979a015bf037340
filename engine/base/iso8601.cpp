// ISO 8601 as dlt reads it.
#include "base/iso8601.h"

#include "base/time.h"

namespace lode {
namespace {

// Reads exactly `count` ASCII digits at `at`; -1 if there are none.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

bool parse_iso_fast(std::string_view text, std::int64_t& micros) {
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' ||
      text[16] != ':') {
    return false;
  }
  Civil civil;
  civil.year = digits(text, 0, 4);
  civil.month = digits(text, 5, 2);
  civil.day = digits(text, 8, 2);
  civil.hour = digits(text, 11, 2);
  civil.minute = digits(text, 14, 2);
  civil.second = digits(text, 17, 2);
  if (civil.hour < 0 || civil.hour > 23 || civil.minute < 0 || civil.minute > 59 || civil.second < 0 ||
      civil.second > 59 || !is_valid_date(civil.year, civil.month, civil.day)) {
    return false;
  }
  std::size_t at = 19;
  if (at < text.size() && text[at] == '.') {
    int scale = 100'000;
    const std::size_t first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
      civil.microsecond += (text[at] - '0') * scale;
    }
    if (at == first) return false;
  }
  micros = micros_from_civil(civil);
  if (at == text.size()) return true;
  if (text[at] == 'Z') return at + 1 == text.size();
  if ((text[at] != '+' && text[at] != '-') || at + 6 != text.size() || text[at + 3] != ':') return false;
  const int hours = digits(text, at + 1, 2);
  const int minutes = digits(text, at + 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false;
  const std::int64_t offset = (hours * 3600 + minutes * 60) * (text[at] == '+' ? 1 : -1);
  micros -= offset * 1'000'000;
  return true;
}

std::optional<IsoValue> parse_iso(std::string_view text) {
  IsoValue value;
  if (parse_iso_fast(text, value.micros)) {
    value.has_offset = text.find_first_of("Z+", 19) != std::string_view::npos || text.find('-', 19) != std::string_view::npos;
    return value;
  }
  return std::nullopt;
}

}  // namespace lode
