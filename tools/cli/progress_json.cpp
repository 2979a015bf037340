// Progress for programs: one JSON object a line on standard error, each with "event". docs/cli.md lists them.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "progress.h"
#include "text.h"

namespace lode::cli {
namespace {

constexpr double kEvery_s = 1;

class JsonProgress : public Progress {
 public:
  explicit JsonProgress(Console& console) : Progress(console) {}
  std::chrono::milliseconds interval() const override { return std::chrono::milliseconds(200); }

  void update(const RunView& view) override {
    book_.note(view, seconds());
    write_ended();
    if (seconds() - last_s_ < kEvery_s) return;
    last_s_ = seconds();
    write_running();
  }

  void end(const RunView& view, bool failed) override {
    book_.note(view, seconds());
    write_ended();
    if (failed) write_running();
  }

  void log(int level, std::string_view line) override {
    write(event("log").text("level", level_name(level)).text("text", printable(line)));
  }
  void notice(std::string_view text) override { log(LODE_LOG_WARNING, text); }
  void summary(std::string_view text) override { write(event("summary").text("text", text)); }
  void failure(const Failure& failure) override { write(event("error").raw("error", failure.json)); }
  void close(int exit_code) override {
    write(event("end")
              .boolean("ok", exit_code == kExitOk)
              .number("exit_code", static_cast<std::uint64_t>(exit_code))
              .decimal("seconds", seconds()));
  }

 private:
  static JsonObject event(std::string_view name) {
    JsonObject object;
    object.text("event", name).text("time", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))));
    return object;
  }

  static JsonObject& add(JsonObject& out, const ResourceProgress& resource) {
    const ResourceView& now = resource.now;
    return out.number("rows", now.rows)
        .number("bytes", now.bytes)
        .number("requests", now.requests)
        .number("retries", now.retries)
        .decimal("rows_per_s", resource.rows_per_s)
        .decimal("seconds", resource.seconds)
        .boolean("done", now.done);
  }

  void write_ended() {
    for (const ResourceProgress& resource : book_.take_ended()) {
      JsonObject object = event("resource");
      object.text("pipeline", resource.pipeline).text("resource", resource.now.name);
      write(add(object, resource));
    }
  }

  void write_running() {
    for (const PipelineProgress& pipeline : book_.pipelines()) {
      std::vector<std::string> resources;
      for (const ResourceProgress& resource : pipeline.resources) {
        JsonObject object;
        object.text("resource", resource.now.name);
        resources.push_back(add(object, resource).str());
      }
      write(event("progress")
                .text("pipeline", pipeline.name)
                .text("step", pipeline.step)
                .decimal("seconds", pipeline.seconds)
                .number("rows_loaded", pipeline.rows_loaded)
                .raw("resources", json_list(resources)));
    }
  }

  void write(const JsonObject& object) { console_.line(object.str()); }

  ProgressBook book_;
  double last_s_ = 0;
};

}  // namespace

std::unique_ptr<Progress> make_json_progress(Console& console) { return std::make_unique<JsonProgress>(console); }

}  // namespace lode::cli
