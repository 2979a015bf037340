// Time: civil dates and instants as plain integers. All functions are pure and thread-safe.
#pragma once

#include <cstdint>
#include <string>

namespace lode {

/// A day and a time of day in the proleptic Gregorian calendar; no time zone.
struct Civil {
  int year = 1970;
  int month = 1;   ///< 1..12
  int day = 1;     ///< 1..31
  int hour = 0;    ///< 0..23
  int minute = 0;  ///< 0..59
  int second = 0;  ///< 0..59
  int microsecond = 0;
};

/// Days since 1970-01-01; negative before. Valid for years -32767..32767.
std::int64_t days_from_civil(int year, int month, int day);
/// Microseconds since 1970-01-01T00:00:00 of a civil time taken as UTC.
std::int64_t micros_from_civil(const Civil& civil);
Civil civil_from_micros(std::int64_t micros);
Civil civil_from_days(std::int64_t days);
bool is_valid_date(int year, int month, int day);  ///< years 1..9999

/// "2024-01-02T03:04:05.678000+00:00"; the fraction is left out when it is 0. As Python's isoformat() of a UTC
/// datetime.
std::string iso_timestamp(std::int64_t micros);
/// As above without the offset.
std::string iso_timestamp_naive(std::int64_t micros);
/// "2024-01-02T03:04:05Z": for people and HTTP parameters; fraction left out when 0.
std::string iso_timestamp_z(std::int64_t micros);
std::string iso_date(std::int64_t days);           ///< "2024-01-02"
std::string iso_time(std::int64_t micros_of_day);  ///< "03:04:05.000006"; fraction left out when 0

}  // namespace lode
