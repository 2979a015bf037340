// Engine: what all pipelines of a host share: the loop, the workers, connections and configuration.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "config/config.h"
#include "env/env.h"
#include "http/client.h"
#include "runtime/event_loop.h"
#include "runtime/http_gate.h"
#include "runtime/metrics.h"
#include "runtime/worker_pool.h"

namespace lode {

struct EngineOptions {
  Path home_folder;           ///< empty: $LODE_HOME, else ~/.lode; holds pipelines/
  Path project_folder = ".";  ///< where .lode/ or .dlt/ is
  std::uint32_t workers = 0;  ///< threads for blocking work; 0: 16, started on demand
  HostLookup find_config;     ///< asked before all other providers; may be empty
  AskPerson ask;              ///< asks for pass phrases and the like; one call at a time; may be empty
  std::function<bool(const std::string& url)> open_url;  ///< shows a page to a person; false: it cannot; may be empty
  Path record_folder;  ///< exchanges with servers are kept there (http/recording.h); empty: nowhere
  Path replay_folder;  ///< answers come from there instead of the network; empty: from the network
  Log log;
};

/// Engines share nothing. The thread that ticks owns it; loop().post(), workers() and http() may be used from any
/// thread.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> open(EngineOptions options, Env& env = Env::real());
  ~Engine();

  Env& env() { return env_; }
  EventLoop& loop() { return loop_; }
  WorkerPool& workers() { return *workers_; }
  HttpTransport& http() { return *transport_; }
  HttpGates& http_gates() { return gates_; }
  MetricsFiles& metrics() { return metrics_; }
  const Config& config() const { return config_; }
  const Log& log() const { return options_.log; }
  const AskPerson& ask() const { return options_.ask; }
  const std::function<bool(const std::string& url)>& open_url() const { return options_.open_url; }
  /// Where the working folders of pipelines are.
  Path pipelines_folder() const { return options_.home_folder / "pipelines"; }

 private:
  Engine(EngineOptions options, Config config, Env& env);
  Status open_recording();

  EngineOptions options_;
  Env& env_;
  Config config_;
  HttpClient http_;
  std::unique_ptr<HttpTransport> recording_;  // null: none is made or replayed
  HttpTransport* transport_;                  // http_ or recording_
  MetricsFiles metrics_;
  EventLoop loop_;
  HttpGates gates_;
  std::unique_ptr<WorkerPool> workers_;  // last: its threads use all of the above
};

}  // namespace lode
