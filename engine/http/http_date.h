// Dates in HTTP headers: Retry-After, Last-Modified, Date.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lode {

/// Microseconds since 1970 of "Sun, 06 Nov 1994 08:49:37 GMT" and of the older forms that RFC 9110 (5.6.7) names, also
/// with a numeric zone ("+0100"). nullopt for every other text. Pure.
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace lode
