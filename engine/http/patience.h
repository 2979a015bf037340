// Patience: how long one attempt may take. Private to this folder.
#pragma once

#include <cstddef>

#include "http/message.h"
#include "http/socket.h"

namespace lode {

/// Bounds each wait, the whole attempt, and how slow an answer may be: one that is always about to come must not hold
/// a worker for ever. Used by one thread at a time; lives through all redirects of an attempt.
class Patience {
 public:
  /// Less than this in timeout_s is too slow.
  static constexpr std::size_t kBytesMin = 1024;

  explicit Patience(const HttpRequest& request);

  /// Seconds for connecting, and again for the TLS handshake. 0: for ever.
  double connect_s() const { return at_most(connect_timeout_s_); }
  /// Seconds for the next bytes. 0: for ever.
  double wait_s() const { return at_most(timeout_s_); }
  /// An answer is about to come.
  void start_answer();
  /// Notes that bytes of it came. False: too few of them for the time.
  bool note(std::size_t bytes);
  /// Whether the attempt has taken as long as it may in all.
  bool is_over() const { return Clock::now() >= end_; }

 private:
  using Clock = std::chrono::steady_clock;
  double at_most(double seconds) const;

  const double connect_timeout_s_;
  const double timeout_s_;
  const Deadline end_;
  Deadline window_begin_;
  std::size_t window_bytes_ = 0;
};

}  // namespace lode
