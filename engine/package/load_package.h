// Load packages: folders of job files that are loaded together. FORMAT.md beside this file specifies them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/env.h"
#include "format/row_file.h"
#include "package/pipeline_state.h"
#include "schema/schema.h"

namespace lode {

/// Makes load ids: decimal seconds since 1970 as text, each greater as text than those before, in this process and than
/// `after` (an id; other text is disregarded). Thread-safe.
std::string new_load_id(Env& env, std::string_view after = {});

/// The time that a load id says, microseconds since 1970; digits beyond the sixth are dropped. -1 for text that is no
/// load id.
std::int64_t micros_of_load_id(std::string_view load_id);

/// One file of a package: rows of one table.
struct Job {
  std::string table;
  std::string file_name;  ///< <table>.<file id>.<retry>.rows
  Path path;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};

/// What a package takes away before its own rows come: a refresh, or a command that drops tables.
struct TableCleanup {
  std::vector<std::string> dropped;  ///< tables that go, parents before their children
  std::vector<std::string> emptied;  ///< tables whose rows go
  bool empty() const { return dropped.empty() && emptied.empty(); }
};

/// Builds a package in load/new/<load id>. Owned by one thread. Dropping it without seal() deletes the folder.
class PackageWriter {
 public:
  struct Options {
    std::uint64_t file_bytes_max = 16u << 20;  ///< a job file is closed and a new one begun beyond this size
    /// Called when a job file is complete and can be read, from the thread that writes. May be empty.
    std::function<void(const Job&)> on_job;
    /// The hash of the state from which the package's cursors go on ("": none): LoadPackage::follows().
    std::optional<std::string> follows = {};
    /// False: the package is loaded while it is written and dropped after the commit, never sealed; nothing waits for
    /// the disk.
    bool seals = true;
  };
  static Result<std::unique_ptr<PackageWriter>> create(Env& env, const Path& pipeline_folder, std::string load_id,
                                                       Options options);
  ~PackageWriter();

  const std::string& load_id() const { return load_id_; }
  /// The open row file of a table, made on first use and after rotation. A new file has no columns yet: `is_fresh` says
  /// so. A file that gets no rows becomes a job all the same: it empties a table whose disposition is replace.
  /// REQUIRES: `table` has no '.', '%', '{' or '}'.
  struct Target {
    RowFileWriter* writer;
    bool is_fresh;
  };
  Result<Target> writer_for(const std::string& table);
  /// Rows written so far, by table; also tables whose files have none.
  const std::map<std::string, std::uint64_t>& row_counts() const;
  std::uint64_t bytes() const;
  /// No file was ever begun.
  bool is_empty() const { return row_counts_.empty(); }
  /// Jobs so far, in the order their files were closed. Their paths hold until seal().
  const std::vector<Job>& jobs() const { return jobs_; }
  /// Closes the current file of `table` if it is beyond file_bytes_max. Call after each page.
  Status rotate_if_full(const std::string& table);
  /// Closes all files; each goes to on_job.
  Status close_files();
  /// Closes all files, writes the manifest (schema, state and cleanup in it), makes all durable, renames the folder to
  /// load/normalized/<load id>. From then on the package survives this object and this process.
  /// REQUIRES: Options::seals
  Status seal(const Schema& schema, const PipelineState& state, const TableCleanup& cleanup = {});
  /// REQUIRES: seal() was ok
  Path sealed_folder() const;

 private:
  struct Open;
  PackageWriter();
  Status close_file(Open& open);
  Status sync_oldest();
  std::string manifest(const Schema& schema, const PipelineState& state, const TableCleanup& cleanup) const;

  Env* env_ = nullptr;
  Path pipeline_folder_;
  Path folder_;
  std::string load_id_;
  std::int64_t created_at_us_ = 0;
  Options options_;
  std::map<std::string, std::unique_ptr<Open>> open_;  // by table
  mutable std::map<std::string, std::uint64_t> row_counts_;
  std::vector<Job> jobs_;
  std::vector<std::uint64_t> checksums_;              // of jobs_, one each
  std::deque<std::unique_ptr<AppendFile>> unsynced_;  // of closed jobs, oldest first
  bool sealed_ = false;
};

/// A sealed package, waiting to be loaded. Owned by one thread.
class LoadPackage {
 public:
  /// Reads the manifest and the end of each job file; the rows are checked when they are read.
  /// Errors: kPackageCorrupt when a file is missing, cut off or does not match the manifest.
  static Result<LoadPackage> open(Env& env, const Path& folder);
  /// Folders under load/normalized, oldest first; deletes what a crash left in load/new.
  /// REQUIRES: no other process works on the pipeline.
  static Result<std::vector<Path>> pending(Env& env, const Path& pipeline_folder);

  const std::string& load_id() const { return load_id_; }
  const Schema& schema() const { return schema_; }
  const PipelineState& state() const { return state_; }
  const std::vector<Job>& jobs() const { return jobs_; }  ///< in the order they were closed
  const TableCleanup& cleanup() const { return cleanup_; }
  /// The content hash of the state before the package, "" if there was none; nullopt if the package does not say.
  const std::optional<std::string>& follows() const { return follows_; }
  std::int64_t created_at_us() const { return created_at_us_; }
  const Path& folder() const { return folder_; }
  /// After the commit: the package is no longer needed.
  Status remove(Env& env);
  /// remove() of a package that need not be readable: its rows are given up.
  static Status discard(Env& env, const Path& folder);

 private:
  LoadPackage(Schema schema, PipelineState state) : schema_(std::move(schema)), state_(std::move(state)) {}
  Path folder_;
  std::string load_id_;
  std::int64_t created_at_us_ = 0;
  std::optional<std::string> follows_;
  Schema schema_;
  PipelineState state_;
  std::vector<Job> jobs_;
  TableCleanup cleanup_;
};

/// Why a sealed package could not be loaded: kept beside its manifest until the package goes.
struct PackageFailure {
  std::int64_t at_us = 0;
  std::uint32_t attempts = 0;  ///< in all runs
  bool is_final = false;       ///< trying again does not help
  std::string table;           ///< of the job that failed; "" if it was none's fault
  std::string file;
  std::uint64_t rows = 0;  ///< of the job
  Status error;            ///< when it is written
  json::Value facts;       ///< the error when it is read: code, message, details…
};
Status write_failure(Env& env, const Path& package, const PackageFailure& failure);
/// nullopt: loading it has not failed yet, or what was noted cannot be read.
std::optional<PackageFailure> read_failure(Env& env, const Path& package);

}  // namespace lode
