// What can be made to go wrong, and when. README.md has the grammar of a fault spec.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "paging.h"

namespace lode::demo_api {

enum class FaultKind {
  kStatus,     ///< an error status with a JSON error body
  kNoContent,  ///< 204
  kReset,      ///< part of the body, then a TCP reset
  kCut,        ///< part of the body, then an orderly close: fewer bytes than Content-Length says
  kTruncated,  ///< part of the body, with the Content-Length of that part
  kHtml,       ///< 200 and a web page
  kEmpty,      ///< 200 and no body
  kRedirect,   ///< to the same resource
  kSlow,       ///< an answer, after a while
  kGzip,       ///< a compressed answer, if the client takes one
  kDuplicate,  ///< pages that are served twice in a row
};

/// One rule of a spec: the fault, and the requests that it befalls.
struct FaultRule {
  std::string name;  ///< as in the spec: "429", "reset"
  FaultKind kind = FaultKind::kStatus;

  // Which requests.
  std::string path = "*";  ///< glob; "*" stands for any characters
  std::int64_t after = 0;  ///< lets this many go by first
  std::int64_t every = 1;  ///< then befalls one in so many
  std::int64_t times = 0;  ///< then stops after so many; 0: never
  bool per_url = false;    ///< counts for every path with its query, not for every path

  // What happens.
  int status = 0;
  std::optional<std::int64_t> retry_after_s;
  bool retry_after_as_date = false;
  std::int64_t delay_ms = 0;
  double part = 0.5;  ///< of the body that is sent
  std::string host;   ///< redirect there; empty: the host that was asked
  bool loop = false;  ///< redirect those again that were redirected before
  RepeatedPages repeated;
};

/// A parameter of the addresses that a redirect leads to; requests that carry it are not redirected again.
constexpr const char* kRedirectedParameter = "redirected";

/// The rules, or the sentence that says what is wrong with the spec.
std::variant<std::vector<FaultRule>, std::string> parse_faults(std::string_view spec);

/// What befalls one request: at most one rule that takes the place of the answer, and any number that accompany it.
struct FaultDecision {
  std::optional<FaultRule> failure;
  std::int64_t delay_ms = 0;
  bool gzip = false;
  RepeatedPages repeated;
  std::vector<std::string> names;  ///< of all rules that came into effect, for the statistics
};

/// The rules in force and how often each has been met. Thread-safe. The same requests in the same order meet the same
/// faults; requests for different paths do not influence each other.
class Faults {
 public:
  /// Replaces all rules and forgets all counts.
  void set(std::vector<FaultRule> rules, std::string spec);
  std::string spec() const;
  /// Counts the request and says what befalls it. `override_spec` (from the request itself) is that text and its rules,
  /// which then stand in the place of those in force; it has counts of its own.
  struct Override {
    std::string spec;
    std::vector<FaultRule> rules;
  };
  FaultDecision decide(std::string_view path, std::string_view target, const std::optional<Override>& override_rules);

 private:
  bool befalls(const FaultRule& rule, std::string count_key);
  mutable std::mutex mutex_;
  std::string spec_;
  std::vector<FaultRule> rules_;
  std::map<std::string, std::int64_t> counts_;
};

}  // namespace lode::demo_api
