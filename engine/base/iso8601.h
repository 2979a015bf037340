// ISO 8601 as dlt reads it: which texts are timestamps, dates and times.
// Source of the grammar: the strict parser of pendulum 3 and dlt's fallback expression.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lode {

/// What a text turned out to be.
struct IsoValue {
  enum class Kind { kTimestamp, kDate, kTime };
  Kind kind = Kind::kTimestamp;
  std::int64_t micros = 0;  ///< kTimestamp: since 1970, UTC (naive taken as UTC); kTime: of the day, shifted to UTC
  std::int64_t days = 0;    ///< kDate: since 1970-01-01
  bool has_offset = false;  ///< the text named a time zone
  int offset_s = 0;         ///< seconds east of UTC, 0 without a zone
};

/// nullopt when `text` is none of the three, and when its instant is outside the years 1 to 9999 in UTC. Never fails in
/// another way; pure and thread-safe.
std::optional<IsoValue> parse_iso(std::string_view text);

/// The common shape only, YYYY-MM-DD[T ]HH:MM:SS[.fraction][Z|±HH:MM], at the speed of a row loop. False for every
/// other text, also for timestamps written differently: ask parse_iso() then.
bool parse_iso_fast(std::string_view text, std::int64_t& micros);

}  // namespace lode
