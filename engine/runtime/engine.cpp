// Engine: what all pipelines of a host share.
#include "runtime/engine.h"

#include "config/secret.h"
#include "http/recording.h"

namespace lode {
namespace {

constexpr std::uint32_t kWorkersDefault = 16;  // they mostly wait for the network, so more than there are cores

Result<Path> home_folder(Env& env) {
  if (const auto folder = env.variable("LODE_HOME"); folder && !folder->empty()) return Path(*folder);
  if (const auto home = env.home()) return *home / ".lode";
  return Status::error(Code::kConfigMissing, "no folder for pipelines: this user has no writable home")
      .hint("set LODE_HOME to a folder that lode may write to");
}

}  // namespace

Engine::Engine(EngineOptions options, Config config, Env& env)
    : options_(std::move(options)),
      env_(env),
      config_(std::move(config)),
      http_(env),
      transport_(&http_),
      loop_(env),
      gates_(loop_, env_, options_.log),
      workers_(std::make_unique<WorkerPool>(options_.workers == 0 ? kWorkersDefault : options_.workers)) {}

// A worker that waits for a vault must not hold up the end.
Engine::~Engine() { config_.close_vaults(); }

Status Engine::open_recording() {
  if (!options_.record_folder.empty() && !options_.replay_folder.empty()) {
    return Status::error(Code::kInvalidArgument, "a recording cannot be made and replayed at the same time");
  }
  if (!options_.record_folder.empty()) {
    LODE_ASSIGN(recording_, Recorder::open(http_, env_, options_.record_folder, hide_living_secrets));
  } else if (!options_.replay_folder.empty()) {
    LODE_ASSIGN(recording_, Replayer::open(env_, options_.replay_folder, hide_living_secrets));
  }
  if (recording_) transport_ = recording_.get();
  return {};
}

Result<std::unique_ptr<Engine>> Engine::open(EngineOptions options, Env& env) {
  if (options.home_folder.empty()) {
    LODE_ASSIGN(options.home_folder, home_folder(env));
  }
  ConfigOptions config_options;
  config_options.project_folder = options.project_folder;
  config_options.host = options.find_config;
  config_options.ask = options.ask;
  LODE_ASSIGN(Config config, Config::open(env, std::move(config_options)));
  for (const std::string& line : config.warnings()) options.log.warning(line);
  std::unique_ptr<Engine> engine(new Engine(std::move(options), std::move(config), env));
  LODE_TRY(engine->open_recording());
  return engine;
}

}  // namespace lode
