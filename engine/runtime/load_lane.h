// Load lane: the thread that loads a package's jobs while the rest of the package is still being extracted.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "load/loader.h"
#include "package/load_package.h"
#include "schema/schema.h"

namespace lode {

/// Feeds jobs to a PackageLoader in the order they come, on a thread of its own. One producer.
class LoadLane {
 public:
  /// `loader` must outlive the lane; only the lane uses it until finish() has returned.
  explicit LoadLane(PackageLoader& loader);
  /// Stops after the job at hand.
  ~LoadLane();

  /// Jobs wait on disk, so their number is not limited. `schema` has all columns of the job.
  void add(Job job, std::shared_ptr<const Schema> schema);
  /// No more jobs: waits until all are loaded. The first error, or ok.
  Status finish();
  /// Whether a job has failed: what follows need not be extracted.
  bool failed();

 private:
  struct Item {
    Job job;
    std::shared_ptr<const Schema> schema;
  };
  void work();

  PackageLoader& loader_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  Status status_;
  bool closing_ = false;
  bool drop_ = false;
  std::thread thread_;
};

}  // namespace lode
