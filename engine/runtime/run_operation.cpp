// The operations that are no runs: what `lode pipeline NAME retry`, `drop` and `sync` do, step by step.
#include <fmt/format.h>

#include "base/text.h"
#include "json/write.h"
#include "runtime/destination_choice.h"
#include "runtime/pipeline_run.h"

namespace lode {
namespace {

constexpr std::uint32_t kSchemaNameMax = 64;

}  // namespace

Status run_operation(PipelineRun& run) {
  switch (run.spec_.operation) {
    case Operation::kRun:
      break;
    case Operation::kRetry:
      LODE_TRY(run.lock_working_folder());
      LODE_TRY(run.connect_destination());
      LODE_TRY(run.load_pending_packages());
      // The copies on this machine follow what the destination has now.
      return run.report_.resumed.empty() ? Status() : run.copy_from_destination();
    case Operation::kPlanDrop:
      LODE_TRY(run.connect_destination());
      return run.choose_drop();
    case Operation::kDrop:
      LODE_TRY(run.lock_working_folder());
      LODE_TRY(run.refuse_with_packages());
      LODE_TRY(run.connect_destination());
      LODE_TRY(run.choose_drop());
      if (run.dropped_.empty()) return {};
      // A package without rows of the users': what it takes away and the new state become visible together.
      LODE_TRY(run.begin_package());
      LODE_TRY(run.seal_package());
      LODE_TRY(run.load_package());
      return run.keep_state();
    case Operation::kSync:
      LODE_TRY(run.lock_working_folder());
      LODE_TRY(run.refuse_with_packages());
      LODE_TRY(run.connect_destination());
      return run.copy_from_destination();
  }
  return Status::error(Code::kBug, "this is no operation");
}

Status PipelineRun::refuse_with_packages() {
  LODE_ASSIGN(const std::vector<FolderEntry> packages, engine_.env().list_folder(folder_.sealed_folder()));
  if (packages.empty()) return {};
  return Status::error(Code::kPackageWaiting, fmt::format("pipeline '{}' has {} that wait to be loaded", spec_.name,
                                                          packages.size() == 1 ? "a package" : "packages"))
      .with("first of them", packages.front().name)
      .hint(
          fmt::format("load them with 'lode pipeline {0} retry', or give them up with 'lode pipeline {0} drop-pending'",
                      spec_.name));
}

// Restores state and schema and takes out of them what is to be dropped.
Status PipelineRun::choose_drop() {
  set_step("restore");
  LODE_TRY(restore_saved_state());
  const std::string schema_name =
      spec_.source->name.empty() ? state_->document().text_or("default_schema_name", "") : spec_.source->name;
  if (schema_name.empty()) {
    return Status::error(Code::kPipelineMissing, fmt::format("nothing of pipeline '{}' is there", spec_.name))
        .with("destination", destination_->display())
        .with("dataset", spec_.dataset);
  }
  LODE_TRY(take_schema(schema_name));
  if (schema_->data_tables().empty() && !spec_.source->name.empty()) {
    LODE_ASSIGN(const std::optional<Schema> stored, destination_->saved_schema(schema_name));
    if (!stored) {
      return Status::error(Code::kSchemaMissing, fmt::format("there is no schema '{}'", schema_name))
          .with("destination", destination_->display())
          .with("dataset", spec_.dataset);
    }
  }
  LODE_ASSIGN(const std::string source, source_of_schema(schema_name));
  LODE_ASSIGN(dropped_, apply_drop(spec_.drop, source, *schema_, *state_));
  cleanup_ = dropped_.cleanup;
  forces_state_ = true;
  note_run(schema_name);
  return {};
}

// The state's key of a source is its name as the script writes it.
Result<std::string> PipelineRun::source_of_schema(const std::string& schema_name) {
  const json::Value* sources = state_->document().find("sources");
  if (sources == nullptr || !sources->is_object() || sources->find(schema_name) != nullptr) return schema_name;
  LODE_ASSIGN(const auto naming, Naming::make("snake_case", kSchemaNameMax));
  for (const auto& [name, state] : sources->members()) {
    LODE_ASSIGN(const std::string identifier, naming->identifier(name));
    if (identifier == schema_name) return name;
  }
  return schema_name;
}

// state.json and the schemas as the destination has them.
Status PipelineRun::copy_from_destination() {
  set_step("restore");
  LODE_TRY(restore_saved_state());
  if (hash_before_.empty() && !forces_state_) {
    return Status::error(Code::kPipelineMissing,
                         fmt::format("nothing of pipeline '{}' is there to restore", spec_.name))
        .with("destination", destination_->display())
        .with("dataset", spec_.dataset)
        .hint("look at the names: of the pipeline, and of the dataset (--dataset)");
  }
  std::vector<Schema> schemas;
  const json::Value* names = state_->document().find("schema_names");
  for (const json::Value& name : names != nullptr && names->is_list() ? names->items() : json::Value::List()) {
    if (!name.is_text()) continue;
    LODE_ASSIGN(std::optional<Schema> schema, destination_->saved_schema(name.as_text()));
    if (schema) schemas.push_back(std::move(*schema));
  }
  set_step("done");
  Env& env = engine_.env();
  if (spec_.operation == Operation::kSync) LODE_TRY(folder_.clear());
  LODE_TRY(env.remove_tree(folder_.schemas_folder()));
  LODE_TRY(env.make_folders(folder_.schemas_folder()));
  for (const Schema& schema : schemas) {
    LODE_TRY(env.write_file(folder_.schemas_folder() / (schema.name() + ".schema.json"),
                            json::write(schema.to_json(), {.indent = 2})));
    restored_schemas_.push_back(schema.name());
  }
  json::Value& document = state_->document();
  document.set("dataset_name", spec_.dataset);
  document["_local"].set("first_run", false);
  document["_local"].set("_dev_mode", spec_.dev_mode);
  document["_local"].set(kLastLoadId, newest_load_id_);
  note_place(document, destination_->display());
  report_.cursors = {};
  return env.write_file(folder_.state_file(), json::write(document, {.typing = json::Typing::kTyped}));
}

}  // namespace lode
