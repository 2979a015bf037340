// Load packages on disk. FORMAT.md has the layout.
#include "package/load_package.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/digest.h"
#include "base/ids.h"
#include "base/text.h"
#include "json/parse.h"
#include "json/write.h"

namespace lode {
namespace {

constexpr std::int64_t kFormatVersion = 1;
constexpr std::size_t kUnsyncedFilesMax = 16;  // each keeps a descriptor
constexpr std::size_t kChecksumDigits = 16;
constexpr std::string_view kManifest = "manifest.json";
constexpr std::string_view kJobsFolder = "jobs";
constexpr std::string_view kFailure = "failure.json";

Path new_folder(const Path& pipeline_folder) { return pipeline_folder / "load" / "new"; }
Path normalized_folder(const Path& pipeline_folder) { return pipeline_folder / "load" / "normalized"; }

std::string hex(std::uint64_t number) { return fmt::format("{:016x}", number); }

json::Value name_list(const std::vector<std::string>& names) {
  json::Value list = json::Value::list();
  for (const std::string& name : names) list.push_back(name);
  return list;
}

std::vector<std::string> names_of(const json::Value* list) {
  std::vector<std::string> names;
  if (list == nullptr || !list->is_list()) return names;
  for (const json::Value& name : list->items()) {
    if (name.is_text()) names.push_back(name.as_text());
  }
  return names;
}

}  // namespace

// Microseconds of "1714501234.567891"; digits beyond the sixth are dropped. -1 for any other text.
std::int64_t micros_of_load_id(std::string_view load_id) {
  const std::size_t point = load_id.find('.');
  const std::string_view seconds = load_id.substr(0, point);
  std::string fraction(point == std::string_view::npos ? "" : load_id.substr(point + 1));
  const auto is_digits = [](std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (seconds.empty() || seconds.size() > 11 || !is_digits(seconds) || !is_digits(fraction)) return -1;
  fraction.resize(6, '0');
  return std::stoll(std::string(seconds)) * 1'000'000 + std::stoll(fraction);
}

std::string new_load_id(Env& env, std::string_view after) {
  static std::atomic<std::int64_t> last_us{0};
  const std::int64_t now_us = std::max(env.now_us(), micros_of_load_id(after) + 1);
  std::int64_t before = last_us.load();
  std::int64_t mine = 0;
  do {
    mine = std::max(now_us, before + 1);
  } while (!last_us.compare_exchange_weak(before, mine));
  return fmt::format("{}.{:06}", mine / 1'000'000, mine % 1'000'000);
}

// A job file being written.
struct PackageWriter::Open {
  Job job;
  std::unique_ptr<RowFileWriter> writer;
  std::uint64_t rows_before = 0;  // of the table, in files already closed
};

PackageWriter::PackageWriter() = default;

Result<std::unique_ptr<PackageWriter>> PackageWriter::create(Env& env, const Path& pipeline_folder, std::string load_id,
                                                             Options options) {
  std::unique_ptr<PackageWriter> writer(new PackageWriter);
  writer->env_ = &env;
  writer->pipeline_folder_ = pipeline_folder;
  writer->folder_ = new_folder(pipeline_folder) / load_id;
  writer->load_id_ = std::move(load_id);
  writer->created_at_us_ = env.now_us();
  writer->options_ = std::move(options);
  LODE_TRY(env.remove_tree(writer->folder_));
  LODE_TRY(env.make_folders(writer->folder_ / kJobsFolder));
  return writer;
}

PackageWriter::~PackageWriter() {
  if (sealed_) return;
  open_.clear();
  unsynced_.clear();
  (void)env_->remove_tree(folder_).ok();  // what stays is deleted by the next LoadPackage::pending()
}

Result<PackageWriter::Target> PackageWriter::writer_for(const std::string& table) {
  LODE_ASSERT(!sealed_ && !table.empty() && table.find_first_of(".%{}/") == std::string::npos);
  std::unique_ptr<Open>& slot = open_[table];
  if (slot != nullptr) return Target{slot->writer.get(), false};
  auto open = std::make_unique<Open>();
  open->job.table = table;
  open->job.file_name = fmt::format("{}.{}.0.rows", table, random_hex(5));
  open->job.path = folder_ / kJobsFolder / open->job.file_name;
  const RowFileSums sums = options_.seals ? RowFileSums::kYes : RowFileSums::kNo;
  LODE_ASSIGN(open->writer, RowFileWriter::create(*env_, open->job.path, sums));
  open->rows_before = row_counts_[table];
  slot = std::move(open);
  return Target{slot->writer.get(), true};
}

const std::map<std::string, std::uint64_t>& PackageWriter::row_counts() const {
  for (const auto& [table, open] : open_) {
    if (open != nullptr) row_counts_[table] = open->rows_before + open->writer->row_count();
  }
  return row_counts_;
}

std::uint64_t PackageWriter::bytes() const {
  std::uint64_t bytes = 0;
  for (const Job& job : jobs_) bytes += job.bytes;
  for (const auto& [table, open] : open_) bytes += open != nullptr ? open->writer->bytes() : 0;
  return bytes;
}

Status PackageWriter::rotate_if_full(const std::string& table) {
  const auto found = open_.find(table);
  if (found == open_.end() || found->second == nullptr) return {};
  if (found->second->writer->bytes() < options_.file_bytes_max) return {};
  LODE_TRY(close_file(*found->second));
  found->second.reset();
  return {};
}

Status PackageWriter::close_files() {
  for (auto& [table, open] : open_) {
    if (open == nullptr) continue;
    LODE_TRY(close_file(*open));
    open.reset();
  }
  return {};
}

// Completes a job file. It stays open until it is synced: then its data may already be on the disk, and there is less
// to wait for.
Status PackageWriter::close_file(Open& open) {
  LODE_ASSIGN(std::unique_ptr<AppendFile> file, open.writer->finish_open());
  if (options_.seals) {
    file->start_sync();  // so that seal() waits less
    unsynced_.push_back(std::move(file));
    if (unsynced_.size() > kUnsyncedFilesMax) LODE_TRY(sync_oldest());
  } else {
    LODE_TRY(file->close());
  }
  open.job.rows = open.writer->row_count();
  open.job.bytes = open.writer->bytes();
  row_counts_[open.job.table] = open.rows_before + open.job.rows;
  jobs_.push_back(open.job);
  checksums_.push_back(open.writer->footer().checksum);
  if (options_.on_job) options_.on_job(jobs_.back());
  return {};
}

Status PackageWriter::sync_oldest() {
  const std::unique_ptr<AppendFile> file = std::move(unsynced_.front());
  unsynced_.pop_front();
  LODE_TRY(file->sync());
  return file->close();
}

// The state is typed JSON inside the JSON of the rest, so the text is put together from parts.
std::string PackageWriter::manifest(const Schema& schema, const PipelineState& state,
                                    const TableCleanup& cleanup) const {
  json::Value jobs = json::Value::list();
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    json::Value job = json::Value::object();
    job.set("file", jobs_[i].file_name);
    job.set("table", jobs_[i].table);
    job.set("rows", static_cast<std::int64_t>(jobs_[i].rows));
    job.set("bytes", static_cast<std::int64_t>(jobs_[i].bytes));
    job.set("checksum", hex(checksums_[i]));
    jobs.push_back(std::move(job));
  }
  std::string text = "{\"format\":" + std::to_string(kFormatVersion) + ",\"load_id\":";
  json::append(text, json::Value(load_id_));
  text += ",\"created_at_us\":" + std::to_string(created_at_us_) + ",\"jobs\":";
  json::append(text, jobs);
  if (!cleanup.dropped.empty()) json::append(text += ",\"dropped_tables\":", name_list(cleanup.dropped));
  if (!cleanup.emptied.empty()) json::append(text += ",\"emptied_tables\":", name_list(cleanup.emptied));
  if (options_.follows) {
    text += ",\"follows\":";
    json::append(text, json::Value(*options_.follows));
  }
  text += ",\"schema\":";
  json::append(text, schema.to_json());
  text += ",\"state\":";
  json::append(text, state.document(), {.typing = json::Typing::kTyped});
  text += "}\n";
  const std::string checksum = hex(checksum_64(text));
  return text + checksum + "\n";
}

Status PackageWriter::seal(const Schema& schema, const PipelineState& state, const TableCleanup& cleanup) {
  LODE_ASSERT(options_.seals);
  LODE_TRY(close_files());
  LODE_ASSIGN(const std::unique_ptr<AppendFile> file, env_->create_file(folder_ / kManifest));
  LODE_TRY(file->append(manifest(schema, state, cleanup)));
  LODE_TRY(file->sync());
  LODE_TRY(file->close());
  while (!unsynced_.empty()) LODE_TRY(sync_oldest());
  LODE_TRY(env_->sync_folder(folder_ / kJobsFolder));
  LODE_TRY(env_->sync_folder(folder_));
  LODE_TRY(env_->make_folders(normalized_folder(pipeline_folder_)));
  // From here on a crash leaves a package that will be loaded; before, one that will be thrown away.
  LODE_TRY(env_->replace(folder_, normalized_folder(pipeline_folder_) / load_id_));
  sealed_ = true;
  return {};
}

Path PackageWriter::sealed_folder() const {
  LODE_ASSERT(sealed_);
  return normalized_folder(pipeline_folder_) / load_id_;
}

namespace {

Status corrupt(const Path& folder, std::string_view why) {
  return Status::error(Code::kPackageCorrupt, fmt::format("the package at '{}' is damaged: {}", folder.string(), why))
      .hint("nothing of it was loaded; move the folder away and run again to extract its rows once more");
}

// The manifest without its last line, which is the checksum of the rest.
Result<json::Value> read_manifest(Env& env, const Path& folder) {
  Result<std::string> text = env.read_file(folder / kManifest);
  if (!text.ok()) {
    if (text.status().code() != Code::kNotFound) return std::move(text).status();
    return corrupt(folder, "it has no manifest.json");
  }
  const std::string_view bytes = *text;
  if (bytes.size() < kChecksumDigits + 1) return corrupt(folder, "manifest.json is cut off");
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumDigits - 1);
  if (bytes.substr(body.size()) != hex(checksum_64(body)) + "\n") {
    return corrupt(folder, "the checksum of manifest.json does not match");
  }
  Result<json::Value> manifest = json::parse_value(body);
  if (!manifest.ok()) return corrupt(folder, "manifest.json is not JSON").caused_by(std::move(manifest).status());
  if (manifest->int_or("format", 0) != kFormatVersion) {
    return corrupt(folder, fmt::format("it was written by another version (its format is {}, known is {})",
                                       manifest->int_or("format", 0), kFormatVersion));
  }
  return manifest;
}

Result<Job> read_job(Env& env, const Path& folder, const json::Value& entry) {
  Job job;
  job.table = entry.text_or("table", "");
  job.file_name = entry.text_or("file", "");
  job.path = folder / kJobsFolder / job.file_name;
  job.rows = static_cast<std::uint64_t>(entry.int_or("rows", 0));
  job.bytes = static_cast<std::uint64_t>(entry.int_or("bytes", 0));
  const std::vector<std::string_view> parts = split(job.file_name, '.');
  if (parts.size() != 4 || parts[0] != job.table || parts[3] != "rows" ||
      job.file_name.find('/') != std::string::npos) {
    return corrupt(folder, fmt::format("'{}' is not the name of a job file", job.file_name));
  }
  Result<std::shared_ptr<const MappedFile>> file = env.map_file(job.path);
  if (!file.ok()) {
    if (file.status().code() != Code::kNotFound) return std::move(file).status();
    return corrupt(folder, fmt::format("job file '{}' is missing", job.file_name));
  }
  if ((*file)->bytes().size() != job.bytes) {
    return corrupt(folder, fmt::format("job file '{}' has {} bytes instead of {}", job.file_name,
                                       (*file)->bytes().size(), job.bytes));
  }
  Result<RowFileFooter> footer = RowFileReader::read_footer(env, job.path);
  if (!footer.ok()) return corrupt(folder, "a job file is").caused_by(std::move(footer).status());
  if (footer->row_count != job.rows || hex(footer->checksum) != entry.text_or("checksum", "")) {
    return corrupt(folder, fmt::format("job file '{}' is not the one that was sealed", job.file_name));
  }
  return job;
}

}  // namespace

