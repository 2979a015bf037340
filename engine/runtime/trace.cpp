// Trace: what a run did and when, step by step.
#include "runtime/trace.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ids.h"
#include "base/time.h"
#include "http/redact.h"
#include "json/parse.h"
#include "json/write.h"

namespace lode {
namespace {

constexpr int kTraceVersion = 1;
constexpr std::string_view kEnding = ".json";

json::Value failed_job(const RunFailure& failure) {
  if (failure.job.table.empty()) return {};
  return json::Value::object({{"load_id", failure.load_id},
                              {"table", failure.job.table},
                              {"file", failure.job.file_name},
                              {"rows", static_cast<std::int64_t>(failure.job.rows)}});
}

json::Value error_json(const Status& status) {
  if (status.ok()) return {};
  // What a script or a server says may repeat what it was given.
  Result<json::Value> error = json::parse_value(redact(status.render_json(), {}));
  if (!error.ok()) error = json::parse_value(status.render_json());
  json::Value out = error.ok() ? std::move(*error) : json::Value::object({{"code", code_name(status.code())}});
  out.set("text", redact(status.render(), {}));
  return out;
}

}  // namespace

void TraceClock::step(std::string_view name) {
  if (is_open_ && steps_.back().name == name) return;
  end();
  step_us_ = env_.steady_us();
  steps_.push_back({std::string(name), env_.now_us(), 0, false});
  is_open_ = true;
}

void TraceClock::add_inner(std::string_view name, std::int64_t time_us) {
  if (time_us == 0) return;
  RunReport::Step step{std::string(name), 0, static_cast<double>(time_us) / 1e6, true};
  steps_.insert(is_open_ ? steps_.end() - 1 : steps_.end(), std::move(step));
}

void TraceClock::end() {
  if (is_open_) steps_.back().seconds = static_cast<double>(env_.steady_us() - step_us_) / 1e6;
  is_open_ = false;
}

double TraceClock::seconds() const { return static_cast<double>(env_.steady_us() - started_us_) / 1e6; }

json::Value trace_json(const RunReport& report, const RunFailure& failure) {
  json::Value trace = json::Value::object({{"trace_version", kTraceVersion},
                                           {"trace_id", random_hex(16)},
                                           {"ok", failure.status.ok()},
                                           {"started_at", iso_timestamp_z(report.started_at_us)}});
  json::Value facts = report.to_json();
  facts.erase("checked_only");
  facts.erase("preview_only");
  for (auto& [name, value] : facts.members()) trace.set(name, std::move(value));
  if (!failure.load_id.empty() && !failure.status.ok()) trace.set("load_id", failure.load_id);
  trace.set("error", error_json(failure.status));
  trace.set("failed_job", failed_job(failure));
  return trace;
}

Status save_trace(Env& env, const Path& folder, const json::Value& trace, std::int64_t started_at_us) {
  LODE_TRY(env.make_folders(folder));
  // No run waits for the disk because of its trace, and nobody has this file open: what a crash leaves of it is not
  // read.
  const Path file = folder / fmt::format("{:016}{}", started_at_us, kEnding);
  LODE_ASSIGN(const std::unique_ptr<AppendFile> out, env.create_file(file));
  LODE_TRY(out->append(json::write(trace, {.indent = 2}) + "\n"));
  LODE_TRY(out->close());
  LODE_ASSIGN(const std::vector<FolderEntry> entries, env.list_folder(folder));
  for (std::size_t i = 0; i + kTracesKept < entries.size(); ++i) {
    if (entries[i].name.ends_with(kEnding)) LODE_TRY(env.remove_file(folder / entries[i].name));
  }
  return {};
}

Result<std::vector<json::Value>> read_traces(Env& env, const Path& folder, std::size_t limit) {
  LODE_ASSIGN(const std::vector<FolderEntry> entries, env.list_folder(folder));
  std::vector<json::Value> traces;
  for (auto entry = entries.rbegin(); entry != entries.rend() && traces.size() < limit; ++entry) {
    if (entry->is_folder || !entry->name.ends_with(kEnding)) continue;
    const Result<std::string> text = env.read_file(folder / entry->name);
    if (!text.ok()) continue;  // a run deleted it just now
    Result<json::Value> trace = json::parse_value(*text);
    if (trace.ok() && trace->is_object()) traces.push_back(std::move(*trace));
  }
  return traces;
}

}  // namespace lode
