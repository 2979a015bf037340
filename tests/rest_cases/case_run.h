// Runs one case: the real engine and the real HTTP client against the case's server, with a clock that stands still
// until something waits.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "json/value.h"
#include "rest_cases/case_server.h"

namespace lode {

struct CaseOutcome {
  /// Resource -> its rows before normalisation, for each run.
  std::vector<std::map<std::string, std::vector<json::Value>>> rows_per_run;
  std::vector<RecordedRequest> requests;
  int in_flight_max = 0;              ///< requests under way at once
  std::vector<double> retry_waits_s;  ///< waits between attempts, in order
  std::string error_phase;            ///< "config", "extract"; "" if all went well
  std::string error_text;
  std::string broken;  ///< the case could not be run at all, and why; else ""
};

/// `test_case` has its $BASE filled in; `script` is the text of rest_case.lua. Uses the calling thread until it is
/// done.
CaseOutcome run_case(const json::Value& test_case, CaseServer& server, const std::string& script);

}  // namespace lode
