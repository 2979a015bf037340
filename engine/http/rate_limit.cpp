// Rate limits: how fast a server may be asked.
#include "http/rate_limit.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace lode {
namespace {

// Seconds since 1970 and milliseconds since 1970 begin here; nothing is renewed only after thirty years.
constexpr double kEpochSeconds = 1e9;
constexpr double kEpochMilliseconds = 1e12;

std::optional<double> number_of(std::string_view text) {
  text = trim(text.substr(0, text.find_first_of(",;")));
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || !(number >= 0)) return std::nullopt;
  return number;
}

std::optional<double> number_in(const HttpResponse& response, const std::string& header) {
  const std::string* const text = response.header(header);
  return text == nullptr ? std::nullopt : number_of(*text);
}

// `"default";r=0;t=30`: of the policies that have nothing left the one that is renewed last.
double of_combined_field(std::string_view field) {
  double wait_s = 0;
  for (const std::string_view policy : split(field, ',')) {
    std::optional<double> remaining;
    std::optional<double> reset_s;
    for (const std::string_view part : split(policy, ';')) {
      const std::string_view parameter = trim(part);
      if (parameter.starts_with("r=")) remaining = number_of(parameter.substr(2));
      if (parameter.starts_with("t=")) reset_s = number_of(parameter.substr(2));
    }
    if (remaining && *remaining < 1 && reset_s) wait_s = std::max(wait_s, *reset_s);
  }
  return wait_s;
}

}  // namespace

TokenBucket::TokenBucket(const HttpLimits& limits, std::int64_t now_us)
    : per_us_(limits.requests / (limits.per_s * 1e6)),
      capacity_(std::max(limits.burst > 0 ? limits.burst : limits.requests, 1.0)),
      tokens_(capacity_),
      filled_us_(now_us) {}

double TokenBucket::take(std::int64_t now_us) {
  if (per_us_ <= 0) return 0;
  tokens_ = std::min(capacity_, tokens_ + static_cast<double>(now_us - filled_us_) * per_us_);
  filled_us_ = now_us;
  constexpr double kWhole = 1 - 1e-9;  // sums of fractions
  if (tokens_ >= kWhole) {
    tokens_ -= 1;
    return 0;
  }
  return (1 - tokens_) / per_us_ / 1e6;
}

double used_up_for_s(const HttpResponse& response, std::int64_t now_us) {
  if (const std::string* const field = response.header("RateLimit"); field != nullptr) {
    return of_combined_field(*field);
  }
  for (const std::string prefix : {"RateLimit", "X-RateLimit", "X-Rate-Limit"}) {
    const std::optional<double> remaining = number_in(response, prefix + "-Remaining");
    std::optional<double> reset_s = number_in(response, prefix + "-Reset");
    if (!remaining || !reset_s || *remaining >= 1) continue;
    if (*reset_s >= kEpochMilliseconds) *reset_s /= 1000;
    if (*reset_s >= kEpochSeconds) *reset_s -= static_cast<double>(now_us) / 1e6;
    return std::max(*reset_s, 0.0);
  }
  return 0;
}

}  // namespace lode
