// Pipeline info: what this machine knows of a pipeline, from its working folder.
#include "runtime/pipeline_info.h"

#include <fmt/format.h>

#include "base/text.h"
#include "json/parse.h"
#include "package/load_package.h"
#include "runtime/pipeline_packages.h"
#include "runtime/trace.h"
#include "schema/schema_file.h"

namespace lode {
namespace {

bool is_folder_name(const std::string& name) {
  return !name.empty() && name.find('/') == std::string::npos && name[0] != '.';
}

Result<std::vector<std::string>> pipeline_names(Env& env, const Path& pipelines_folder) {
  std::vector<std::string> names;
  LODE_ASSIGN(const std::vector<FolderEntry> entries, env.list_folder(pipelines_folder));
  for (const FolderEntry& entry : entries) {
    if (entry.is_folder && is_folder_name(entry.name)) names.push_back(entry.name);
  }
  return names;
}

Status no_pipeline(Env& env, const Path& pipelines_folder, const std::string& name) {
  LODE_ASSIGN(const std::vector<std::string> names, pipeline_names(env, pipelines_folder));
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

Result<json::Value> schema_names(Env& env, const WorkingFolder& folder) {
  LODE_ASSIGN(const std::vector<FolderEntry> entries, env.list_folder(folder.schemas_folder()));
  json::Value names = json::Value::list();
  for (const FolderEntry& entry : entries) names.push_back(entry.name.substr(0, entry.name.find(".schema.")));
  return names;
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

Result<WorkingFolder> find_pipeline(Env& env, const Path& pipelines_folder, const std::string& name) {
  if (!is_folder_name(name) || !env.exists(pipelines_folder / name)) return no_pipeline(env, pipelines_folder, name);
  return WorkingFolder(env, pipelines_folder, name);
}

Result<json::Value> pipeline_info(Env& env, const Path& pipelines_folder, const std::string& name) {
  LODE_ASSIGN(const WorkingFolder folder, find_pipeline(env, pipelines_folder, name));
  json::Value warnings = json::Value::list();
  const auto readable = [&](Result<json::Value> value) {
    if (value.ok()) return std::move(*value);
    // The rest is worth telling all the same.
    warnings.push_back(value.status().first_line());
    return json::Value();
  };
  json::Value state = readable(folder.read_state());
  json::Value last_run = readable(read_json(env, folder.last_run_file(), json::Typing::kPlain));
  LODE_ASSIGN(json::Value pending, waiting_packages(env, folder));
  LODE_ASSIGN(std::vector<json::Value> traces, read_traces(env, folder.traces_folder(), 1));
  LODE_ASSIGN(json::Value schemas, schema_names(env, folder));
  json::Value cursors = cursors_of(state);
  const KnownPlace place = known_place(state);
  return json::Value::object({{"name", name},
                              {"folder", folder.path().string()},
                              {"destination", place.location},
                              {"dataset", place.dataset},
                              {"schemas", std::move(schemas)},
                              {"state", std::move(state)},
                              {"last_run", std::move(last_run)},
                              {"last_trace", traces.empty() ? json::Value() : std::move(traces.front())},
                              {"cursors", std::move(cursors)},
                              {"pending", std::move(pending)},
                              {"warnings", std::move(warnings)}});
}

Result<json::Value> list_pipelines(Env& env, const Path& pipelines_folder) {
  LODE_ASSIGN(const std::vector<std::string> names, pipeline_names(env, pipelines_folder));
  json::Value pipelines = json::Value::list();
  for (const std::string& name : names) {
    const WorkingFolder folder(env, pipelines_folder, name);
    const Result<json::Value> state = folder.read_state();
    const KnownPlace place = state.ok() ? known_place(*state) : KnownPlace();
    LODE_ASSIGN(const std::vector<json::Value> traces, read_traces(env, folder.traces_folder(), 1));
    LODE_ASSIGN(const std::vector<FolderEntry> packages, env.list_folder(folder.sealed_folder()));
    const json::Value* last = traces.empty() ? nullptr : &traces.front();
    const json::Value* error = last == nullptr ? nullptr : last->find("error");
    pipelines.push_back(json::Value::object(
        {{"name", name},
         {"folder", folder.path().string()},
         {"destination", place.location},
         {"dataset", place.dataset},
         {"last_run_at", last == nullptr ? json::Value() : json::Value(last->text_or("ended_at", ""))},
         {"last_run_ok", last == nullptr ? json::Value() : json::Value(last->bool_or("ok", false))},
         {"last_error",
          error == nullptr || error->is_null() ? json::Value() : json::Value(error->text_or("message", ""))},
         {"packages_waiting", static_cast<std::int64_t>(packages.size())}}));
  }
  return pipelines;
}

Result<KnownPlace> find_place(Env& env, const WorkingFolder& folder) {
  const Result<json::Value> state = folder.read_state();
  if (state.ok() && state->is_object()) return known_place(*state);
  // Nothing was ever loaded from here, but what waits knows where it is to go.
  LODE_ASSIGN(const std::vector<FolderEntry> entries, env.list_folder(folder.sealed_folder()));
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    const Result<LoadPackage> package = LoadPackage::open(env, folder.sealed_folder() / entry->name);
    if (package.ok()) return known_place(package->state().document());
  }
  return KnownPlace();
}

}  // namespace lode
