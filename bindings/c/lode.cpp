// The C ABI: handles around the engine and its runs. Nothing is decided here.
#include "c/lode.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "json/parse.h"
#include "json/write.h"
#include "lua/script_run.h"
#include "runtime/engine.h"

struct lode_error {
  lode::Status status;
  std::string text;
  std::string json;
};

struct lode_run {
  lode_engine* engine = nullptr;
  std::unique_ptr<lode::lua::ScriptRun> script;
  std::unique_ptr<lode_error> error;
  std::string status_json;
};

struct lode_engine {
  lode_options options{};
  std::unique_ptr<lode::Engine> engine;
  std::map<std::string, std::string> sources;
  std::vector<std::unique_ptr<lode_run>> runs;
};

namespace {

constexpr std::size_t kAnswerBytesMax = 16384;  // a person pastes a token

std::unique_ptr<lode_error> make_error(lode::Status status) {
  auto error = std::make_unique<lode_error>();
  error->text = status.render();
  error->json = status.render_json();
  error->status = std::move(status);
  return error;
}

void give_error(lode_error** error, lode::Status status) {
  if (error != nullptr) *error = make_error(std::move(status)).release();
}

lode::EngineOptions engine_options(const lode_options& options) {
  lode::EngineOptions out;
  if (options.work_folder != nullptr) out.home_folder = options.work_folder;
  if (options.project_folder != nullptr) out.project_folder = options.project_folder;
  out.workers = options.workers;
  if (options.record_folder != nullptr) out.record_folder = options.record_folder;
  if (options.replay_folder != nullptr) out.replay_folder = options.replay_folder;
  if (options.find_config != nullptr) {
    out.find_config = [find = options.find_config,
                       host = options.host](std::string_view key) -> std::optional<lode::json::Value> {
      const char* value = find(host, std::string(key).c_str());
      return value != nullptr ? std::optional<lode::json::Value>(value) : std::nullopt;
    };
  }
  if (options.ask != nullptr) {
    out.ask = [ask = options.ask, host = options.host](const std::string& question,
                                                       bool is_hidden) -> std::optional<lode::Secret> {
      std::string answer(kAnswerBytesMax, '\0');
      const int size = ask(host, question.c_str(), is_hidden ? 1 : 0, answer.data(), answer.size());
      std::optional<lode::Secret> given;
      if (size >= 0 && static_cast<std::size_t>(size) <= answer.size()) {
        given = lode::Secret(answer.substr(0, static_cast<std::size_t>(size)));
      }
      lode::wipe(answer);
      return given;
    };
  }
  if (options.open_url != nullptr) {
    out.open_url = [open = options.open_url, host = options.host](const std::string& url) {
      return open(host, url.c_str()) == 0;
    };
  }
  if (options.on_log != nullptr) {
    out.log = lode::Log([write = options.on_log, host = options.host](lode::LogLevel level, std::string_view line) {
      write(host, static_cast<int>(level), std::string(line).c_str());
    });
  }
  return out;
}

// A run that ends does so by ticks: of its own making when nobody else ticks.
void finish_run(lode_run& run) {
  if (run.script->done()) return;
  run.script->cancel();
  while (!run.script->done()) {
    run.engine->engine->loop().run_ready(0);
    if (!run.script->done()) run.engine->engine->loop().wait(100'000);
  }
}

}  // namespace

extern "C" {

void lode_options_init(lode_options* options) {
  *options = lode_options{};
  options->size_bytes = sizeof *options;
}

const char* lode_version(void) { return LODE_VERSION; }

lode_engine* lode_open(const lode_options* options, lode_error** error) {
  auto handle = std::make_unique<lode_engine>();
  lode_options_init(&handle->options);
  if (options != nullptr) {
    std::copy_n(reinterpret_cast<const char*>(options), std::min(options->size_bytes, sizeof handle->options),
                reinterpret_cast<char*>(&handle->options));
  }
  lode::Result<std::unique_ptr<lode::Engine>> engine = lode::Engine::open(engine_options(handle->options));
  if (!engine.ok()) {
    give_error(error, std::move(engine).status());
    return nullptr;
  }
  handle->engine = std::move(*engine);
  return handle.release();
}

int lode_load(lode_engine* engine, const char* name, const char* source, lode_error** error) {
  lode::Status status = lode::lua::ScriptRun::check_syntax(name, source);
  if (!status.ok()) {
    give_error(error, std::move(status));
    return -1;
  }
  engine->sources[name] = source;
  return 0;
}

lode_run* lode_start(lode_engine* engine, const char* name, const char* options_json, lode_error** error) {
  using lode::lua::ScriptOptions;
  using lode::lua::ScriptRun;
  const auto start = [&]() -> lode::Result<std::unique_ptr<ScriptRun>> {
    const auto source = engine->sources.find(name);
    if (source == engine->sources.end()) {
      return lode::Status::error(lode::Code::kScriptMissing, "no script '" + std::string(name) + "' was loaded");
    }
    lode::json::Value value;
    if (options_json != nullptr) {
      LODE_ASSIGN(value, lode::json::parse_value(options_json));
    }
    LODE_ASSIGN(ScriptOptions options, ScriptOptions::from_json(value));
    options.lua_bytes_max = engine->options.lua_bytes_max;
    if (engine->options.on_print != nullptr) {
      options.on_print = [print = engine->options.on_print, host = engine->options.host](std::string_view text) {
        print(host, std::string(text).c_str());
      };
    }
    return ScriptRun::start(*engine->engine, name, source->second, std::move(options));
  };
  lode::Result<std::unique_ptr<ScriptRun>> script = start();
  if (!script.ok()) {
    give_error(error, std::move(script).status());
    return nullptr;
  }
  auto run = std::make_unique<lode_run>();
  run->engine = engine;
  run->script = std::move(*script);
  engine->runs.push_back(std::move(run));
  return engine->runs.back().get();
}

int lode_tick(lode_engine* engine, uint32_t budget_us) {
  lode::Engine& inner = *engine->engine;
  inner.loop().run_ready(budget_us == 0 ? 0 : inner.env().steady_us() + budget_us);
  return static_cast<int>(
      std::count_if(engine->runs.begin(), engine->runs.end(), [](const auto& run) { return !run->script->done(); }));
}

int lode_wake_fd(const lode_engine* engine) { return engine->engine->loop().wake_fd(); }

int lode_run_done(const lode_run* run, const lode_error** error) {
  if (!run->script->done()) return 0;
  if (run->script->status().ok()) return 1;
  if (!run->error) const_cast<lode_run*>(run)->error = make_error(run->script->status());
  if (error != nullptr) *error = run->error.get();
  return -1;
}

const char* lode_run_status(lode_run* run) {
  run->status_json = lode::json::write(run->script->snapshot());
  return run->status_json.c_str();
}

void lode_run_cancel(lode_run* run) { run->script->cancel(); }

void lode_run_free(lode_run* run) {
  if (run == nullptr) return;
  finish_run(*run);
  std::erase_if(run->engine->runs, [run](const auto& other) { return other.get() == run; });
}

void lode_close(lode_engine* engine) {
  if (engine == nullptr) return;
  for (const auto& run : engine->runs) finish_run(*run);
  engine->runs.clear();
  delete engine;
}

const char* lode_error_code(const lode_error* error) { return lode::code_name(error->status.code()).data(); }
const char* lode_error_text(const lode_error* error) { return error->text.c_str(); }
const char* lode_error_json(const lode_error* error) { return error->json.c_str(); }
void lode_error_free(lode_error* error) { delete error; }

}  // extern "C"
