// The run: what it tells of itself: report, trace, metrics, and what is noted at a package that could not be loaded.
#include <fmt/format.h>

#include "base/text.h"
#include "json/parse.h"
#include "json/write.h"
#include "runtime/metrics.h"
#include "runtime/pipeline_run.h"

namespace lode {
namespace {

constexpr std::string_view kTraceTable = "_lode_trace";

bool is_trace_table(std::string_view name) { return name.starts_with(kTraceTable); }

void add_all(std::vector<std::string>& to, const std::vector<std::string>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

void PipelineRun::warn(std::string text) {
  engine_.log().write(LogLevel::kWarning, text);
  report_.warnings.push_back(std::move(text));
}

// Bytes and files of a table in the package, and how long they took.
void PipelineRun::describe_files(RunReport::TableRow& row) const {
  if (!package_) return;
  for (const Job& job : package_->jobs()) {
    if (job.table != row.table) continue;
    ++row.files;
    row.bytes += job.bytes;
  }
  const auto loaded = loader_->tables_loaded().find(row.table);
  if (loaded != loader_->tables_loaded().end()) row.load_seconds = static_cast<double>(loaded->second.time_us) / 1e6;
}

void PipelineRun::fill_report() {
  has_report_ = true;
  report_.pipeline = spec_.name;
  report_.operation = spec_.operation == Operation::kRetry  ? "retry"
                      : spec_.operation == Operation::kDrop ? "drop"
                                                            : "run";
  report_.dataset = spec_.dataset;
  report_.started_at_us = clock_.started_at_us();
  report_.ended_at_us = engine_.env().now_us();
  report_.seconds = clock_.seconds();
  report_.steps = clock_.steps();
  report_.refresh = refresh_name(spec_.refresh);
  report_.load_attempts = loader_ ? loader_->attempts() : 0;
  for (const auto& progress : progress_) {
    report_.requests += progress->requests;
    report_.retries += progress->retries;
    report_.resources.push_back(
        {progress->name, progress->rows, progress->bytes, progress->pages, progress->requests, progress->retries});
  }
  const std::map<std::string, std::uint64_t> counts = row_counts();
  if (normalizer_) add_all(report_.warnings, normalizer_->warnings());
  if (loader_) add_all(report_.warnings, loader_->warnings());
  if (counts.empty()) return;
  report_.cleanup = cleanup_;
  if (package_) report_.load_id = package_->load_id();
  report_.schema = std::make_shared<const Schema>(*schema_);
  const std::vector<SchemaChange::TableChange>& changes = normalizer_->changes().tables;
  for (const Table* table : schema_->data_tables()) {
    const auto rows = counts.find(table->name());
    if (rows == counts.end() || is_trace_table(table->name())) continue;
    RunReport::TableRow row;
    row.table = table->name();
    row.rows = rows->second;
    describe_files(row);
    row.disposition = disposition_name(schema_->disposition(*table));
    row.is_new = tables_before_.count(table->name()) == 0;
    for (const SchemaChange::TableChange& change : changes) {
      if (change.table == table->name() && !row.is_new) row.columns_added = change.columns;
    }
    report_.tables.push_back(std::move(row));
  }
}

// Why a package waits is kept beside it, so that it can be asked for later.
Status PipelineRun::note_failure(Status status, const Path& package) {
  failed_load_id_ = package.filename().string();
  // The loader does not know whose package it is.
  if (const std::string hint = status.hint_text(); hint.find("pipeline NAME") != std::string::npos) {
    status.hint(replace_all(hint, "NAME", spec_.name));
  }
  Env& env = engine_.env();
  if (status.code() == Code::kCancelled || !env.exists(package)) return status;
  PackageFailure failure = read_failure(env, package).value_or(PackageFailure());
  failure.at_us = env.now_us();
  failure.attempts += std::max(loader_->attempts(), 1u);
  failure.is_final = !status.retryable();
  failure.table = loader_->failed_job().table;
  failure.file = loader_->failed_job().file_name;
  failure.rows = loader_->failed_job().rows;
  failure.error = status;
  const Status written = write_failure(env, package, failure);
  if (!written.ok()) warn("what went wrong could not be noted at the package: " + written.first_line());
  return status;
}

void PipelineRun::conclude() {
  // Without the lock it was another run that did something.
  if (spec_.preview || !lock_ || spec_.operation == Operation::kPlanDrop || spec_.operation == Operation::kSync) return;
  clock_.end();
  if (!has_report_) fill_report();
  report_.steps = clock_.steps();
  report_.ended_at_us = engine_.env().now_us();
  RunFailure failure{status_, loader_ ? loader_->failed_job() : Job(), failed_load_id_};
  if (failure.load_id.empty() && package_) failure.load_id = package_->load_id();
  const Status saved =
      save_trace(engine_.env(), folder_.traces_folder(), trace_json(report_, failure), clock_.started_at_us());
  if (!saved.ok()) engine_.log().warning("the trace could not be saved: " + saved.first_line());
  const Status written = write_metrics();
  if (!written.ok()) engine_.log().warning("the metrics could not be written: " + written.first_line());
}

Status PipelineRun::write_metrics() {
  Path file = spec_.metrics_file;
  if (file.empty()) {
    ConfigQuery query;
    query.key = "metrics_file";
    query.sections = {"runtime"};
    query.pipeline_name = spec_.name;
    LODE_ASSIGN(const std::optional<std::string> configured, config().text(query));
    if (!configured || configured->empty()) return {};
    file = *configured;
  }
  LODE_ASSIGN(const std::vector<FolderEntry> waiting, engine_.env().list_folder(folder_.sealed_folder()));
  return engine_.metrics().write(engine_.env(), file, {report_, status_.ok(), waiting.size()});
}

// What is known before the load: it goes along with the rows, and is there if and only if they are.
Status PipelineRun::add_trace_row() {
  ResourceHints hints;
  hints.name = kTraceTable;
  hints.write_disposition = "append";
  hints.schema_contract = "evolve";
  hints.extra.set("description", "What runs did, by lode");
  LODE_TRY(normalizer_->declare(hints));
  using json::Value;
  const auto number = [](std::uint64_t value) { return Value(static_cast<std::int64_t>(value)); };
  Value tables = Value::list();
  std::uint64_t rows = 0;
  for (const auto& [table, count] : package_->row_counts()) {
    if (is_dlt_name(table)) continue;
    rows += count;
    tables.push_back(
        Value::object({{"table_name", table}, {"rows", number(count)}, {"is_new", tables_before_.count(table) == 0}}));
  }
  Value resources = Value::list();
  std::uint64_t requests = 0;
  for (const auto& progress : progress_) {
    requests += progress->requests;
    resources.push_back(Value::object({{"resource", progress->name},
                                       {"rows", number(progress->rows)},
                                       {"bytes", number(progress->bytes)},
                                       {"pages", number(progress->pages)},
                                       {"requests", number(progress->requests)},
                                       {"retries", number(progress->retries)}}));
  }
  Value steps = Value::list();
  for (const RunReport::Step& step : clock_.steps()) {
    if (step.name != "seal") steps.push_back(Value::object({{"step", step.name}, {"seconds", step.seconds}}));
  }
  Value row = Value::object({{"pipeline", spec_.name},
                             {"started_at", Value::of_number(json::Kind::kTimestamp, clock_.started_at_us())},
                             {"sealed_at", Value::of_number(json::Kind::kTimestamp, engine_.env().now_us())},
                             {"seconds", clock_.seconds()},
                             {"rows", number(rows)},
                             {"requests", number(requests)},
                             {"refresh", refresh_name(spec_.refresh)},
                             {"tables", std::move(tables)},
                             {"resources", std::move(resources)},
                             {"steps", std::move(steps)}});
  return add_row(kTraceTable, row);
}

}  // namespace lode
