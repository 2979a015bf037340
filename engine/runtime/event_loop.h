// Event loop: what happens on the engine's thread, and when.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "env/env.h"

namespace lode {

/// Tasks and timers for one thread. post() may be called from any thread; everything else belongs to the thread that
/// ticks. A file descriptor becomes readable when there is something to do, so that a host can sleep on it.
class EventLoop {
 public:
  using Task = std::function<void()>;
  explicit EventLoop(Env& env);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// [any thread] Runs `task` at the next tick.
  void post(Task task);
  /// [any thread] Runs `task` at a tick after `delay_us`.
  void post_after(std::int64_t delay_us, Task task);
  /// Runs what is ready until `deadline_us` on the steady clock (0: until nothing is ready). A task that has begun is
  /// not interrupted: it asks deadline_us() itself.
  void run_ready(std::int64_t deadline_us);
  /// Sleeps until there is something to do, at most `timeout_us`.
  void wait(std::int64_t timeout_us) const;
  /// Of the tick that is running; 0: none.
  std::int64_t deadline_us() const { return deadline_us_; }
  /// Readable while run_ready() has something to do, timers included. Owned by the loop.
  int wake_fd() const { return wake_fd_; }

 private:
  void signal();
  void arm_timer();    // REQUIRES: mutex_ held
  void collect_due();  // REQUIRES: mutex_ held

  Env& env_;
  int wake_fd_ = -1;  // epoll over the two below
  int event_fd_ = -1;
  int timer_fd_ = -1;
  std::int64_t deadline_us_ = 0;

  std::mutex mutex_;
  std::vector<Task> ready_;
  std::multimap<std::int64_t, Task> timers_;  // by due time on the steady clock
  bool signalled_ = false;
};

}  // namespace lode