Result<LoadPackage> LoadPackage::open(Env& env, const Path& folder) {
  LODE_ASSIGN(const json::Value manifest, read_manifest(env, folder));
  const json::Value* jobs = manifest.find("jobs");
  const json::Value* stored_schema = manifest.find("schema");
  const json::Value* stored_state = manifest.find("state");
  if (jobs == nullptr || !jobs->is_list() || stored_schema == nullptr || stored_state == nullptr) {
    return corrupt(folder, "manifest.json lacks jobs, schema or state");
  }
  Result<Schema> schema = Schema::from_json(*stored_schema);
  if (!schema.ok()) return corrupt(folder, "its schema cannot be read").caused_by(std::move(schema).status());
  json::Value state_document = *stored_state;
  json::decode_typed(state_document);
  Result<PipelineState> state = PipelineState::from_json(std::move(state_document));
  if (!state.ok()) return corrupt(folder, "its state cannot be read").caused_by(std::move(state).status());

  LoadPackage package(std::move(*schema), std::move(*state));
  package.folder_ = folder;
  package.load_id_ = manifest.text_or("load_id", "");
  package.created_at_us_ = manifest.int_or("created_at_us", 0);
  package.cleanup_ = {names_of(manifest.find("dropped_tables")), names_of(manifest.find("emptied_tables"))};
  if (const json::Value* const follows = manifest.find("follows"); follows != nullptr && follows->is_text()) {
    package.follows_ = follows->as_text();
  }
  for (const json::Value& entry : jobs->items()) {
    LODE_ASSIGN(Job job, read_job(env, folder, entry));
    package.jobs_.push_back(std::move(job));
  }
  return package;
}

