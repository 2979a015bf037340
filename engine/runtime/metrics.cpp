// Metrics: the last run of each pipeline as a Prometheus text file.
#include "runtime/metrics.h"

#include <fmt/format.h>

#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace lode {
namespace {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out + '"';
}

// One metric: its head once, then its samples.
class Family {
 public:
  Family(std::string& out, std::string_view name, std::string_view help) : out_(out), name_(name), help_(help) {}
  void sample(Labels labels, double value) { line(labels, fmt::format("{}", value)); }
  void sample(Labels labels, std::uint64_t value) { line(labels, fmt::format("{}", value)); }

 private:
  void line(Labels labels, const std::string& value) {
    if (!has_head_) out_ += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name_, help_);
    has_head_ = true;
    out_ += name_;
    char separator = '{';
    for (const auto& [label, text] : labels) {
      out_ += fmt::format("{}{}={}", std::exchange(separator, ','), label, quoted(text));
    }
    out_ += fmt::format("}} {}\n", value);
  }

  std::string& out_;
  const std::string name_;
  const std::string_view help_;
  bool has_head_ = false;
};

using Runs = std::map<std::string, RunMetrics>;

void render_runs(const Runs& runs, std::string& out) {
  const auto of_run = [&](std::string_view name, std::string_view help,
                          const std::function<double(const RunMetrics&)>& value) {
    Family family(out, name, help);
    for (const auto& [pipeline, run] : runs) {
      family.sample({{"pipeline", pipeline}, {"dataset", run.report.dataset}}, value(run));
    }
  };
  of_run("lode_run_ok", "1 if the last run succeeded, else 0",
         [](const RunMetrics& run) { return run.ok ? 1.0 : 0.0; });
  of_run("lode_run_start_time_seconds", "When the last run began, in seconds since 1970",
         [](const RunMetrics& run) { return static_cast<double>(run.report.started_at_us) / 1e6; });
  of_run("lode_run_end_time_seconds", "When the last run ended, in seconds since 1970",
         [](const RunMetrics& run) { return static_cast<double>(run.report.ended_at_us) / 1e6; });
  of_run("lode_run_duration_seconds", "How long the last run took",
         [](const RunMetrics& run) { return run.report.seconds; });
  of_run("lode_run_requests", "HTTP requests of the last run",
         [](const RunMetrics& run) { return static_cast<double>(run.report.requests); });
  of_run("lode_run_retries", "HTTP requests of the last run that were made again",
         [](const RunMetrics& run) { return static_cast<double>(run.report.retries); });
  of_run("lode_packages_waiting", "Packages that wait to be loaded",
         [](const RunMetrics& run) { return static_cast<double>(run.packages_waiting); });
  Family steps(out, "lode_step_duration_seconds", "How long each step of the last run took");
  for (const auto& [pipeline, run] : runs) {
    for (const RunReport::Step& step : run.report.steps) {
      steps.sample({{"pipeline", pipeline}, {"step", step.name}}, step.seconds);
    }
  }
}

void render_resources(const Runs& runs, std::string& out) {
  const auto of_resource = [&](std::string_view name, std::string_view help,
                               std::uint64_t RunReport::ResourceRow::*value) {
    Family family(out, name, help);
    for (const auto& [pipeline, run] : runs) {
      for (const RunReport::ResourceRow& row : run.report.resources) {
        family.sample({{"pipeline", pipeline}, {"resource", row.name}}, row.*value);
      }
    }
  };
  of_resource("lode_resource_rows", "Rows that a resource gave in the last run", &RunReport::ResourceRow::rows);
  of_resource("lode_resource_bytes", "Bytes that a resource read in the last run", &RunReport::ResourceRow::bytes);
  of_resource("lode_resource_pages", "Pages of a resource in the last run", &RunReport::ResourceRow::pages);
  of_resource("lode_resource_requests", "HTTP requests of a resource in the last run",
              &RunReport::ResourceRow::requests);
}

void render_tables(const Runs& runs, std::string& out) {
  const auto of_table = [&](std::string_view name, std::string_view help,
                            const std::function<std::uint64_t(const RunReport::TableRow&)>& value) {
    Family family(out, name, help);
    for (const auto& [pipeline, run] : runs) {
      for (const RunReport::TableRow& row : run.report.tables) {
        family.sample({{"pipeline", pipeline}, {"dataset", run.report.dataset}, {"table", row.table}}, value(row));
      }
    }
  };
  using Row = RunReport::TableRow;
  of_table("lode_table_rows", "Rows of the last run for a table", [](const Row& row) { return row.rows; });
  of_table("lode_table_bytes", "Bytes of the last run's job files of a table",
           [](const Row& row) { return row.bytes; });
  of_table("lode_table_files", "Job files of the last run for a table", [](const Row& row) { return row.files; });
  of_table("lode_table_columns_added", "Columns that the last run added to a table",
           [](const Row& row) { return row.columns_added.size(); });
}

}  // namespace

std::string render_metrics(const std::map<std::string, RunMetrics>& runs) {
  std::string out;
  render_runs(runs, out);
  render_resources(runs, out);
  render_tables(runs, out);
  return out;
}

Status MetricsFiles::write(Env& env, const Path& file, RunMetrics metrics) {
  const std::lock_guard lock(mutex_);
  auto& runs = runs_[file];
  const std::string pipeline = metrics.report.pipeline;
  runs.insert_or_assign(pipeline, std::move(metrics));
  return env.write_file(file, render_metrics(runs));
}

}  // namespace lode
