// The run: what it finds in the destination: state and schema as of the last commit, and what a refresh forgets of
// them.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "runtime/destination_choice.h"
#include "runtime/naming_choice.h"
#include "runtime/pipeline_run.h"

namespace lode {
namespace {

constexpr std::uint32_t kSchemaNameMax = 64;

}  // namespace

Status PipelineRun::restore_saved_state() {
  Result<std::optional<PipelineState>> saved = destination_->saved_state(spec_.name);
  LODE_ASSIGN(newest_load_id_, destination_->newest_load_id());
  json::Value copy;
  if (lock_) {
    // A copy that cannot be read is of no interest here: the run makes a new one.
    Result<json::Value> local = folder_.read_state();
    if (local.ok()) copy = std::move(*local);
  }
  if (copy.text_or("pipeline_name", "") == spec_.name) version_known_ = copy.int_or("_state_version", 0);
  if (!saved.ok()) {
    if (saved.status().code() != Code::kStateCorrupt) return std::move(saved).status();
    LODE_ASSIGN(state_, recover_state(std::move(saved).status(), std::move(copy)));
    forces_state_ = true;
    return {};
  }
  // No state there means that nothing of this pipeline is there: a cursor that this machine remembers would skip rows.
  state_ = *saved ? std::move(**saved) : PipelineState(spec_.name);
  hash_before_ = *saved ? state_->content_hash() : "";
  return {};
}

// The destination's state cannot be decoded. If the newest load there is the one that this machine's copy belongs to,
// the copy says the same.
Result<PipelineState> PipelineRun::recover_state(Status why, json::Value copy) {
  const json::Value* local = copy.find("_local");
  const std::string copied_load = local != nullptr ? local->text_or(kLastLoadId, "") : "";
  if (!copied_load.empty() && copied_load == newest_load_id_) {
    Result<PipelineState> state = PipelineState::from_json(std::move(copy));
    if (state.ok()) {
      warn(fmt::format(
          "the state of pipeline '{}' in {} cannot be decoded; the copy on this machine is of the same load "
          "and takes its place",
          spec_.name, destination_->display()));
      return state;
    }
  }
  if (spec_.refresh == Refresh::kDropSources) {
    warn(fmt::format("the state of pipeline '{}' in {} cannot be decoded; the pipeline begins with an empty one",
                     spec_.name, destination_->display()));
    return PipelineState(spec_.name);
  }
  return std::move(why)
      .about(fmt::format("the state of pipeline '{}'", spec_.name))
      .with("destination", destination_->display())
      .with("dataset", spec_.dataset)
      .with("newest load there", newest_load_id_)
      .note("cursors are in it; without them rows would be loaded twice")
      .hint(
          "restore the row in _dlt_pipeline_state from a backup; or load everything anew: lode run SCRIPT --refresh "
          "drop_sources");
}

Status PipelineRun::restore_state() {
  set_step("restore");
  LODE_TRY(restore_saved_state());
  // Names of schemas follow one convention, whatever that of the tables is.
  LODE_ASSIGN(const auto schema_naming, Naming::make("snake_case", kSchemaNameMax));
  LODE_ASSIGN(const std::string schema_name, schema_naming->identifier(spec_.source->name));
  LODE_TRY(take_schema(schema_name));
  if (spec_.refresh != Refresh::kNone) {
    const bool knew_something = !hash_before_.empty() || !schema_->data_tables().empty();
    cleanup_ = apply_refresh(spec_.refresh, *spec_.source, *schema_, *state_);
    forces_state_ = forces_state_ || knew_something;
  }
  if (!spec_.source->schema_contract.is_null())
    schema_->settings().set("schema_contract", spec_.source->schema_contract);
  if (spec_.source->max_table_nesting) {
    schema_->normalizers()["json"]["config"].set("max_nesting", *spec_.source->max_table_nesting);
  }

  for (const Table* table : schema_->data_tables()) {
    if (table->seen_data()) tables_before_.insert(table->name());
  }

  note_run(schema_name);
  return {};
}

// What the state says of the run itself.
void PipelineRun::note_run(const std::string& schema_name) {
  json::Value& document = state_->document();
  document["_local"].set("first_run", false);
  document["_local"].set("_dev_mode", spec_.dev_mode);
  note_place(document, destination_->display());
  document.set("dataset_name", spec_.dataset);
  if (document.text_or("default_schema_name", "").empty()) document.set("default_schema_name", schema_name);
  json::Value& names = document["schema_names"];
  const bool known =
      names.is_list() && std::any_of(names.items().begin(), names.items().end(),
                                     [&](const json::Value& name) { return name == json::Value(schema_name); });
  if (!known) {
    names.push_back(schema_name);
    std::sort(names.items().begin(), names.items().end(),
              [](const json::Value& a, const json::Value& b) { return a.as_text() < b.as_text(); });
  }
  document.set("destination_type", destination_->dlt_type());
  const std::string name = own_name(spec_.destination);
  document.set("destination_name", name.empty() ? json::Value() : json::Value(name));
}

// The schema as the destination has it, or what a person made of it in the import folder.
Status PipelineRun::take_schema(const std::string& name) {
  LODE_ASSIGN(schema_folders_,
              SchemaFolders::configured(config(), spec_.name, spec_.import_schema_folder, spec_.export_schema_folder));
  LODE_ASSIGN(std::optional<Schema> stored, destination_->saved_schema(name));
  if (spec_.preview) schema_before_ = stored;
  LODE_ASSIGN(SchemaImport import, import_schema(engine_.env(), schema_folders_, name, std::move(stored)));
  if (import.is_replaced) {
    engine_.log().write(LogLevel::kInfo,
                        fmt::format("schema '{}': the file in {} was changed and replaces what was stored", name,
                                    schema_folders_.import_folder.string()));
  }
  schema_ = std::move(import.schema);
  LODE_ASSIGN(naming_,
              choose_naming(config(), spec_.name, name, destination_->capabilities(), schema_ ? &*schema_ : nullptr));
  if (schema_) {
    LODE_TRY(adopt_naming(*schema_, *naming_));
  } else {
    schema_.emplace(name, naming_->convention());
    schema_->bump();
  }
  if (!schema_folders_.import_folder.empty() && !import.has_file) import_draft_ = schema_;
  return {};
}

}  // namespace lode
