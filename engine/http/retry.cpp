// Whether and when to try a request again, and what to say when it is no use.
#include "http/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "http/http_date.h"
#include "http/redact.h"
#include "http/url.h"

namespace lode {
namespace {

bool is_temporary(int status) { return status == 429 || (status >= 500 && status <= 599); }

bool is_temporary(Code code) {
  return code == Code::kHttpConnect || code == Code::kHttpTimeout || code == Code::kHttpBody;
}

// "60 s", "1.5 s"
std::string seconds_text(double seconds) {
  return seconds == std::floor(seconds) ? fmt::format("{:.0f} s", seconds) : fmt::format("{:.1f} s", seconds);
}

std::string attempts_text(const Attempts& attempts) {
  return fmt::format("tried {} times in {}", attempts.made, show_seconds(attempts.seconds));
}

std::string hint_for(int status) {
  switch (status) {
    case 401:
      return "check the credentials: the server does not know who is asking";
    case 403:
      return "check what the credentials may do: the server knows who is asking and says no";
    case 404:
    case 410:
      return "check the path; to go on without it, accept the status";
    case 405:
      return "check the method";
    case 407:
      return "check the proxy's user and password in HTTPS_PROXY or HTTP_PROXY";
    case 413:
    case 414:
      return "ask for less at once";
    case 429:
      return "run again later, or ask for less at once";
    default:
      return "";
  }
}

}  // namespace

double retry_after_s(const HttpResponse& response, std::int64_t now_us) {
  const std::string* header = response.header("Retry-After");
  if (header == nullptr) return -1;
  const std::string_view text = trim(*header);
  if (text.empty()) return -1;
  if (text.find_first_not_of("0123456789") == std::string_view::npos) {
    constexpr std::size_t kDigitsMax = 9;  // longer than any limit; keeps the number a number
    return text.size() > kDigitsMax ? 1e9 : std::stod(std::string(text));
  }
  const std::optional<std::int64_t> date_us = parse_http_date(text);
  if (!date_us) return -1;
  return std::max(0.0, static_cast<double>(*date_us - now_us) / 1e6);
}

RetryDecision decide(const RetryPolicy& policy, std::uint32_t attempts_made, const Result<HttpResponse>& last,
                     std::int64_t now_us) {
  RetryDecision decision;
  const bool temporary =
      policy.is_temporary.value_or(last.ok() ? is_temporary(last->status) : is_temporary(last.status().code()));
  decision.why = last.ok() ? fmt::format("answered {}", last->status) : last.status().message();
  if (!temporary || attempts_made >= std::max(policy.attempts_max, 1u)) return decision;
  decision.retry = true;
  const double limit_s = std::max(policy.backoff_s_limit, 0.0);
  const int doublings = static_cast<int>(std::min(attempts_made, 64u)) - 1;
  decision.wait_s = std::clamp(std::ldexp(policy.backoff_s, std::max(doublings, 0)), 0.0, limit_s);
  if (!last.ok() || !policy.respect_retry_after) return decision;
  if (const double asked_s = retry_after_s(*last, now_us); asked_s > 0) {
    decision.wait_s = std::min(asked_s, limit_s);
    decision.why += fmt::format(", asked to wait {}", seconds_text(asked_s));
  }
  return decision;
}

Status status_error(const HttpRequest& request, const HttpResponse& response, const Attempts& attempts,
                    std::int64_t now_us) {
  const Code code = is_temporary(response.status) ? Code::kHttpUnavailable : Code::kHttpStatus;
  const std::vector<std::string> secrets = secrets_of(request);
  std::string message =
      fmt::format("{} {} answered {}", request.method, redact(sanitise_url(request.url), secrets), response.status);
  if (!response.reason.empty() && code == Code::kHttpStatus) message += " " + response.reason;
  Status error = Status::error(code, std::move(message));
  const double asked_s = retry_after_s(response, now_us);
  const std::string asked =
      asked_s < 0 ? "" : fmt::format("the last answer asked to wait {} (retry-after)", seconds_text(asked_s));
  if (attempts.made > 1) {
    error.note(attempts_text(attempts) + (asked.empty() ? "" : "; " + asked));
  } else if (!asked.empty()) {
    error.note(asked);
  }
  if (response.redirects > 0) error.with("after a redirect to", sanitise_url(response.url));
  if (!response.body.empty()) error.with("body", body_excerpt(response.body, secrets));
  if (std::string hint = hint_for(response.status); !hint.empty()) error.hint(std::move(hint));
  return error;
}

Status no_answer_error(Status last, const Attempts& attempts) {
  if (attempts.made > 1) last.note(attempts_text(attempts));
  return last;
}

}  // namespace lode
