// PackageLoader: brings packages into a destination, each exactly once.
#include "load/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "load/merge_check.h"

namespace lode {
namespace {

// Sleeps, but not beyond a stop.
void wait(std::uint32_t delay_ms, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, std::chrono::milliseconds(delay_ms), [] { return false; });
}

const std::vector<std::string> kNothing;

Status cancelled() { return Status::error(Code::kCancelled, "the run was cancelled"); }

}  // namespace

// What one commit consists of.
struct PackageLoader::Content {
  const std::vector<Job>& jobs;
  const Schema& schema;
  const std::vector<std::string>& replaced;
  Path folder;  // where the package waits; empty if nowhere

  // "table 'orders', file 2 of 7"
  std::string place_of(const Job& job) const {
    std::size_t number = 0;
    for (const Job& each : jobs) {
      ++number;
      if (each.file_name == job.file_name) {
        return fmt::format("table '{}', file {} of {}", job.table, number, jobs.size());
      }
    }
    return "";
  }
};

PackageLoader::PackageLoader(Destination& destination, Env& env, std::stop_token stop, LoadRetry retry)
    : destination_(destination), env_(env), stop_(std::move(stop)), retry_(retry) {}

Status PackageLoader::begin(std::string_view load_id, LoadTerms terms) {
  undo();
  load_id_ = load_id;
  terms_ = std::move(terms);
  failed_job_ = {};
  attempts_ = 0;
  waits_ = false;
  added_.clear();
  jobs_total_ = 0;
  changes_ = {};
  warnings_.clear();
  return {};
}

Status PackageLoader::start() {
  if (started_) return {};
  LODE_TRY(destination_.begin(load_id_));
  started_ = true;
  if (!terms_.cleanup.dropped.empty()) LODE_TRY(destination_.drop_tables(terms_.cleanup.dropped, terms_.schema_name));
  if (!terms_.cleanup.emptied.empty()) LODE_TRY(destination_.empty_tables(terms_.cleanup.emptied));
  return {};
}

Status PackageLoader::migrate(const Schema& schema) {
  LODE_ASSIGN(SchemaChange change, destination_.migrate(schema));
  std::move(change.tables.begin(), change.tables.end(), std::back_inserter(changes_.tables));
  return {};
}

// Keeps the books of a load.
class PackageLoader::Listener : public JobListener {
 public:
  explicit Listener(PackageLoader& loader) : loader_(loader) {}
  void job_started(const Job& job) override { started_us_[job.file_name] = loader_.env_.steady_us(); }
  void job_failed(const Job& job) override { loader_.failed_job_ = job; }
  void job_loaded(const Job& job) override {
    loader_.loaded_.insert(job.file_name);
    loader_.rows_loaded_ += job.rows;
    TableLoaded& table = loader_.tables_loaded_[job.table];
    ++table.files;
    table.rows += job.rows;
    table.bytes += job.bytes;
    table.time_us += loader_.env_.steady_us() - started_us_[job.file_name];
    if (!loader_.on_progress_) return;
    loader_.on_progress_({job.table, loader_.loaded_.size(), loader_.jobs_total_, loader_.rows_loaded_});
  }

 private:
  PackageLoader& loader_;
  std::map<std::string, std::int64_t> started_us_;
};

Status PackageLoader::load_jobs(const std::vector<const Job*>& jobs, const Schema& schema) {
  if (stop_.stop_requested()) return cancelled();
  failed_job_ = {};
  for (const Job* job : jobs) {
    const Table* const table = schema.find_table(job->table);
    Status status =
        table == nullptr
            ? Status::error(Code::kPackageCorrupt,
                            fmt::format("the schema has no table '{}', but there is a job for it", job->table))
            : check_merge(schema.root_of(*table), destination_, true);
    if (status.ok()) continue;
    failed_job_ = *job;
    return status;
  }
  Listener listener(*this);
  return destination_.load_jobs(jobs, schema, stop_, listener);
}

Status PackageLoader::add_job(const Job& job, const Schema& schema) {
  added_.push_back(job);
  if (waits_) return {};
  Status status = start();
  if (status.ok()) status = migrate(schema);
  if (status.ok()) status = load_jobs({&job}, schema);
  if (status.ok()) return {};
  undo();
  if (status.retryable()) {
    waits_ = true;
    return {};
  }
  return std::move(status).about(fmt::format("load {}: table '{}'", load_id_, job.table));
}

