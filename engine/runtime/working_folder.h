// Working folder: what a pipeline keeps on this machine: waiting packages, copies of state and schemas, traces.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "env/env.h"
#include "json/value.h"

namespace lode {

/// The files of a pipeline's folder:
///   lock           held by whoever works on the pipeline
///   load/          packages: package/FORMAT.md
///   schemas/       <name>.schema.json, as of the last load from here
///   state.json     the state as of the last load from here: a copy for people, the destination's is the truth
///   last_run.json  the report of the last run that succeeded
///   traces/        what the last runs did: trace.h
///   dev_dataset    the dataset of dev_mode that all of this is about; absent: none
/// A value; its methods may be called from any thread, but those that change something need the lock.
class WorkingFolder {
 public:
  WorkingFolder() = default;
  WorkingFolder(Env& env, const Path& pipelines_folder, const std::string& pipeline)
      : env_(&env), path_(pipelines_folder / pipeline), pipeline_(pipeline) {}

  const Path& path() const { return path_; }
  Path state_file() const { return path_ / "state.json"; }
  Path last_run_file() const { return path_ / "last_run.json"; }
  Path traces_folder() const { return path_ / "traces"; }
  Path schemas_folder() const { return path_ / "schemas"; }
  Path sealed_folder() const { return path_ / "load" / "normalized"; }

  /// Makes the folder if there is none. Errors: kLocked when a run or a command works on the pipeline.
  Result<std::unique_ptr<FileLock>> lock() const;
  /// Leaves nothing of what was loaded into another dataset of dev_mode, or into one of dev_mode when that is over:
  /// waiting packages must not get into the wrong dataset. `dev_dataset`: the one of this run; "": not in dev_mode.
  /// Errors: kPackageWaiting when dev_mode would throw away a package of the real dataset.
  Status settle(const std::string& dev_dataset) const;
  /// Deletes everything but the lock.
  Status clear() const;
  /// The state document of state.json; null: there is none. Errors: kStateCorrupt.
  Result<json::Value> read_state() const;

 private:
  Status refuse_with_packages() const;

  Env* env_ = nullptr;
  Path path_;
  std::string pipeline_;
};

/// In the state's `_local`: the load that the copy of the state belongs to.
inline constexpr std::string_view kLastLoadId = "last_load_id";

/// "_20240131140509": UTC, 24 hours.
std::string dev_suffix(std::int64_t now_us);
/// `dataset` with the suffix, as dlt joins them: a name that ends in '_' gets no second one.
std::string dev_dataset(const std::string& dataset, const std::string& suffix);

}  // namespace lode
