// Pipeline run: one execution of one pipeline, from the first request to the commit.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "extract/extraction.h"
#include "load/destination.h"
#include "load/loader.h"
#include "normalize/normalizer.h"
#include "package/load_package.h"
#include "runtime/engine.h"
#include "runtime/load_lane.h"
#include "runtime/model_check.h"
#include "runtime/page_queue.h"
#include "runtime/preview.h"
#include "runtime/quarantine.h"
#include "runtime/refresh.h"
#include "runtime/report.h"
#include "runtime/resource_hints.h"
#include "runtime/schema_folder.h"
#include "runtime/trace.h"
#include "runtime/working_folder.h"

namespace lode {

/// What a run is for.
enum class Operation {
  kRun,       ///< load what waits, then what the source gives
  kRetry,     ///< load what waits
  kDrop,      ///< drop tables and state, in a load of its own
  kPlanDrop,  ///< say what kDrop would do
  kSync,      ///< make the working folder anew, from the destination
};

/// What is to be run, all names resolved.
struct PipelineSpec {
  Operation operation = Operation::kRun;
  DropRequest drop;  ///< of kDrop and kPlanDrop
  std::string name;
  std::string dataset;      ///< as the user wrote it
  json::Value destination;  ///< a name, a URL, or an object {type, credentials…}: see make_destination
  Path pipelines_folder;    ///< empty: the engine's
  std::shared_ptr<const Source> source;
  std::optional<Config> config;  ///< what the script knows; absent: what the engine knows
  Path import_schema_folder;     ///< schema files that people edit; empty: as configured, else none
  Path export_schema_folder;     ///< schema files that runs write; empty: as configured, else none
  /// The dataset is new with every start of the script, and so is the working folder: see working_folder.h.
  bool dev_mode = false;
  Refresh refresh = Refresh::kNone;  ///< what is forgotten before it loads
  /// A package that cannot be loaded waits on disk for the next run. False: it is dropped, and so are those that wait,
  /// because whoever runs again reads the same data again. Packages of local files are never kept, for that reason.
  bool keeps_packages = true;
  bool check_only = false;                   ///< validate, run nothing
  std::optional<PreviewOptions> preview;     ///< show what would be loaded, change nothing
  Path metrics_file;                         ///< Prometheus text, written at the end; empty: as configured, else none
  bool trace_to_destination = false;         ///< a row of table _lode_trace tells of this run
  std::uint64_t queue_bytes_max = 8u << 20;  ///< pages that wait to be normalized
  std::uint64_t file_bytes_max = 16u << 20;  ///< of a job file
};

/// What a person sees of a run while it runs.
struct RunSnapshot {
  std::string pipeline;
  std::string step;  ///< "extract", "load", "commit"…
  std::int64_t steady_us = 0;
  struct Resource {
    std::string name;
    std::uint64_t rows, bytes, pages, requests, retries;
    bool done;
  };
  std::vector<Resource> resources;
  std::uint64_t rows_loaded = 0;
};

/// One execution of one pipeline. A thread of its own coordinates it (run_pipeline.cpp), Lua and sources are polled on
/// the engine's thread, blocking work is done by workers.
class PipelineRun : public std::enable_shared_from_this<PipelineRun> {
 public:
  /// Starts at once. `on_done` is called on the engine's thread, in a later tick, exactly once.
  static std::shared_ptr<PipelineRun> start(Engine& engine, PipelineSpec spec,
                                            std::function<void(PipelineRun&)> on_done);
  ~PipelineRun();

  // Engine's thread, after on_done
  const Status& status() const { return status_; }
  const RunReport& report() const { return report_; }
  /// Of kDrop and kPlanDrop: what was found.
  const DropResult& dropped() const { return dropped_; }
  /// Of kSync: names of schemas that came from the destination.
  const std::vector<std::string>& restored_schemas() const { return restored_schemas_; }

  // Any thread
  RunSnapshot snapshot();
  /// The run ends soon with kCancelled; nothing that is not committed stays.
  void cancel();

 private:
  friend Status run_pipeline(PipelineRun& run);
  friend Status run_operation(PipelineRun& run);
  PipelineRun(Engine& engine, PipelineSpec spec, std::function<void(PipelineRun&)> on_done);

