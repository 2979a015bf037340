// ScriptRun: one execution of a script: its own Lua state, its main function as a task, the pipelines that it runs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "json/value.h"
#include "lua/task.h"
#include "lua/vm.h"
#include "runtime/engine.h"
#include "runtime/pipeline_run.h"

namespace lode::lua {

/// What the caller of a script decides; each overrides what the script says.
struct ScriptOptions {
  json::Value args = json::Value::object();  ///< text by name: what lode.args reads
  std::string destination;                   ///< empty: as in the script, and so on
  std::string dataset;
  std::string pipelines_folder;
  std::vector<std::string> resources;
  std::optional<std::uint64_t> limit;  ///< items of each resource
  bool full_refresh = false;           ///< refresh = "drop_data"
  std::string refresh;                 ///< dlt's word; empty: as in the script
  std::string metrics_file;
  bool check_only = false;  ///< pipeline:run validates and does nothing
  bool explains = false;    ///< pipeline:run says what it would run, and does no more than with check_only
  std::optional<PreviewOptions> preview;  ///< pipeline:run shows what it would load
  std::uint64_t lua_bytes_max = 0;
  std::function<void(std::string_view text)> on_print;

  /// From the JSON object that lode_start takes. Errors: kUsage for an unknown key or a wrong type.
  static Result<ScriptOptions> from_json(const json::Value& options);
};

/// Engine's thread only.
class ScriptRun {
 public:
  /// Compiles and starts; the script runs in the engine's ticks. `name` is its path: require() looks beside it.
  /// Errors: kLuaSyntax.
  static Result<std::unique_ptr<ScriptRun>> start(Engine& engine, const std::string& name, const std::string& source,
                                                  ScriptOptions options);
  /// Compiles only.
  static Status check_syntax(const std::string& name, const std::string& source);
  /// REQUIRES: done()
  ~ScriptRun();

  bool done() const { return done_; }
  /// After done().
  const Status& status() const { return status_; }
  /// What the runs of the script are doing, and the reports of those that have ended: {pipelines: […], reports: […]}.
  json::Value snapshot();
  /// Ends soon with kCancelled.
  void cancel();

  // For the wraps
  Engine& engine() { return engine_; }
  /// The engine's, with what this script sets and adds: other scripts do not see that.
  Config& config() { return config_; }
  const ScriptOptions& options() const { return options_; }
  std::shared_ptr<Vm> vm() { return vm_; }
  void print(std::string_view text);
  void add_pipeline(std::shared_ptr<PipelineRun> run) { pipelines_.push_back(std::move(run)); }
  void add_report(RunReport report) { reports_.push_back(std::move(report)); }
  void remove_pipeline(const PipelineRun& run);

 private:
  ScriptRun(Engine& engine, const std::string& name, ScriptOptions options)
      : engine_(engine), config_(engine.config().branch(name)), options_(std::move(options)) {}
  void pump();
  void wake();
  void finish(Status status);

  Engine& engine_;
  Config config_;
  const ScriptOptions options_;
  std::shared_ptr<Vm> vm_;
  std::unique_ptr<Task> main_;
  std::vector<std::shared_ptr<PipelineRun>> pipelines_;
  std::vector<RunReport> reports_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool pump_posted_ = false;
  bool cancelled_ = false;
  bool done_ = false;
  Status status_;
};

}  // namespace lode::lua
