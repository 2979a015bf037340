// Page queue: carries pages from the engine's thread to the thread that normalizes.
#include "runtime/page_queue.h"

namespace lode {

PageQueue::PageQueue(std::uint64_t bytes_max, std::function<void()> on_room)
    : bytes_max_(bytes_max), on_room_(std::move(on_room)) {}

bool PageQueue::has_room() {
  const std::lock_guard lock(mutex_);
  if (bytes_ < bytes_max_) return true;
  producer_waits_ = true;
  return false;
}

void PageQueue::put(const Resource& resource, Page page) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    bytes_ += page.bytes;
    items_.push_back({&resource, std::move(page)});
  }
  filled_.notify_one();
}

void PageQueue::end(Status status) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    ended_ = true;
    status_ = std::move(status);
    if (!status_.ok()) items_.clear();
  }
  filled_.notify_one();
}

std::optional<PageQueue::Item> PageQueue::take() {
  std::optional<Item> item;
  bool wake = false;
  {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return ended_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    item = std::move(items_.front());
    items_.pop_front();
    bytes_ -= item->page.bytes;
    // Half empty before the producer is woken: it then has work for more than one page.
    wake = producer_waits_ && bytes_ < bytes_max_ / 2 + 1;
    if (wake) producer_waits_ = false;
  }
  if (wake) on_room_();
  return item;
}

Status PageQueue::status() {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace lode
