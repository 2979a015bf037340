// PackageLoader: brings one package after the other into a destination, each exactly once.
#include "load/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace lode {
namespace {

// Sleeps, but not beyond a stop.
void wait(std::uint32_t delay_ms, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, std::chrono::milliseconds(delay_ms), [] { return false; });
}

}  // namespace

PackageLoader::PackageLoader(Destination& destination, Env& env, std::stop_token stop, LoadRetry retry)
    : destination_(destination), env_(env), stop_(std::move(stop)), retry_(retry) {}

Status PackageLoader::begin(std::string_view load_id) {
  load_id_ = load_id;
  started_ = false;
  added_.clear();
  rows_loaded_ = 0;
  return {};
}

Status PackageLoader::start() {
  if (started_) return {};
  LODE_TRY(destination_.begin(load_id_));
  started_ = true;
  return {};
}

Status PackageLoader::add_job(const Job& job, const Schema& schema) {
  if (stop_.stop_requested()) return Status::error(Code::kCancelled, "the run was cancelled");
  LODE_TRY(start());
  Result<SchemaChange> change = destination_.migrate(schema);
  if (!change.ok()) return std::move(change).status();
  Status status = destination_.load(job, schema, stop_);
  if (!status.ok()) return std::move(status).about(fmt::format("load {}: table '{}'", load_id_, job.table));
  added_.insert(job.file_name);
  rows_loaded_ += job.rows;
  return {};
}

Status PackageLoader::finish_once(const LoadPackage& package) {
  LODE_TRY(start());
  for (const Job& job : package.jobs()) {
    if (added_.count(job.file_name) == 0) LODE_TRY(add_job(job, package.schema()));
  }
  Result<SchemaChange> change = destination_.migrate(package.schema());
  if (!change.ok()) return std::move(change).status();
  CommitRecord record;
  record.load_id = package.load_id();
  record.schema_name = package.schema().name();
  record.schema_version_hash = package.schema().version_hash();
  record.inserted_at_us = env_.now_us();
  return destination_.commit(record, package.schema(), {});
}

// A failed attempt undoes everything, so each attempt begins from the first job.
Status PackageLoader::with_retry(const LoadPackage& package) {
  std::uint32_t backoff_ms = retry_.backoff_ms_first;
  for (std::uint32_t attempt = 1;; ++attempt) {
    Status status = finish_once(package);
    if (status.ok()) {
      started_ = false;
      return {};
    }
    abort();
    if (!status.retryable() || attempt >= retry_.attempts_max || stop_.stop_requested()) {
      if (attempt > 1) status.note(fmt::format("tried {} times", attempt));
      return status;
    }
    wait(backoff_ms, stop_);
    backoff_ms = std::min(backoff_ms * 2, retry_.backoff_ms_limit);
    // The answer to a commit may have been lost after it was done.
    Result<bool> loaded = destination_.is_loaded(package.load_id());
    if (loaded.ok() && *loaded) return {};
  }
}

Status PackageLoader::finish(const LoadPackage& package) { return with_retry(package); }

Status PackageLoader::load(const LoadPackage& package) {
  Result<bool> loaded = destination_.is_loaded(package.load_id());
  if (!loaded.ok()) return std::move(loaded).status();
  if (*loaded) return {};
  LODE_TRY(begin(package.load_id()));
  return with_retry(package);
}

void PackageLoader::abort() {
  destination_.rollback();
  started_ = false;
  added_.clear();
}

Status with_waiting_package(Status status, const LoadPackage& package) {
  status.note(fmt::format("kept: the package, at {}; nothing of it is in the destination", package.folder().string()));
  if (status.hint_text().empty()) status.hint("run the pipeline again: it loads this package first");
  return status;
}

}  // namespace lode
