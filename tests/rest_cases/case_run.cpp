// Runs one case: the real engine and the real HTTP client against the case's server, with a clock that stands still
// until something waits.
#include "rest_cases/case_run.h"

#include <poll.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <mutex>

#include "base/text.h"
#include "json/parse.h"
#include "json/write.h"
#include "lua/script_run.h"
#include "runtime/engine.h"
#include "support/scratch.h"
#include "support/test_env.h"

namespace lode {
namespace {

constexpr int kQuietMs = 5;               // nothing happens: whoever waits, waits for the clock
constexpr int kQuietRoundsForSleep = 40;  // of a script's own sleep, which no log line announces
constexpr int kQuietRoundsMax = 4000;     // 20 s

// A clock that is moved by hand. Waits take no time, and their lengths are exact.
class SteppingEnv final : public TestEnv {
 public:
  void advance(double seconds) { offset_us_ += static_cast<std::int64_t>(std::llround(seconds * 1e6)); }
  std::int64_t steady_us() override { return start_steady_us_ + offset_us_; }
  std::int64_t now_us() override { return start_us_ + offset_us_; }

 private:
  const std::int64_t start_steady_us_ = Env::real().steady_us();
  const std::int64_t start_us_ = Env::real().now_us();
  std::atomic<std::int64_t> offset_us_{0};
};

// Waits that the engine has announced in its log ("trying again in 1.5 s") and not yet got.
class AnnouncedWaits {
 public:
  void read(std::string_view line) {
    constexpr std::string_view kWords = "; trying again in ";
    const std::size_t at = line.rfind(kWords);
    if (at == std::string_view::npos) return;
    const std::lock_guard lock(mutex_);
    waits_s_.push_back(std::strtod(std::string(line.substr(at + kWords.size())).c_str(), nullptr));
  }
  /// False if nobody waits.
  bool take(double& seconds) {
    const std::lock_guard lock(mutex_);
    if (waits_s_.empty()) return false;
    seconds = waits_s_.front();
    waits_s_.pop_front();
    return true;
  }

 private:
  std::mutex mutex_;
  std::deque<double> waits_s_;
};

// Ticks until the script is done. False: nothing happened for too long.
bool finish(Engine& engine, lua::ScriptRun& script, SteppingEnv& env, AnnouncedWaits& waits, CaseOutcome& outcome) {
  int quiet_rounds = 0;
  while (!script.done()) {
    engine.loop().run_ready(0);
    if (script.done()) break;
    pollfd wake{engine.loop().wake_fd(), POLLIN, 0};
    if (poll(&wake, 1, kQuietMs) > 0) {
      quiet_rounds = 0;
      continue;
    }
    double seconds = 0;
    if (waits.take(seconds)) {
      outcome.retry_waits_s.push_back(seconds);
      env.advance(seconds);
    } else if (++quiet_rounds % kQuietRoundsForSleep == 0) {
      env.advance(1);
    }
    if (quiet_rounds >= kQuietRoundsMax) return false;
  }
  return true;
}

// The parameters of a Lua table have no order, so a script that cares writes them as a list of pairs; and 1.0 is 1 in
// Lua, so it writes "1.0".
json::Value ordered_pairs(const json::Value& object) {
  json::Value pairs = json::Value::list();
  for (const auto& [name, value] : object.members()) {
    const bool is_whole = value.is_double() && std::floor(value.as_double()) == value.as_double();
    pairs.push_back(json::Value::list({name, is_whole ? json::Value(json::write(value)) : value}));
  }
  return pairs;
}

// The configuration as rest_case.lua takes it.
json::Value for_lua(const json::Value& value, std::string_view key) {
  if (value.is_list()) {
    json::Value list = json::Value::list();
    for (const json::Value& item : value.items()) list.push_back(for_lua(item, ""));
    return list;
  }
  if (!value.is_object()) return value;
  json::Value object = json::Value::object();
  for (const auto& [name, member] : value.members()) {
    json::Value item = for_lua(member, name);
    if (name == "$rows") {
      for (json::Value& page : item.items()) page = json::write(page);
    }
    object.set(name, std::move(item));
  }
  const bool is_pairs = (key == "params" || key == "data") && object.find("$fn") == nullptr;
  return is_pairs ? ordered_pairs(object) : object;
}

EngineOptions engine_options(const json::Value& test_case, const Path& folder, AnnouncedWaits& waits) {
  EngineOptions options;
  options.home_folder = folder / "home";
  options.project_folder = folder;
  options.log = Log([&waits](LogLevel, std::string_view line) { waits.read(line); });
  const json::Value* runtime = test_case.find("runtime");
  const json::Value* config = test_case.find("settings");
  options.find_config = [runtime, config](std::string_view key) -> std::optional<json::Value> {
    constexpr std::string_view kSection = "runtime.";
    if (runtime != nullptr && key.starts_with(kSection)) {
      if (const json::Value* value = runtime->find(key.substr(kSection.size()))) return *value;
    }
    if (config != nullptr) {
      if (const json::Value* value = config->find(key)) return *value;
    }
    return std::nullopt;
  };
  return options;
}

void read_result(const std::string& printed, CaseOutcome& outcome) {
  const std::string_view text = trim(printed);
  const Result<json::Value> result = json::parse_value(text.substr(text.rfind('\n') + 1));
  if (!result.ok() || result->find("rows_per_run") == nullptr) {
    outcome.broken = "the script printed: " + shorten(printed, 500);
    return;
  }
  for (const json::Value& run : result->find("rows_per_run")->items()) {
    auto& rows = outcome.rows_per_run.emplace_back();
    for (const auto& [name, pages] : run.members()) {
      std::vector<json::Value>& all = rows[name];
      for (const json::Value& page : pages.items()) all.insert(all.end(), page.items().begin(), page.items().end());
    }
  }
  const json::Value& error = *result->find("error");
  outcome.error_phase = error.text_or("phase", "");
  outcome.error_text = error.text_or("text", "");
}

}  // namespace

CaseOutcome run_case(const json::Value& test_case, CaseServer& server, const std::string& script) {
  CaseOutcome outcome;
  const test::ScratchFolder folder;
  SteppingEnv env;
  AnnouncedWaits waits;
  Result<std::unique_ptr<Engine>> engine = Engine::open(engine_options(test_case, folder.path(), waits), env);
  if (!engine.ok()) {
    outcome.broken = engine.status().render();
    return outcome;
  }
  json::Value sent = test_case;
  if (json::Value* config = sent.find("config")) *config = for_lua(*config, "");
  lua::ScriptOptions options;
  options.args.set("case", json::write(sent));
  options.args.set("folder", folder.path().string());
  std::string printed;
  options.on_print = [&printed](std::string_view text) { printed += text; };
  Result<std::unique_ptr<lua::ScriptRun>> run = lua::ScriptRun::start(**engine, "rest_case.lua", script, options);
  if (!run.ok()) {
    outcome.broken = run.status().render();
    return outcome;
  }
  if (!finish(**engine, **run, env, waits, outcome)) {
    outcome.broken = "nothing happens any more";
    (*run)->cancel();
    while (!(*run)->done()) {
      (*engine)->loop().run_ready(0);
      (*engine)->loop().wait(1000);
    }
  } else if (!(*run)->status().ok()) {
    outcome.broken = (*run)->status().render();
  } else {
    read_result(printed, outcome);
  }
  outcome.requests = server.requests();
  outcome.in_flight_max = server.in_flight_max();
  return outcome;
}

}  // namespace lode
