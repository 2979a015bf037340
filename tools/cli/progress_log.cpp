// Progress as log lines: one for each resource every few seconds, and one when it is done.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "progress.h"
#include "text.h"

namespace lode::cli {
namespace {

constexpr double kEvery_s = 5;

class LogProgress : public Progress {
 public:
  explicit LogProgress(Console& console) : Progress(console) {}
  std::chrono::milliseconds interval() const override { return std::chrono::milliseconds(250); }

  void update(const RunView& view) override {
    book_.note(view, seconds());
    for (const ResourceProgress& resource : book_.take_ended()) write(resource);
    if (seconds() - last_s_ < kEvery_s) return;
    last_s_ = seconds();
    for (const PipelineProgress& pipeline : book_.pipelines()) write_running(pipeline);
  }

  void end(const RunView& view, bool failed) override {
    book_.note(view, seconds());
    for (const ResourceProgress& resource : book_.take_ended()) write(resource);
    if (!failed) return;
    for (const PipelineProgress& pipeline : book_.pipelines()) write_running(pipeline);
  }

 private:
  void write_running(const PipelineProgress& pipeline) {
    bool any = false;
    for (const ResourceProgress& resource : pipeline.resources) {
      if (resource.now.done) continue;
      write(resource);
      any = true;
    }
    if (!any) stamp(fmt::format("{}: {}", pipeline.name, show_step(pipeline.step)));
  }

  void write(const ResourceProgress& resource) {
    const ResourceView& now = resource.now;
    std::string line = fmt::format("{}: {}: {}", resource.pipeline, now.name, count_of(now.rows, "row"));
    if (now.bytes > 0) line += fmt::format(", {}", show_bytes(now.bytes));
    if (now.requests > 0) line += fmt::format(", {}", count_of(now.requests, "request"));
    if (now.retries > 0) line += fmt::format(", {}", count_of(now.retries, "retry"));
    if (now.done) {
      line += fmt::format(", done in {}", show_seconds(resource.seconds));
    } else if (resource.rows_per_s >= 1) {
      line += fmt::format(", {} rows/s", group_digits(static_cast<std::uint64_t>(resource.rows_per_s)));
    } else if (resource.bytes_per_s >= 1) {
      line += fmt::format(", {}/s", show_bytes(static_cast<std::uint64_t>(resource.bytes_per_s)));
    }
    stamp(line);
  }

  void stamp(std::string_view line) {
    console_.line(fmt::format("{:%Y-%m-%dT%H:%M:%SZ} {}", fmt::gmtime(std::time(nullptr)), printable(line)));
  }

  ProgressBook book_;
  double last_s_ = 0;
};

}  // namespace

std::unique_ptr<Progress> make_log_progress(Console& console) { return std::make_unique<LogProgress>(console); }

}  // namespace lode::cli
