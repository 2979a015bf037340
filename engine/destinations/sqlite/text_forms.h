// How values that SQLite has no type for are kept: in the forms of SQLAlchemy, and so of dlt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace lode::sqlite {

inline constexpr std::size_t kTimestampBytes = 26;
inline constexpr std::size_t kDateBytes = 10;
inline constexpr std::size_t kTimeBytes = 15;

/// Writes the three forms as fast as a row loop wants it. Not synchronised: it remembers the last day.
class TimeForms {
 public:
  /// "2024-01-02 03:04:05.678000", UTC. Returns the number of bytes written: kTimestampBytes.
  std::size_t timestamp(std::int64_t micros, char* out);
  /// "2024-01-02"
  std::size_t date(std::int64_t days, char* out);
  /// "03:04:05.678000"
  static std::size_t time(std::int64_t micros_of_day, char* out);

 private:
  std::int64_t last_day_ = INT64_MIN;
  char last_date_[kDateBytes];
};

std::string show_timestamp(std::int64_t micros);

/// A decimal as a NUMERIC column keeps it.
struct Numeric {
  enum class Kind { kInteger, kReal, kText } kind = Kind::kText;
  std::int64_t integer = 0;
  double real = 0;
  bool is_exact = true;  ///< false: digits were lost on the way to `real`
};
/// `decimal`: digits with a sign, point or exponent. What is no number (NaN) stays text.
Numeric to_numeric(std::string_view decimal);

}  // namespace lode::sqlite
