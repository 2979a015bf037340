// Session: one script run by one engine, from loading its text to its end, with progress and Ctrl-C.
#include "session.h"

#include <poll.h>

#include <array>
#include <chrono>
#include <memory>

#include "browser.h"
#include "interrupt.h"
#include "run_options.h"
#include "terminal_input.h"
#include "text.h"

namespace lode::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kTick_us = 20'000;        // short enough for a steady picture
constexpr std::size_t kPrintedKept = 256 * 1024;  // enough to find a printed report again

// What the engine's callbacks reach.
struct Host {
  Console& console;
  Progress& progress;
  bool prints_to_errors;
  bool keeps_output;
  std::string printed;
};

void on_print(void* host_pointer, const char* text) {
  Host& host = *static_cast<Host*>(host_pointer);
  std::string_view view = text;
  if (host.keeps_output) {
    // The command looks at it.
  } else if (host.prints_to_errors) {
    if (view.ends_with('\n')) view.remove_suffix(1);
    host.console.line(view);
  } else {
    host.console.print(view);
  }
  host.printed += text;
  if (!host.keeps_output && host.printed.size() > 2 * kPrintedKept)
    host.printed.erase(0, host.printed.size() - kPrintedKept);
}

// Pass phrases and the like: at the terminal, whatever input and output are.
int on_ask(void* host_pointer, const char* question, int hidden, char* answer, std::size_t size) {
  Console& console = static_cast<Host*>(host_pointer)->console;
  console.flush();
  if (console.can_redraw()) console.erase();
  const std::optional<std::string> line = ask_at_terminal(std::string(question) + ": ", hidden != 0);
  if (!line || line->size() > size || !is_utf8(*line)) return -1;
  line->copy(answer, line->size());
  return static_cast<int>(line->size());
}

int on_open_url(void*, const char* url) { return open_browser(url) ? 0 : -1; }

void on_log(void* host, int level, const char* line) { static_cast<Host*>(host)->progress.log(level, line); }

struct CloseEngine {
  void operator()(lode_engine* engine) const { lode_close(engine); }
};
using EnginePointer = std::unique_ptr<lode_engine, CloseEngine>;

// Sleeps until the engine has something to do, a signal comes or it is time to look at the progress.
void wait(const lode_engine* engine, const Interrupt& interrupt, bool watch_signals,
          std::optional<Clock::time_point> until) {
  std::array<pollfd, 2> watched = {pollfd{lode_wake_fd(engine), POLLIN, 0}, pollfd{interrupt.fd(), POLLIN, 0}};
  int timeout_ms = -1;
  if (until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now());
    timeout_ms = static_cast<int>(std::max<std::chrono::milliseconds::rep>(0, left.count()));
  }
  poll(watched.data(), watch_signals ? 2 : 1, timeout_ms);
}

// Ticks until the run is done. The first signal cancels it.
void drive(lode_engine* engine, lode_run* run, Console& console, Progress& progress) {
  const Interrupt interrupt;
  bool cancelled = false;
  const auto interval = progress.interval();
  Clock::time_point next_look = Clock::now() + interval;
  while (true) {
    lode_tick(engine, kTick_us);
    console.flush();
    if (lode_run_done(run, nullptr) != 0) return;
    if (interrupt.came() && !cancelled) {
      cancelled = true;
      progress.notice("stopping: what is not committed will be undone; the same signal again kills");
      lode_run_cancel(run);
      continue;
    }
    if (interval.count() > 0 && Clock::now() >= next_look) {
      progress.update(read_status(lode_run_status(run)));
      next_look = Clock::now() + interval;
    }
    wait(engine, interrupt, !cancelled, interval.count() > 0 ? std::optional(next_look) : std::nullopt);
  }
}

}  // namespace

Outcome run_script(const Script& script, const std::string& options_json, const Options& options, Console& console,
                   Progress& progress) {
  Host host{console, progress, options.json, options.keeps_output, {}};
  lode_options engine_options;
  lode_options_init(&engine_options);
  engine_options.host = &host;
  engine_options.on_print = on_print;
  engine_options.on_log = on_log;
  engine_options.ask = on_ask;
  engine_options.open_url = on_open_url;
  if (!options.record_folder.empty()) engine_options.record_folder = options.record_folder.c_str();
  if (!options.replay_folder.empty()) engine_options.replay_folder = options.replay_folder.c_str();

  Outcome outcome;
  lode_error* error = nullptr;
  const EnginePointer engine(lode_open(&engine_options, &error));
  if (!engine || lode_load(engine.get(), script.name.c_str(), script.source.c_str(), &error) != 0) {
    outcome.failure = take_and_free(error);
    return outcome;
  }
  lode_run* run = lode_start(engine.get(), script.name.c_str(), options_json.c_str(), &error);
  if (run == nullptr) {
    outcome.failure = take_and_free(error);
    return outcome;
  }
  drive(engine.get(), run, console, progress);
  const lode_error* run_error = nullptr;
  if (lode_run_done(run, &run_error) < 0) outcome.failure = take_failure(run_error);
  outcome.view = read_status(lode_run_status(run));
  progress.end(outcome.view, outcome.failure.has_value());
  outcome.printed = std::move(host.printed);
  lode_run_free(run);
  return outcome;
}

Outcome run_named_script(const Options& options, Console& console, Progress& progress) {
  Failure failure;
  const std::optional<Script> script = read_script(options.script, failure);
  if (script) return run_script(*script, run_options_json(options, args_json(options)), options, console, progress);
  Outcome outcome;
  outcome.failure = failure;
  return outcome;
}

}  // namespace lode::cli
