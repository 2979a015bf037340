// Page queue: carries pages from the engine's thread to the thread that normalizes, and pushes back when that is
// slower.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "extract/extraction.h"

namespace lode {

/// Bounded by bytes, not by pages. One producer (the engine's thread), one consumer.
class PageQueue : public PageSink {
 public:
  /// `on_room` is called from the consumer's thread when the producer was turned away and there is room again.
  PageQueue(std::uint64_t bytes_max, std::function<void()> on_room);

  struct Item {
    const Resource* resource;
    Page page;
  };

  // Producer
  bool has_room() override;
  void put(const Resource& resource, Page page) override;
  /// No more pages: `status` says why. The first call counts.
  void end(Status status);

  // Consumer
  /// The next page; nullopt after the last one. Blocks.
  std::optional<Item> take();
  /// After take() answered nullopt.
  Status status();

 private:
  const std::uint64_t bytes_max_;
  const std::function<void()> on_room_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Item> items_;
  std::uint64_t bytes_ = 0;
  bool producer_waits_ = false;
  bool ended_ = false;
  Status status_;
};

}  // namespace lode
