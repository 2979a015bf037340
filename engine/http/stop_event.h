// StopEvent: a file descriptor that becomes readable when a stop is requested, so that poll() can wait for it too.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

namespace lode {

/// Lives as long as one call that waits. The thread that requests the stop writes eight bytes and never blocks.
class StopEvent {
 public:
  explicit StopEvent(const std::stop_token& token);
  ~StopEvent();
  StopEvent(const StopEvent&) = delete;
  StopEvent& operator=(const StopEvent&) = delete;

  bool requested() const { return token_.stop_requested(); }
  /// -1 when nobody can request a stop, or when the process has no descriptor left: then ask requested() now and then.
  int fd() const { return fd_; }
  bool needs_asking() const { return fd_ < 0 && token_.stop_possible(); }

 private:
  std::stop_token token_;
  int fd_ = -1;
  std::optional<std::stop_callback<std::function<void()>>> callback_;  // last: gone before the descriptor is closed
};

}  // namespace lode
