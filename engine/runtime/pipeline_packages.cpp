// Packages of a pipeline that wait on this machine.
#include "runtime/pipeline_packages.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "base/time.h"
#include "package/load_package.h"

namespace lode {
namespace {

using json::Value;

Value number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Value text_list(const std::vector<std::string>& texts) {
  Value list = Value::list();
  for (const std::string& text : texts) list.push_back(text);
  return list;
}

Value describe_failure(Env& env, const Path& folder) {
  const std::optional<PackageFailure> failure = read_failure(env, folder);
  if (!failure) return {};
  const auto or_null = [](const std::string& text) { return text.empty() ? Value() : Value(text); };
  return Value::object({{"at", iso_timestamp_z(failure->at_us)},
                        {"attempts", static_cast<std::int64_t>(failure->attempts)},
                        {"final", failure->is_final},
                        {"table", or_null(failure->table)},
                        {"file", or_null(failure->file)},
                        {"rows", failure->table.empty() ? Value() : number(failure->rows)},
                        {"error", failure->facts}});
}

Value describe(Env& env, const Path& folder) {
  const Result<LoadPackage> package = LoadPackage::open(env, folder);
  if (!package.ok()) {
    return Value::object({{"load_id", folder.filename().string()},
                          {"error", package.status().first_line()},
                          {"failure", describe_failure(env, folder)}});
  }
  struct Sum {
    std::uint64_t rows = 0, files = 0, bytes = 0;
  };
  std::map<std::string, Sum> sums;
  Sum total;
  Value jobs = Value::list();
  for (const Job& job : package->jobs()) {
    for (Sum* sum : {&sums[job.table], &total}) {
      if (sum != &total || !is_dlt_name(job.table)) sum->rows += job.rows;
      sum->bytes += job.bytes;
      ++sum->files;
    }
    jobs.push_back(Value::object(
        {{"table", job.table}, {"file", job.file_name}, {"rows", number(job.rows)}, {"bytes", number(job.bytes)}}));
  }
  Value tables = Value::list();
  for (const auto& [table, sum] : sums) {
    tables.push_back(Value::object(
        {{"table", table}, {"rows", number(sum.rows)}, {"files", number(sum.files)}, {"bytes", number(sum.bytes)}}));
  }
  return Value::object({{"load_id", package->load_id()},
                        {"created_at", iso_timestamp_z(package->created_at_us())},
                        {"rows", number(total.rows)},
                        {"files", number(total.files)},
                        {"bytes", number(total.bytes)},
                        {"dataset", package->state().document().text_or("dataset_name", "")},
                        {"tables", std::move(tables)},
                        {"jobs", std::move(jobs)},
                        {"cursors", cursors_of(package->state().document())},
                        {"dropped_tables", text_list(package->cleanup().dropped)},
                        {"emptied_tables", text_list(package->cleanup().emptied)},
                        {"failure", describe_failure(env, folder)}});
}

}  // namespace

// LoadPackage::pending() would tidy up as well: that is for the run that holds the lock.
Result<Value> waiting_packages(Env& env, const WorkingFolder& folder) {
  LODE_ASSIGN(const std::vector<FolderEntry> entries, env.list_folder(folder.sealed_folder()));
  Value packages = Value::list();
  for (const FolderEntry& entry : entries) {
    if (entry.is_folder) packages.push_back(describe(env, folder.sealed_folder() / entry.name));
  }
  return packages;
}

Result<Value> give_up_packages(Env& env, const WorkingFolder& folder, const std::vector<std::string>& load_ids) {
  LODE_ASSIGN(const std::unique_ptr<FileLock> lock, folder.lock());
  LODE_ASSIGN(Value packages, waiting_packages(env, folder));
  std::vector<std::string> known;
  for (const Value& package : packages.items()) known.push_back(package.text_or("load_id", ""));
  for (const std::string& wanted : load_ids) {
    if (std::find(known.begin(), known.end(), wanted) != known.end()) continue;
    Status status = Status::error(Code::kNotFound, fmt::format("no package {} waits to be loaded", wanted));
    if (!known.empty()) status.with("those that wait", join(known, ", "));
    return std::move(status).hint("'lode pipeline NAME packages' lists them");
  }
  Value removed = Value::list();
  for (Value& package : packages.items()) {
    const std::string load_id = package.text_or("load_id", "");
    if (!load_ids.empty() && std::find(load_ids.begin(), load_ids.end(), load_id) == load_ids.end()) continue;
    LODE_TRY(LoadPackage::discard(env, folder.sealed_folder() / load_id));
    removed.push_back(std::move(package));
  }
  return removed;
}

Value cursors_of(const Value& state) {
  Value cursors = Value::list();
  const Value* sources = state.find("sources");
  if (sources == nullptr || !sources->is_object()) return cursors;
  for (const auto& [source_name, source] : sources->members()) {
    const Value* resources = source.find("resources");
    if (resources == nullptr || !resources->is_object()) continue;
    for (const auto& [resource_name, resource] : resources->members()) {
      const Value* incremental = resource.find("incremental");
      if (incremental == nullptr || !incremental->is_object()) continue;
      for (const auto& [path, cursor] : incremental->members()) {
        const Value* last = cursor.find("last_value");
        cursors.push_back(Value::object({{"source", source_name},
                                         {"resource", resource_name},
                                         {"cursor_path", path},
                                         {"last_value", last != nullptr ? *last : Value()}}));
      }
    }
  }
  return cursors;
}

}  // namespace lode
