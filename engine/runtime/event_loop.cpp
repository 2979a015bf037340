// Event loop: what happens on the engine's thread, and when.
#include "runtime/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/assert.h"

namespace lode {

EventLoop::EventLoop(Env& env) : env_(env) {
  wake_fd_ = epoll_create1(EPOLL_CLOEXEC);
  event_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  timer_fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  LODE_ASSERT(wake_fd_ >= 0 && event_fd_ >= 0 && timer_fd_ >= 0);
  for (const int fd : {event_fd_, timer_fd_}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    const int ok = epoll_ctl(wake_fd_, EPOLL_CTL_ADD, fd, &event);
    LODE_ASSERT(ok == 0);
  }
}

EventLoop::~EventLoop() {
  for (const int fd : {timer_fd_, event_fd_, wake_fd_}) close(fd);
}

void EventLoop::signal() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event_fd_, &one, sizeof one);
}

void EventLoop::post(Task task) {
  const std::lock_guard lock(mutex_);
  ready_.push_back(std::move(task));
  if (!std::exchange(signalled_, true)) signal();
}

void EventLoop::post_after(std::int64_t delay_us, Task task) {
  const std::lock_guard lock(mutex_);
  timers_.emplace(env_.steady_us() + std::max<std::int64_t>(delay_us, 0), std::move(task));
  arm_timer();
}

void EventLoop::arm_timer() {
  itimerspec spec{};
  if (!timers_.empty()) {
    const std::int64_t delay_us = std::max<std::int64_t>(1, timers_.begin()->first - env_.steady_us());
    spec.it_value.tv_sec = delay_us / 1'000'000;
    spec.it_value.tv_nsec = delay_us % 1'000'000 * 1000;
  }
  timerfd_settime(timer_fd_, 0, &spec, nullptr);
}

void EventLoop::collect_due() {
  if (timers_.empty()) return;
  const std::int64_t now_us = env_.steady_us();
  bool any = false;
  while (!timers_.empty() && timers_.begin()->first <= now_us) {
    ready_.push_back(std::move(timers_.begin()->second));
    timers_.erase(timers_.begin());
    any = true;
  }
  if (any) arm_timer();
}

void EventLoop::run_ready(std::int64_t deadline_us) {
  deadline_us_ = deadline_us;
  for (;;) {
    std::vector<Task> tasks;
    {
      const std::lock_guard lock(mutex_);
      collect_due();
      tasks.swap(ready_);
      if (std::exchange(signalled_, false)) {
        std::uint64_t count = 0;
        [[maybe_unused]] const ssize_t got = read(event_fd_, &count, sizeof count);
      }
    }
    if (tasks.empty()) break;
    std::size_t done = 0;
    bool over = false;
    while (done < tasks.size() && !over) {
      tasks[done]();
      tasks[done] = nullptr;  // what it holds goes now, on this thread
      ++done;
      over = deadline_us != 0 && env_.steady_us() >= deadline_us;
    }
    if (over) {
      // What is left keeps its place before whatever was posted meanwhile.
      const std::lock_guard lock(mutex_);
      ready_.insert(ready_.begin(), std::make_move_iterator(tasks.begin() + static_cast<std::ptrdiff_t>(done)),
                    std::make_move_iterator(tasks.end()));
      if (!ready_.empty() && !std::exchange(signalled_, true)) signal();
      break;
    }
  }
  deadline_us_ = 0;
}

void EventLoop::wait(std::int64_t timeout_us) const {
  epoll_event event;
  epoll_wait(wake_fd_, &event, 1, static_cast<int>(timeout_us / 1000));
}

}  // namespace lode