Result<std::vector<Path>> LoadPackage::pending(Env& env, const Path& pipeline_folder) {
  LODE_TRY(env.remove_tree(new_folder(pipeline_folder)));
  const Path parent = normalized_folder(pipeline_folder);
  LODE_ASSIGN(const std::vector<FolderEntry> entries, env.list_folder(parent));
  std::vector<Path> folders;
  for (const FolderEntry& entry : entries) {
    if (!entry.is_folder) continue;
    if (env.exists(parent / entry.name / kManifest)) {
      folders.push_back(parent / entry.name);
    } else {
      LODE_TRY(env.remove_tree(parent / entry.name));  // a crash interrupted remove()
    }
  }
  return folders;
}

// The manifest goes first: a folder without one is known to be on its way out.
Status LoadPackage::remove(Env& env) { return discard(env, folder_); }

Status LoadPackage::discard(Env& env, const Path& folder) {
  LODE_TRY(env.remove_file(folder / kManifest));
  return env.remove_tree(folder);
}

Status write_failure(Env& env, const Path& package, const PackageFailure& failure) {
  Result<json::Value> error = json::parse_value(failure.error.render_json());
  if (error.ok()) error->set("text", failure.error.render());
  const json::Value note = json::Value::object({{"at_us", failure.at_us},
                                                {"attempts", static_cast<std::int64_t>(failure.attempts)},
                                                {"final", failure.is_final},
                                                {"table", failure.table},
                                                {"file", failure.file},
                                                {"rows", static_cast<std::int64_t>(failure.rows)},
                                                {"error", error.ok() ? std::move(*error) : json::Value()}});
  return env.write_file(package / kFailure, json::write(note, {.indent = 2}) + "\n");
}

std::optional<PackageFailure> read_failure(Env& env, const Path& package) {
  const Result<std::string> text = env.read_file(package / kFailure);
  if (!text.ok()) return std::nullopt;
  const Result<json::Value> note = json::parse_value(*text);
  if (!note.ok() || !note->is_object()) return std::nullopt;
  PackageFailure failure;
  failure.at_us = note->int_or("at_us", 0);
  failure.attempts = static_cast<std::uint32_t>(note->int_or("attempts", 0));
  failure.is_final = note->bool_or("final", false);
  failure.table = note->text_or("table", "");
  failure.file = note->text_or("file", "");
  failure.rows = static_cast<std::uint64_t>(note->int_or("rows", 0));
  if (const json::Value* error = note->find("error")) failure.facts = *error;
  return failure;
}

}  // namespace lode
