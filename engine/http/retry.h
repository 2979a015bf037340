// Whether and when to try a request again, and what to say when it is no use. Pure functions: the caller waits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "http/message.h"

namespace lode {

struct RetryPolicy {
  std::uint32_t attempts_max = 5;  ///< the first one included; 0 is like 1
  double backoff_s = 1;            ///< before the second attempt; doubles after each one
  double backoff_s_limit = 300;    ///< no wait is longer, not even one that the server asks for
  bool respect_retry_after = true;
  std::optional<bool> is_temporary;  ///< what the caller thinks of the last answer; nullopt: the rules of decide()
};

struct RetryDecision {
  bool retry = false;
  double wait_s = 0;  ///< REQUIRES: retry
  std::string why;    ///< "503, asked to wait 60 s", "connection refused": for the log
};

/// `attempts_made` includes the one that ended in `last`. Tries again after 429, 5xx, and failures to connect, to wait
/// and to read a body. What the server asks for replaces the back-off, unless it is no time at all. Bad certificates,
/// bad URLs, redirects without end and cancelling are final.
RetryDecision decide(const RetryPolicy& policy, std::uint32_t attempts_made, const Result<HttpResponse>& last,
                     std::int64_t now_us);

/// Seconds that the answer asks to wait (Retry-After as a number or a date); negative if it asks for nothing.
double retry_after_s(const HttpResponse& response, std::int64_t now_us);

struct Attempts {
  std::uint32_t made = 1;
  double seconds = 0;  ///< from the first attempt's start to the last one's end
};

/// The error for an answer of status 400 and more, or any that the caller did not want: "GET https://… answered 503",
/// with the attempts, what the server asked for, the start of the body and the names of pages to look at. Codes:
/// kHttpUnavailable for 429 and 5xx, else kHttpStatus. Secrets are redacted.
Status status_error(const HttpRequest& request, const HttpResponse& response, const Attempts& attempts,
                    std::int64_t now_us);

/// The error for a request that got no answer: `last` with the attempts added.
Status no_answer_error(Status last, const Attempts& attempts);

}  // namespace lode
