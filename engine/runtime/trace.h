// Trace: what a run did and when, step by step, kept in the working folder for the days after.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "env/env.h"
#include "json/value.h"
#include "package/load_package.h"
#include "runtime/report.h"

namespace lode {

inline constexpr std::size_t kTracesKept = 20;

/// The steps of one run as they pass. Not synchronised.
class TraceClock {
 public:
  explicit TraceClock(Env& env) : env_(env), started_at_us_(env.now_us()), started_us_(env.steady_us()) {}
  /// Ends the step before. The same step again goes on.
  void step(std::string_view name);
  /// Time spent on something within a step, that is reported as a step of its own: "normalize" while extracting.
  void add_inner(std::string_view name, std::int64_t time_us);
  void end();

  std::int64_t started_at_us() const { return started_at_us_; }
  double seconds() const;  ///< since the start
  const std::vector<RunReport::Step>& steps() const { return steps_; }

 private:
  Env& env_;
  const std::int64_t started_at_us_;
  const std::int64_t started_us_;
  std::int64_t step_us_ = 0;
  std::vector<RunReport::Step> steps_;  // the last one is open
  bool is_open_ = false;
};

/// What a run's report does not say of a run that failed.
struct RunFailure {
  Status status;  ///< ok: it did not fail
  Job job;        ///< that could not be loaded; empty if it was none's fault
  std::string load_id;
};

/// The trace as it is kept: docs/cli.md describes it. Values that look like secrets are redacted.
json::Value trace_json(const RunReport& report, const RunFailure& failure);

/// Saves a trace into `folder` in a file of its own, and deletes the oldest ones beyond kTracesKept.
Status save_trace(Env& env, const Path& folder, const json::Value& trace, std::int64_t started_at_us);
/// Those that are kept, newest first, at most `limit`. What cannot be read is left out.
Result<std::vector<json::Value>> read_traces(Env& env, const Path& folder, std::size_t limit = kTracesKept);

}  // namespace lode