Status PackageLoader::attempt(const Content& content) {
  LODE_TRY(start());
  LODE_TRY(migrate(content.schema));
  std::vector<const Job*> jobs;
  for (const Job& job : content.jobs) {
    if (loaded_.count(job.file_name) == 0) jobs.push_back(&job);
  }
  Status status = load_jobs(jobs, content.schema);
  if (!status.ok()) {
    return failed_job_.file_name.empty() ? status : std::move(status).about(content.place_of(failed_job_));
  }
  CommitRecord record;
  record.load_id = load_id_;
  record.schema_name = content.schema.name();
  record.schema_version_hash = content.schema.version_hash();
  record.inserted_at_us = env_.now_us();
  record.follows = terms_.follows;
  return destination_.commit(record, content.schema, content.replaced);
}

// A failed attempt undoes everything, so the next one begins with the first job.
Status PackageLoader::load_with_retry(const Content& content) {
  jobs_total_ = content.jobs.size();
  std::uint32_t backoff_ms = retry_.backoff_ms_first;
  for (std::uint32_t attempts = 1;; ++attempts) {
    attempts_ = attempts;
    Status status = attempt(content);
    if (status.ok()) {
      started_ = false;
      loaded_.clear();
      warnings_ = destination_.take_warnings();
      return {};
    }
    undo();
    if (!status.retryable() || attempts == retry_.attempts_max) return explain(std::move(status), content, attempts);
    wait(backoff_ms, stop_);
    backoff_ms = std::min(backoff_ms * 2, retry_.backoff_ms_limit);
    if (stop_.stop_requested()) return explain(cancelled().caused_by(std::move(status)), content, attempts);
    // The answer to a commit may have been lost after it was done.
    const Result<bool> loaded = destination_.is_loaded(load_id_);
    if (loaded.ok() && *loaded) return {};
  }
}

Status PackageLoader::finish(const LoadPackage& package) {
  LODE_ASSERT(package.load_id() == load_id_);
  return load_with_retry({package.jobs(), package.schema(), kNothing, package.folder()});
}

Status PackageLoader::commit(const Schema& schema, const std::vector<std::string>& replaced) {
  return load_with_retry({added_, schema, replaced, {}});
}

Status PackageLoader::load(const LoadPackage& package) {
  LoadTerms terms{package.cleanup(), package.schema().name(), std::nullopt};
  if (package.follows()) {
    terms.follows = StateBefore{package.state().document().text_or("pipeline_name", ""), *package.follows()};
  }
  LODE_TRY(begin(package.load_id(), std::move(terms)));
  const Content content{package.jobs(), package.schema(), kNothing, package.folder()};
  const Result<bool> loaded = destination_.is_loaded(package.load_id());
  if (!loaded.ok()) return explain(loaded.status(), content, 1);
  if (*loaded) return {};
  return load_with_retry(content);
}

void PackageLoader::undo() noexcept {
  destination_.rollback();
  (void)destination_.take_warnings();
  started_ = false;
  loaded_.clear();
  rows_loaded_ = 0;
  changes_ = {};
  tables_loaded_.clear();
}

void PackageLoader::abort() noexcept {
  undo();
  added_.clear();
}

// Says which load failed, what is kept and how to go on.
Status PackageLoader::explain(Status status, const Content& content, std::uint32_t attempts) const {
  status.about(fmt::format("load {}", load_id_));
  if (attempts > 1) status.note(fmt::format("tried {} times", attempts));
  if (content.folder.empty()) {
    if (status.code() == Code::kOvertaken) status.hint("run again: the run goes on from the newer cursors");
    return std::move(status).note("kept: nothing of this run; nothing committed");
  }
  status.note(fmt::format("kept: the package, at {}; nothing committed", content.folder.string()));
  if (status.code() == Code::kOvertaken) {
    return std::move(status).hint(
        "if its rows can be extracted again: lode pipeline NAME abort, then run again: the run goes on from the newer "
        "cursors");
  }
  if (status.hint_text().empty())
    status.hint("the next run loads this package first; to give its rows up: lode pipeline NAME abort");
  return status;
}

Status load_package(const LoadPackage& package, Destination& destination, Env& env, const LoadRetry& retry,
                    std::stop_token stop, std::function<void(const LoadProgress&)> on_progress) {
  PackageLoader loader(destination, env, std::move(stop), retry);
  loader.on_progress(std::move(on_progress));
  return loader.load(package);
}

}  // namespace lode
