// Progress: what a run shows of itself on standard error while it lasts.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "console.h"
#include "failure.h"
#include "options.h"
#include "progress_book.h"
#include "status_view.h"

namespace lode::cli {

/// One way of showing. update() and the calls after it come from one thread; log() from any.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;
  virtual ~Progress() = default;
  /// How often update() is wanted; 0: never.
  virtual std::chrono::milliseconds interval() const = 0;
  virtual void update(const RunView& view) = 0;
  /// Once, after the last update. `failed`: what has been reached is worth keeping in sight.
  virtual void end(const RunView& view, bool failed) = 0;

  // What else goes to standard error. `level` is one of lode.h's LODE_LOG_…
  virtual void log(int level, std::string_view line);
  /// A word of the program's own: "cancelling".
  virtual void notice(std::string_view text);
  /// What was loaded, from a report.
  virtual void summary(std::string_view text);
  virtual void failure(const Failure& failure);
  /// The last call.
  virtual void close(int /*exit_code*/) {}

 protected:
  explicit Progress(Console& console) : console_(console), start_(Clock::now()) {}
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  Console& console_;

 private:
  const Clock::time_point start_;
};

/// `mode` as the user chose it; a terminal that cannot redraw gets log lines. `errors_as_json`: failures in JSON.
std::unique_ptr<Progress> make_progress(ProgressMode mode, bool errors_as_json, Console& console);

// The ways of showing; make_progress chooses.
std::unique_ptr<Progress> make_tty_progress(Console& console);
std::unique_ptr<Progress> make_log_progress(Console& console);
std::unique_ptr<Progress> make_json_progress(Console& console);

/// What the engine calls a step, as people say it: "extract" -> "extracting".
std::string_view show_step(std::string_view step);
/// "info", "warning", …
std::string_view level_name(int level);

}  // namespace lode::cli
