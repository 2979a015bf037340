// The run: what happens between the start of a pipeline and its commit, step by step.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/time.h"
#include "destinations/builtin.h"
#include "http/redact.h"
#include "json/write.h"
#include "load/merge_check.h"
#include "runtime/destination_choice.h"
#include "runtime/pipeline_run.h"
#include "schema/hints.h"
#include "schema/system_tables.h"

namespace lode {
namespace {

// What of a value a message may show.
std::string shown_value(std::string_view field, std::string_view json) {
  return is_secret_name(field) ? "***" : redact(json, {});
}

Status misfit_error(const Misfit& misfit) {
  Status status = Status::error(Code::kContractViolated, misfit.what);
  const bool is_type = misfit.entity == "data_type";
  if (!misfit.value.is_null()) status.with("value", shorten(shown_value(misfit.field, json::write(misfit.value)), 120));
  status.with("at", misfit.path);
  status.note(fmt::format("schema_contract.{} = \"freeze\"", misfit.entity));
  return std::move(status).hint(
      is_type ? "convert the value in an :add_map, or leave such rows out with data_type = \"discard_row\""
              : "add the field to the model, or leave it out with columns = \"discard_value\"");
}

// Rows that were made for one dataset do not belong in another, where they would be doubled or missing.
Status made_for_another(const std::string& pipeline, const std::string& load_id, const std::string& made_for,
                        const std::string& dataset) {
  return Status::error(Code::kPackageWaiting,
                       fmt::format("package {} waits to be loaded into dataset '{}', and this run "
                                   "loads into '{}'",
                                   load_id, made_for, dataset))
      .hint(fmt::format("load it first: lode pipeline {0} retry; or give it up: lode pipeline {0} abort {1}", pipeline,
                        load_id));
}

constexpr std::string_view kNothingKept =
    "kept: nothing of this run; what earlier runs loaded and their cursors are untouched";

}  // namespace

Status run_pipeline(PipelineRun& run) {
  if (run.spec_.preview) {
    // The same steps as far as they leave no trace: no lock, no working folder, no package, no load.
    LODE_TRY(run.connect_destination());
    LODE_TRY(run.restore_state());
    LODE_TRY(run.begin_preview());
    LODE_TRY(run.extract_and_normalize());
    return run.finish_preview();
  }

  // Two runs of one pipeline would take the same rows twice.
  LODE_TRY(run.lock_working_folder());

  LODE_TRY(run.connect_destination());

  // A crash may have left packages behind. They go first: the cursors of this run follow from what they hold.
  LODE_TRY(run.load_pending_packages());

  // Cursors and schema as of the last commit, wherever that was made.
  LODE_TRY(run.restore_state());

  LODE_TRY(run.begin_package());

  // Pull pages from every selected resource; flatten them into tables as they come; write job files. The schema grows
  // as its contract allows. A destination that can, loads finished job files meanwhile.
  LODE_TRY(run.extract_and_normalize());

  // From here on no Lua runs and no source is contacted.

  LODE_TRY(run.seal_package());

  // From here on the package's rows and schema are frozen, and a crash loses none of them.

  // Until this returns ok, readers of the destination see the previous load.
  LODE_TRY(run.load_package());

  // From here on the rows are in the destination; what follows are copies for this machine.

  return run.keep_state();
}

Status PipelineRun::lock_working_folder() {
  const Path root = spec_.pipelines_folder.empty() ? engine_.pipelines_folder() : spec_.pipelines_folder;
  folder_ = WorkingFolder(engine_.env(), root, spec_.name);
  LODE_ASSIGN(lock_, folder_.lock());
  return folder_.settle(spec_.dev_mode ? spec_.dataset : "");
}

Status PipelineRun::connect_destination() {
  set_step("connect");
  LODE_ASSIGN(const json::Value chosen, with_credentials(config(), spec_.name, spec_.destination));
  LODE_ASSIGN(destination_, make_destination(chosen, spec_.dataset, engine_.env()));
  if (spec_.preview) destination_ = look_only(std::move(destination_), spec_.preview->compares);
  LODE_TRY(spec_.operation == Operation::kPlanDrop ? destination_->connect_read_only() : destination_->connect());
  LODE_ASSIGN(const LoadRetry retry, configured_retry(config(), spec_.name));
  loader_ = std::make_unique<PackageLoader>(*destination_, engine_.env(), stop_.get_token(), retry);
  report_.pipeline = spec_.name;
  report_.destination = destination_->display();
  report_.dataset = spec_.dataset;
  return {};
}

Status PipelineRun::load_pending_packages() {
  LODE_ASSIGN(const std::vector<Path> folders, LoadPackage::pending(engine_.env(), folder_.path()));
  for (const Path& folder : folders) {
    // Loaded already, and the process died while it cleared the folder away: what is left of it cannot be opened any
    // more.
    LODE_ASSIGN(const bool is_loaded, destination_->is_loaded(folder.filename().string()));
    if (is_loaded) {
      LODE_TRY(engine_.env().remove_tree(folder));
      continue;
    }
    set_step("load");
    if (!spec_.keeps_packages) {
      LODE_TRY(engine_.env().remove_tree(folder));
      continue;
    }
    Result<LoadPackage> opened = LoadPackage::open(engine_.env(), folder);
    if (!opened.ok()) return note_failure(std::move(opened).status(), folder);
    LoadPackage& package = *opened;
    if (const std::string made_for = package.state().document().text_or("dataset_name", "");
        made_for != spec_.dataset) {
      return made_for_another(spec_.name, package.load_id(), made_for, spec_.dataset);
    }
    Status status = loader_->load(package);
    if (!status.ok()) return note_failure(std::move(status), folder);
    report_.resumed.push_back(package.load_id());
    LODE_TRY(package.remove(engine_.env()));
  }
  return {};
}

Status PipelineRun::begin_package() {
  const std::string load_id = new_load_id(engine_.env(), newest_load_id_);

  const auto& resources = spec_.source->resources;
  const bool all_local = std::all_of(resources.begin(), resources.end(),
                                     [](const auto& resource) { return !resource->selected || resource->is_local; });
  // What can be read again need not survive a crash: loading the package and reading the files again would double rows.
  seals_ = spec_.keeps_packages && !(all_local && spec_.operation == Operation::kRun);
  // A run that waits for the network must not hold the destination's write lock meanwhile.
  loads_early_ = !seals_ && all_local && destination_->capabilities().loads_while_extracting;

  PackageWriter::Options options;
  options.file_bytes_max = spec_.file_bytes_max;
  options.seals = seals_;
  options.follows = hash_before_;
  if (loads_early_) {
    options.on_job = [this](const Job& job) {
      if (!lane_) lane_ = std::make_unique<LoadLane>(*loader_);
      lane_->add(job, std::make_shared<const Schema>(*schema_));
    };
  }
  LODE_ASSIGN(package_, PackageWriter::create(engine_.env(), folder_.path(), load_id, std::move(options)));

  normalizer_ = std::make_unique<Normalizer>(naming_, *schema_, *package_, normalizer_options(load_id));
  return loader_->begin(load_id, {cleanup_, schema_->name(), StateBefore{spec_.name, hash_before_}});
}

NormalizerOptions PipelineRun::normalizer_options(const std::string& load_id) const {
  NormalizerOptions options;
  options.load_id = load_id;
  options.show_value = shown_value;
  options.columns_max = destination_->capabilities().columns_max;
  options.marks_keyed_rows = !spec_.preview;
  return options;
}

Status PipelineRun::begin_preview() {
  preview_rows_ = std::make_unique<PreviewSink>(spec_.preview->rows_shown);
  normalizer_ = std::make_unique<Normalizer>(naming_, *schema_, *preview_rows_,
                                             normalizer_options(new_load_id(engine_.env(), newest_load_id_)));
  return {};
}

Status PipelineRun::extract_and_normalize() {
  set_step("extract");
  engine_.loop().post([self = shared_from_this()] { self->open_extraction(); });
  Status status;
  while (std::optional<PageQueue::Item> item = queue_->take()) {
    const std::int64_t begin_us = engine_.env().steady_us();
    status = normalize_page(*item);
    normalize_us_ += engine_.env().steady_us() - begin_us;
    if (!status.ok()) break;
    if (lane_ && lane_->failed()) break;
  }
  if (!status.ok()) queue_->end(status);
  if (lane_ && lane_->failed()) queue_->end(Status::error(Code::kCancelled, "a job could not be loaded"));
  on_engine_thread_and_wait([this] { close_extraction(); });
  clock_.add_inner("normalize", normalize_us_);
  if (status.ok()) status = queue_->status();
  if (lane_ && lane_->failed()) status = lane_->finish();
  if (status.ok() || spec_.preview) return status;
  lane_.reset();
  loader_->abort();
  return std::move(status).note(std::string(kNothingKept));
}

Status PipelineRun::normalize_page(const PageQueue::Item& item) {
  const Resource& resource = *item.resource;
  const std::string table =
      item.page.table.empty() ? resource.hints.text_or("table_name", resource.name) : item.page.table;
  const auto about_page = [&](Status status) {
    std::move(status).about(fmt::format("resource '{}'", resource.name)).at(resource.where);
    if (!item.page.origin.empty()) status.note("page: " + item.page.origin);
    return status;
  };
  Result<DeclaredTable*> declared = declare_table(resource, table);
  if (!declared.ok()) return about_page(std::move(declared).status());
  const std::uint64_t page = ++pages_[&resource];
  const auto place_of = [&](std::size_t row) { return fmt::format("row {} of page {}", row + 1, page); };

  json::Rows rows = item.page.rows;
  std::vector<std::size_t> places;
  if ((*declared)->check) {
    CheckedRows checked = (*declared)->check->check(rows);
    for (Misfit& misfit : checked.misfits) {
      if ((*declared)->on_violation == OnViolation::kQuarantine) {
        quarantine_.add({.resource = resource.name,
                         .table = (*declared)->table,
                         .reason = misfit.what,
                         .contract = fmt::format("{} = {}", misfit.entity, contract_mode_name(misfit.mode)),
                         .path = misfit.path,
                         .page = page,
                         .origin = item.page.origin,
                         .row = json::to_value(rows.rows[misfit.row])});
      } else if (misfit.mode == ContractMode::kFreeze) {
        return about_page(misfit_error(misfit).about(place_of(misfit.row)));
      }
    }
    rows = std::move(checked.rows);
    places = std::move(checked.places);
  }
  if ((*declared)->on_violation == OnViolation::kQuarantine) {
    normalizer_->quarantine([&](Violation violation) {
      quarantine_.add({.resource = resource.name,
                       .table = std::move(violation.table),
                       .reason = std::move(violation.reason),
                       .contract = std::move(violation.contract),
                       .path = std::move(violation.path),
                       .page = page,
                       .origin = item.page.origin,
                       .row = json::to_value(violation.row)});
    });
  }
  Status status = normalizer_->add(table, rows);
  normalizer_->quarantine(nullptr);
  if (status.ok()) return quarantine_.flush(*normalizer_);
  const Code code = status.code();
  if (code == Code::kContractViolated || code == Code::kCoercion || code == Code::kNullViolation) {
    const std::size_t row = normalizer_->row_in_page();
    std::move(status).about(place_of(row < places.size() ? places[row] : row));
  }
  return about_page(std::move(status));
}

// Hints go into the schema with the first page of a table, as in dlt: a resource without pages leaves no table behind.
Result<PipelineRun::DeclaredTable*> PipelineRun::declare_table(const Resource& resource, const std::string& table) {
  std::unique_ptr<DeclaredTable>& declared = declared_[{&resource, table}];
  if (declared != nullptr) return declared.get();
  LODE_ASSIGN(const DeclaredHints read, read_hints(resource, table));
  if (read.on_violation == OnViolation::kQuarantine) normalizer_->quarantine([](const Violation&) {});
  Status status = normalizer_->declare(read.hints);
  normalizer_->quarantine(nullptr);
  if (!status.ok()) return status;
  if (import_draft_) {
    // What a contract refuses here, the real schema refused just now.
    static_cast<void>(declare_resource(*import_draft_, read.hints, *naming_, "delete-insert"));
  }
  auto made = std::make_unique<DeclaredTable>();
  made->table = naming_->table_path(table);
  const Table* const root = std::as_const(*schema_).find_table(made->table);
  if (root != nullptr && !spec_.preview) LODE_TRY(check_merge(*root, *destination_, false));
  made->on_violation = read.on_violation;
  if (read.model != nullptr) {
    LODE_ASSIGN(const Contract contract, Contract::from_json(read.hints.schema_contract));
    made->check = std::make_unique<ModelCheck>(read.model, contract);
  }
  declared = std::move(made);
  return declared.get();
}

Status PipelineRun::seal_package() {
  set_step("seal");
  // A job file without rows says that there are none: what is replaced is emptied, what has versions ends.
  for (const std::string& table : tables_without_rows()) {
    LODE_ASSIGN(const PackageWriter::Target target, package_->writer_for(table));
    static_cast<void>(target);
  }
  if (spec_.trace_to_destination) LODE_TRY(add_trace_row());
  LODE_TRY(add_state_row());
  LODE_TRY(normalizer_->finish());
  for (const auto& [name, rows] : package_->row_counts()) {
    const Schema& schema = *schema_;
    LODE_TRY(check_merge(schema.root_of(*schema.find_table(name)), *destination_, true));
  }
  LODE_TRY(write_schema_files());
  if (package_->is_empty()) {
    package_.reset();
    loader_->abort();
    return {};
  }
  LODE_TRY(package_->close_files());
  // The lane reads the job files where they are; sealing moves them.
  if (lane_) {
    set_step("load");
    Status status = lane_->finish();
    lane_.reset();
    if (!status.ok()) {
      loader_->abort();
      return std::move(status).note(std::string(kNothingKept));
    }
  }
  if (!seals_) return {};
  return package_->seal(*schema_, *state_, cleanup_);
}

// Files are written once the data has been seen to fit; whether it can be loaded is another question.
Status PipelineRun::write_schema_files() {
  if (import_draft_) {
    if (std::as_const(*schema_).find_table(kStateTable) != nullptr &&
        import_draft_->find_table(kStateTable) == nullptr) {
      import_draft_->add_table(state_table());
    }
    LODE_ASSIGN(const std::string hash, write_import_file(engine_.env(), schema_folders_, *import_draft_));
    schema_->set_imported_version_hash(hash);
  }
  schema_->bump();
  return export_schema(engine_.env(), schema_folders_, *schema_);
}

// Tables that are to show what their resource gave, and it gave nothing. With scd2 that is so for resources that give
// all rows every time: a cursor or a merge key says that they do not.
std::vector<std::string> PipelineRun::tables_without_rows() const {
  std::vector<std::string> tables;
  for (const auto& resource : spec_.source->resources) {
    if (!resource->selected) continue;
    const json::Value* disposition = resource->hints.find("write_disposition");
    const bool is_replaced = resource->hints.text_or("write_disposition", "") == "replace";
    const bool has_versions = disposition != nullptr && disposition->is_object() &&
                              disposition->text_or("strategy", "") == "scd2" && !resource->incremental;
    if (!is_replaced && !has_versions) continue;
    for (const Table* table : std::as_const(*schema_).data_tables()) {
      if (table->resource() == resource->name && table->parent().empty() && table->seen_data() &&
          package_->row_counts().count(table->name()) == 0 && (is_replaced || table->first_with("merge_key").empty())) {
        tables.push_back(table->name());
      }
    }
  }
  return tables;
}

// The state travels as a row of the load that it describes, and only when it changed.
Status PipelineRun::add_state_row() {
  state_->bump(version_known_, forces_state_);
  const std::string hash = state_->content_hash();
  if (hash == hash_before_ && !forces_state_) return {};
  if (schema_->find_table(kStateTable) == nullptr) schema_->add_table(state_table());
  json::Value row = json::Value::object();
  row.set("version", state_->version());
  row.set("engine_version", kStateEngineVersion);
  row.set("pipeline_name", spec_.name);
  row.set("state", state_->to_blob());
  row.set("created_at", json::Value::of_number(json::Kind::kTimestamp, engine_.env().now_us()));
  row.set("version_hash", hash);
  return add_row(kStateTable, row);
}

// A row of the run's own, beside those of the source.
Status PipelineRun::add_row(std::string_view table, const json::Value& row) {
  json::DocumentBuilder builder;
  builder.value(row);
  json::Rows rows;
  rows.document = builder.finish();
  rows.rows = {rows.document->root(0)};
  return normalizer_->add(table, rows);
}

Status PipelineRun::load_package() {
  set_step("load");
  if (!package_) return {};
  if (!seals_) {
    for (const Job& job : package_->jobs()) {
      if (!loads_early_) LODE_TRY(loader_->add_job(job, *schema_));
    }
    return loader_->commit(*schema_);
  }
  LODE_ASSIGN(LoadPackage package, LoadPackage::open(engine_.env(), package_->sealed_folder()));
  // Jobs that the lane has loaded are not loaded again.
  Status status = loader_->finish(package);
  return status.ok() ? status : note_failure(std::move(status), package.folder());
}

Status PipelineRun::keep_state() {
  set_step("done");
  for (const std::string& warning : loader_->warnings()) engine_.log().warning(warning);
  fill_report();
  Env& env = engine_.env();
  if (package_) {
    if (seals_) LODE_TRY(env.remove_tree(package_->sealed_folder()));
    state_->document()["_local"].set(kLastLoadId, package_->load_id());
    LODE_TRY(env.make_folders(folder_.schemas_folder()));
    LODE_TRY(env.write_file(folder_.schemas_folder() / (schema_->name() + ".schema.json"),
                            json::write(schema_->to_json(), {.indent = 2})));
    LODE_TRY(env.write_file(folder_.state_file(), json::write(state_->document(), {.typing = json::Typing::kTyped})));
  }
  return env.write_file(folder_.last_run_file(), json::write(report_.to_json(), {.indent = 2}));
}

Status PipelineRun::finish_preview() {
  LODE_TRY(add_state_row());
  LODE_TRY(normalizer_->finish());
  schema_->bump();
  set_step("done");
  fill_report();
  LODE_ASSIGN(report_.preview, describe_preview());
  destination_->close();
  return {};
}

Result<json::Value> PipelineRun::describe_preview() {
  Preview preview;
  preview.pipeline = spec_.name;
  preview.dataset = spec_.dataset;
  for (const auto& progress : progress_) {
    const auto& known = spec_.source->resources;
    const bool selected = std::any_of(known.begin(), known.end(), [&](const auto& resource) {
      return resource->selected && resource->name == progress->name;
    });
    preview.resources.push_back(
        {progress->name, progress->rows, progress->pages, progress->requests, selected, progress->limited});
  }
  preview.warnings = normalizer_->warnings();
  if (spec_.preview->compares) {
    LODE_ASSIGN(MigrationPlan plan, destination_->plan_migration(*schema_));
    preview.comparison.emplace();
    preview.comparison->destination = destination_->display();
    preview.comparison->tables = diff_schemas(schema_before_ ? &*schema_before_ : nullptr, *schema_);
    preview.comparison->statements = std::move(plan.statements);
    preview.comparison->cleanup = cleanup_;
  }
  return preview.to_json(*schema_, *preview_rows_);
}

std::map<std::string, std::uint64_t> PipelineRun::row_counts() const {
  if (preview_rows_) return preview_rows_->row_counts();
  return package_ ? package_->row_counts() : std::map<std::string, std::uint64_t>();
}

}  // namespace lode
