// Destination: what is the same for all.
#include "load/destination.h"

#include <fmt/format.h>

namespace lode {

std::string_view replace_strategy_name(ReplaceStrategy strategy) {
  switch (strategy) {
    case ReplaceStrategy::kTruncateAndInsert:
      return "truncate-and-insert";
    case ReplaceStrategy::kInsertFromStaging:
      return "insert-from-staging";
    case ReplaceStrategy::kStagingOptimized:
      break;
  }
  return "staging-optimized";
}

std::string Destination::query_name(std::string_view) { return ""; }

Result<std::unique_ptr<QueryRows>> Destination::query(const std::string&, const std::vector<json::Value>&,
                                                      std::stop_token) {
  return Status::error(Code::kDestinationRefused, fmt::format("{} cannot be queried", display()));
}

Status Destination::load_jobs(const std::vector<const Job*>& jobs, const Schema& schema, std::stop_token stop,
                              JobListener& listener) {
  for (const Job* job : jobs) {
    if (stop.stop_requested()) return Status::error(Code::kCancelled, "the run was cancelled");
    listener.job_started(*job);
    Status status = load(*job, schema, stop);
    if (!status.ok()) {
      listener.job_failed(*job);
      return status;
    }
    listener.job_loaded(*job);
  }
  return {};
}

Status Destination::check_follows(const StateBefore& before) {
  const Result<std::optional<PipelineState>> newest = saved_state(before.pipeline);
  // A run that found a state which nobody can read went on without it; it cannot be told from another one.
  if (newest.status().code() == Code::kStateCorrupt) return {};
  if (!newest.ok()) return newest.status();
  if ((newest->has_value() ? (*newest)->content_hash() : "") == before.content_hash) return {};
  return Status::error(Code::kOvertaken,
                       fmt::format("another run of pipeline '{}' was committed to {} since this one read its cursors",
                                   before.pipeline, display()))
      .note("its rows may be the same as this run's");
}

}  // namespace lode
