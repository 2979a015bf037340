// PackageLoader: brings packages into a destination, each exactly once.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "env/env.h"
#include "load/destination.h"
#include "package/load_package.h"

namespace lode {

/// How often a destination that is busy or cannot be reached is tried again.
struct LoadRetry {
  std::uint32_t attempts_max = 5;        ///< the first one included; 0: without end
  std::uint32_t backoff_ms_first = 500;  ///< doubles after each attempt
  std::uint32_t backoff_ms_limit = 30'000;
};

/// How far a load is; handed out after each job.
struct LoadProgress {
  std::string_view table;  ///< of the job that was loaded
  std::uint64_t jobs_done = 0;
  std::uint64_t jobs_total = 0;  ///< 0: not known yet
  std::uint64_t rows_done = 0;
};

/// What of a package is in the destination, table by table.
struct TableLoaded {
  std::uint64_t files = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  ///< of the job files
  std::int64_t time_us = 0;
};

/// What belongs to a load besides its rows.
struct LoadTerms {
  TableCleanup cleanup;                               ///< done when the destination's transaction begins
  std::string schema_name;                            ///< whose stored versions go with dropped tables
  std::optional<StateBefore> follows = std::nullopt;  ///< a condition of the commit
};

/// Loads packages one after the other, in one of two ways:
///  - load(): a sealed package, from begin to commit;
///  - begin(), then add_job() for each job file that is complete while the package is still being written, then
///  finish() with the
///    sealed package, or commit() without one. What could not be loaded early is loaded then.
/// Either way the package is in the destination once or not at all. Not synchronised: one thread at a time, not always
/// the same.
class PackageLoader {
 public:
  /// `destination` and `env` outlive the loader; the destination is connected. `stop` ends waiting and loading:
  /// kCancelled.
  PackageLoader(Destination& destination, Env& env, std::stop_token stop, LoadRetry retry = {});
  /// Called by a thread that loads, by one at a time.
  void on_progress(std::function<void(const LoadProgress&)> callback) { on_progress_ = std::move(callback); }

  /// A new package. Costs nothing: the destination's transaction begins with the first job.
  Status begin(std::string_view load_id, LoadTerms terms = {});
  /// Loads one job of a package that is still being written. `schema` has all columns of the job. When the destination
  /// is busy or cannot be reached, the jobs are left to finish() or commit() and the answer is ok.
  Status add_job(const Job& job, const Schema& schema);
  /// Loads the jobs that were not added, and commits. On failure nothing of the package is in the destination and the
  /// error says where the package waits.
  Status finish(const LoadPackage& package);
  /// The same without a sealed package: jobs are those added, and their files must still be there. A crash before the
  /// commit loses the package, which is right when its rows can be extracted again.
  Status commit(const Schema& schema, const std::vector<std::string>& replaced = {});
  /// A sealed package from begin to commit; ok at once if the destination already has it.
  Status load(const LoadPackage& package);
  /// Undoes what was added since begin().
  void abort() noexcept;

  /// Rows handed to the destination since begin(). [any thread]
  std::uint64_t rows_loaded() const { return rows_loaded_; }
  /// What the destination had to create for the package; whole after the commit.
  const SchemaChange& changes() const { return changes_; }
  /// What was loaded otherwise than the schema says.
  const std::vector<std::string>& warnings() const { return warnings_; }
  /// After the commit.
  const std::map<std::string, TableLoaded>& tables_loaded() const { return tables_loaded_; }
  /// After a failure: the job that could not be loaded, its file's name and table; empty if it was none's fault.
  const Job& failed_job() const { return failed_job_; }
  /// Times that the package was tried since begin().
  std::uint32_t attempts() const { return attempts_; }

 private:
  struct Content;
  class Listener;
  Status start();
  Status migrate(const Schema& schema);
  Status load_jobs(const std::vector<const Job*>& jobs, const Schema& schema);
  Status attempt(const Content& content);
  Status load_with_retry(const Content& content);
  Status explain(Status status, const Content& content, std::uint32_t attempts) const;
  void undo() noexcept;

  Destination& destination_;
  Env& env_;
  std::stop_token stop_;
  LoadRetry retry_;
  std::function<void(const LoadProgress&)> on_progress_;

  std::string load_id_;
  bool started_ = false;          // the destination's transaction is open
  bool waits_ = false;            // an early job met a busy destination: all is left to the end
  std::vector<Job> added_;        // by add_job()
  std::set<std::string> loaded_;  // file names of jobs that are in the open transaction
  LoadTerms terms_;
  std::map<std::string, TableLoaded> tables_loaded_;
  Job failed_job_;
  std::uint32_t attempts_ = 0;
  std::uint64_t jobs_total_ = 0;
  std::atomic<std::uint64_t> rows_loaded_{0};
  SchemaChange changes_;
  std::vector<std::string> warnings_;
};

/// PackageLoader::load() in one call.
Status load_package(const LoadPackage& package, Destination& destination, Env& env, const LoadRetry& retry = {},
                    std::stop_token stop = {}, std::function<void(const LoadProgress&)> on_progress = {});

}  // namespace lode
