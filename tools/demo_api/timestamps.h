// Points in time as microseconds since 1970 (UTC) and as the ISO 8601 text of the API.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lode::demo_api {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kMinuteUs = 60 * kSecondUs;
constexpr std::int64_t kDayUs = 24 * 60 * kMinuteUs;

/// "2026-03-01T10:00:00Z", with `fraction_digits` (0 to 6) after the seconds. Digits left out are cut, not rounded.
std::string format_timestamp(std::int64_t time_us, int fraction_digits);
/// "2026-03-01"
std::string format_date(std::int64_t time_us);
/// "Sun, 01 Mar 2026 10:00:00 GMT", as HTTP headers want it.
std::string format_http_date(std::int64_t time_us);

/// Reads a date, or a date and time with an optional fraction and an optional zone ("Z", "+02:00", none: UTC). A blank
/// in the place of the zone's plus sign is a plus sign: that is what is left of a "+" that a client forgot to encode.
/// nullopt: not a time.
std::optional<std::int64_t> parse_timestamp(std::string_view text);

}  // namespace lode::demo_api