  // The steps, in the order they are called; coordinator's thread. Each is described in run_pipeline.cpp.
  Status lock_working_folder();
  Status connect_destination();
  Status load_pending_packages();
  Status restore_state();
  Status begin_package();
  Status extract_and_normalize();
  Status seal_package();
  Status load_package();
  Status keep_state();
  Status begin_preview();
  Status finish_preview();
  // Steps of operations other than a run: run_operation.cpp
  Status refuse_with_packages();
  Status choose_drop();
  Result<std::string> source_of_schema(const std::string& schema_name);
  Status copy_from_destination();
  // After the last step, whatever became of it: run_trace.cpp
  void conclude();

  // Helpers of the steps, coordinator's thread
  Status restore_saved_state();
  Result<PipelineState> recover_state(Status why, json::Value copy);
  void note_run(const std::string& schema_name);
  void warn(std::string text);
  Status take_schema(const std::string& name);
  Status note_failure(Status status, const Path& package);
  Status add_trace_row();
  Status write_metrics();
  Status write_schema_files();
  Status normalize_page(const PageQueue::Item& item);
  struct DeclaredTable {
    std::string table;  // normalized
    OnViolation on_violation = OnViolation::kContract;
    std::unique_ptr<ModelCheck> check;  // null: the resource has no model
  };
  Result<DeclaredTable*> declare_table(const Resource& resource, const std::string& table);
  Status add_state_row();
  Status add_row(std::string_view table, const json::Value& row);
  std::vector<std::string> tables_without_rows() const;
  NormalizerOptions normalizer_options(const std::string& load_id) const;
  std::map<std::string, std::uint64_t> row_counts() const;
  Result<json::Value> describe_preview();
  void fill_report();
  void describe_files(RunReport::TableRow& row) const;
  void set_step(const char* step);

  // Engine's thread
  void open_extraction();
  void pump_extraction();
  void close_extraction();
  void wake_extraction();  // any thread
  void on_engine_thread_and_wait(std::function<void()> work);

  const Config& config() const { return spec_.config ? *spec_.config : engine_.config(); }

  Engine& engine_;
  const PipelineSpec spec_;
  std::function<void(PipelineRun&)> on_done_;
  std::stop_source stop_;
  std::thread coordinator_;
  Status status_;
  RunReport report_;

  WorkingFolder folder_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<Destination> destination_;
  std::unique_ptr<PackageLoader> loader_;
  TraceClock clock_;
  std::int64_t normalize_us_ = 0;
  TableCleanup cleanup_;  // what this run's package takes away
  DropResult dropped_;
  std::vector<std::string> restored_schemas_;
  std::string failed_load_id_;
  bool has_report_ = false;
  std::optional<PipelineState> state_;
  std::set<std::string> tables_before_;  // users' tables that had rows before this run
  std::optional<Schema> schema_before_;  // of a preview: as the destination has it
  std::string hash_before_;              // of the state as the destination has it
  std::int64_t version_known_ = 0;       // of the state, here
  std::string newest_load_id_;
  bool forces_state_ = false;  // a row of state goes along even if nothing changed in it
  std::shared_ptr<const Naming> naming_;
  std::optional<Schema> schema_;
  SchemaFolders schema_folders_;
  std::optional<Schema> import_draft_;         // what resources declared, for an import folder that has no file yet
  std::unique_ptr<PackageWriter> package_;     // null in a preview
  std::unique_ptr<PreviewSink> preview_rows_;  // null but in a preview
  bool seals_ = true;                          // the package is made to survive this process
  bool loads_early_ = false;                   // complete job files go to the lane at once
  std::unique_ptr<Normalizer> normalizer_;
  std::unique_ptr<LoadLane> lane_;
  std::optional<PageQueue> queue_;
  std::map<std::pair<const Resource*, std::string>, std::unique_ptr<DeclaredTable>> declared_;
  std::map<const Resource*, std::uint64_t> pages_;  // seen so far
  Quarantine quarantine_;
  std::unique_ptr<Extraction> extraction_;
  bool extraction_ended_ = false;  // engine's thread
  std::atomic<bool> pump_posted_{false};

  std::mutex mutex_;  // guards what snapshot() reads
  std::string step_ = "start";
  std::vector<std::shared_ptr<ResourceProgress>> progress_;
  std::atomic<std::uint64_t> rows_loaded_{0};
};

/// One run of one pipeline, in the order things happen; a preview, if that is what was asked for. Coordinator's thread.
Status run_pipeline(PipelineRun& run);

}  // namespace lode
