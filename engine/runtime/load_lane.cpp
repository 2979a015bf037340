// Load lane: the thread that loads a package's jobs while the rest of the package is still being extracted.
#include "runtime/load_lane.h"

namespace lode {

LoadLane::LoadLane(PackageLoader& loader) : loader_(loader), thread_([this] { work(); }) {}

LoadLane::~LoadLane() {
  {
    const std::lock_guard lock(mutex_);
    drop_ = true;
    closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LoadLane::add(Job job, std::shared_ptr<const Schema> schema) {
  {
    const std::lock_guard lock(mutex_);
    items_.push_back({std::move(job), std::move(schema)});
  }
  changed_.notify_all();
}

Status LoadLane::finish() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  return status_;
}

bool LoadLane::failed() {
  const std::lock_guard lock(mutex_);
  return !status_.ok();
}

void LoadLane::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || !items_.empty(); });
    if (items_.empty() || drop_ || !status_.ok()) {
      if (closing_) return;
      items_.clear();
      continue;
    }
    const Item item = std::move(items_.front());
    items_.pop_front();
    lock.unlock();
    Status status = loader_.add_job(item.job, *item.schema);
    lock.lock();
    if (!status.ok()) status_ = std::move(status);
  }
}

}  // namespace lode
