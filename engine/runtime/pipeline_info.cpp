// Pipeline info: what this machine knows of a pipeline, from its working folder.
#include "runtime/pipeline_info.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "json/parse.h"
#include "package/load_package.h"
#include "schema/schema_file.h"

namespace lode {
namespace {

bool is_folder_name(const std::string& name) {
  return !name.empty() && name.find('/') == std::string::npos && name[0] != '.';
}

Status no_pipeline(Env& env, const Path& pipelines_folder, const std::string& name) {
  std::vector<std::string> names;
  LODE_ASSIGN(const std::vector<FolderEntry> entries, env.list_folder(pipelines_folder));
  for (const FolderEntry& entry : entries) {
    if (entry.is_folder) names.push_back(entry.name);
  }
  Status status = Status::error(Code::kPipelineMissing, fmt::format("this machine has no pipeline '{}'", name))
                      .with("looked in", pipelines_folder.string());
  if (names.empty()) return std::move(status).hint("no pipeline has run yet with this folder");
  const std::string guess = closest(name, names);
  if (!guess.empty()) return std::move(status).hint(fmt::format("did you mean '{}'?", guess));
  return std::move(status).with("pipelines there", join(names, ", "));
}

// Null if the file is not there.
Result<json::Value> read_json(Env& env, const Path& path, json::Typing typing) {
  if (!env.exists(path)) return json::Value();
  LODE_ASSIGN(const std::string text, env.read_file(path));
  Result<json::Value> value = json::parse_value(text, typing);
  if (value.ok()) return value;
  return Status::error(Code::kStateCorrupt, fmt::format("{} cannot be read", path.string())).caused_by(value.status());
}

json::Value cursors_of(const json::Value& state) {
  json::Value cursors = json::Value::list();
  const json::Value* sources = state.find("sources");
  if (sources == nullptr || !sources->is_object()) return cursors;
  for (const auto& [source_name, source] : sources->members()) {
    const json::Value* resources = source.find("resources");
    if (resources == nullptr || !resources->is_object()) continue;
    for (const auto& [resource_name, resource] : resources->members()) {
      const json::Value* incremental = resource.find("incremental");
      if (incremental == nullptr || !incremental->is_object()) continue;
      for (const auto& [path, cursor] : incremental->members()) {
        const json::Value* last = cursor.find("last_value");
        cursors.push_back(json::Value::object({{"source", source_name},
                                               {"resource", resource_name},
                                               {"cursor_path", path},
                                               {"last_value", last != nullptr ? *last : json::Value()}}));
      }
    }
  }
  return cursors;
}

json::Value describe_package(Env& env, const Path& folder) {
  const Result<LoadPackage> package = LoadPackage::open(env, folder);
  if (!package.ok()) {
    return json::Value::object({{"load_id", folder.filename().string()}, {"error", package.status().first_line()}});
  }
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  for (const Job& job : package->jobs()) {
    rows += job.rows;
    bytes += job.bytes;
  }
  return json::Value::object({{"load_id", package->load_id()},
                              {"created_at", iso_timestamp_z(package->created_at_us())},
                              {"rows", static_cast<std::int64_t>(rows)},
                              {"files", static_cast<std::int64_t>(package->jobs().size())},
                              {"bytes", static_cast<std::int64_t>(bytes)}});
}

// LoadPackage::pending() would tidy up as well: that is for the run that holds the lock.
Result<json::Value> pending_packages(Env& env, const Path& folder) {
  const Path sealed = folder / "load" / "normalized";
  LODE_ASSIGN(const std::vector<FolderEntry> entries, env.list_folder(sealed));
  json::Value packages = json::Value::list();
  for (const FolderEntry& entry : entries) {
    if (entry.is_folder) packages.push_back(describe_package(env, sealed / entry.name));
  }
  return packages;
}

}  // namespace

Result<std::optional<Schema>> pipeline_schema(Env& env, const Path& pipelines_folder, const std::string& name,
                                              const std::string& schema) {
  const Path folder = pipelines_folder / name;
  std::string wanted = schema;
  if (wanted.empty()) {
    LODE_ASSIGN(const json::Value state, read_json(env, folder / "state.json", json::Typing::kTyped));
    wanted = state.text_or("default_schema_name", "");
  }
  const Path path = folder / "schemas" / schema_file_name(wanted, SchemaFormat::kJson);
  if (wanted.empty() || wanted.find('/') != std::string::npos || !env.exists(path)) return std::optional<Schema>();
  LODE_ASSIGN(const std::string text, env.read_file(path));
  Result<Schema> stored = read_schema(text, SchemaFormat::kJson);
  if (!stored.ok()) return std::move(stored).status().about(path.string());
  return std::optional<Schema>(std::move(*stored));
}

Result<Schema> show_schema(Env& env, const Path& pipelines_folder, const std::string& name, const std::string& schema) {
  const Path folder = pipelines_folder / name;
  if (!is_folder_name(name) || !env.exists(folder)) return no_pipeline(env, pipelines_folder, name);
  LODE_ASSIGN(std::optional<Schema> found, pipeline_schema(env, pipelines_folder, name, schema));
  if (found) return std::move(*found);
  std::vector<std::string> names;
  if (env.exists(folder / "schemas")) {
    LODE_ASSIGN(const std::vector<FolderEntry> entries, env.list_folder(folder / "schemas"));
    for (const FolderEntry& entry : entries) names.push_back(entry.name.substr(0, entry.name.find(".schema.")));
  }
  Status status = Status::error(Code::kSchemaMissing,
                                schema.empty() ? fmt::format("pipeline '{}' has no schema on this machine", name)
                                               : fmt::format("pipeline '{}' has no schema '{}'", name, schema));
  if (names.empty()) return std::move(status).hint("a run that loads something leaves its schema here");
  return std::move(status).with("its schemas", join(names, ", "));
}

Result<json::Value> pipeline_info(Env& env, const Path& pipelines_folder, const std::string& name) {
  const Path folder = pipelines_folder / name;
  if (!is_folder_name(name) || !env.exists(folder)) return no_pipeline(env, pipelines_folder, name);
  LODE_ASSIGN(json::Value state, read_json(env, folder / "state.json", json::Typing::kTyped));
  LODE_ASSIGN(json::Value last_run, read_json(env, folder / "last_run.json", json::Typing::kPlain));
  LODE_ASSIGN(json::Value pending, pending_packages(env, folder));
  json::Value cursors = cursors_of(state);
  return json::Value::object({{"name", name},
                              {"folder", folder.string()},
                              {"state", std::move(state)},
                              {"last_run", std::move(last_run)},
                              {"cursors", std::move(cursors)},
                              {"pending", std::move(pending)}});
}

}  // namespace lode
