// Worker pool: threads for work that blocks. Shared by all pipelines of an engine.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "extract/pipe.h"

namespace lode {

/// Starts threads only when work waits and none is idle, up to a limit. All methods are thread-safe.
class WorkerPool : public WorkQueue {
 public:
  explicit WorkerPool(std::uint32_t threads_max);
  /// Waits for work that has begun; drops what has not.
  ~WorkerPool() override;
  void submit(std::function<void()> work) override;

 private:
  void work();

  const std::uint32_t threads_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  std::vector<std::thread> threads_;
  std::uint32_t idle_ = 0;
  bool closing_ = false;
};

}  // namespace lode
