// PackageLoader: brings one package after the other into a destination, each exactly once.
#pragma once

#include <atomic>
#include <cstdint>
#include <set>
#include <stop_token>
#include <string>

#include "env/env.h"
#include "load/destination.h"
#include "package/load_package.h"

namespace lode {

/// How often a busy or unreachable destination is tried again.
struct LoadRetry {
  std::uint32_t attempts_max = 5;                  ///< the first one included
  std::uint32_t backoff_ms_first = 500;            ///< doubles after each attempt
  std::uint32_t backoff_ms_limit = 30'000;
};

/// Not synchronised: one thread at a time, not always the same one.
class PackageLoader {
 public:
  /// `destination` and `env` outlive the loader. The destination is connected.
  PackageLoader(Destination& destination, Env& env, std::stop_token stop, LoadRetry retry = {});

  /// A new package. The destination's transaction begins with its first job.
  Status begin(std::string_view load_id);
  /// Loads one job of a package that is still being written. `schema` has all columns of the job.
  Status add_job(const Job& job, const Schema& schema);
  /// Loads the jobs that were not added, and commits. Errors leave the destination as it was and the package on disk.
  Status finish(const LoadPackage& package);
  /// A sealed package from begin to commit; ok at once if the destination already has it.
  Status load(const LoadPackage& package);
  /// Undoes what was added since begin().
  void abort();
  /// Rows handed to the destination since begin(). [any thread]
  std::uint64_t rows_loaded() const { return rows_loaded_; }

 private:
  Status start();
  Status with_retry(const LoadPackage& package);
  Status finish_once(const LoadPackage& package);

  Destination& destination_;
  Env& env_;
  std::stop_token stop_;
  LoadRetry retry_;
  std::string load_id_;
  bool started_ = false;
  std::set<std::string> added_;                    // file names of jobs already loaded
  std::atomic<std::uint64_t> rows_loaded_{0};
};

/// The error of a package that could not be loaded and waits on disk, with where it is and what to do.
Status with_waiting_package(Status status, const LoadPackage& package);

}  // namespace lode
