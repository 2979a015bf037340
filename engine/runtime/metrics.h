// Metrics: the last run of each pipeline as a Prometheus text file, for the textfile collector of a node exporter.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "env/env.h"
#include "runtime/report.h"

namespace lode {

/// Of one run.
struct RunMetrics {
  RunReport report;
  bool ok = true;
  std::size_t packages_waiting = 0;
};

/// The text for several pipelines: Prometheus' text exposition format, version 0.0.4.
std::string render_metrics(const std::map<std::string, RunMetrics>& runs);

/// Files that pipelines of one process share: each keeps the others' samples. Thread-safe.
class MetricsFiles {
 public:
  /// Writes `file` in one step, with the newest metrics of all pipelines that named it.
  Status write(Env& env, const Path& file, RunMetrics metrics);

 private:
  std::mutex mutex_;
  std::map<Path, std::map<std::string, RunMetrics>> runs_;
};

}  // namespace lode
