// Sockets: finding a host, connecting, and waiting, all of it interruptible.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "http/stop_event.h"

namespace lode {

/// Where to connect to.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  std::string text() const;  ///< "host:port", "[::1]:port"
};

using Deadline = std::chrono::steady_clock::time_point;
/// `seconds` from now; 0 and less: never.
Deadline deadline_in(double seconds);

enum class Wait { kReady, kTimeout, kStopped };
/// Waits until `fd` is ready for `events` (POLLIN, POLLOUT) or broken.
Wait wait_for(int fd, short events, Deadline deadline, const StopEvent& stop);

/// Owns a descriptor.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() { reset(); }
  Socket(Socket&& other) noexcept : fd_(other.release()) {}
  Socket& operator=(Socket&& other) noexcept;
  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

/// A connected socket that does not block. The host's addresses are tried in the resolver's order, the next one as soon
/// as one fails or is silent for a quarter of a second; the first to answer wins. Errors: kHttpConnect (unknown host,
/// refused, unreachable; all reasons when there are several), kHttpTimeout, kCancelled.
Result<Socket> connect_to(const Endpoint& endpoint, double timeout_s, const StopEvent& stop);

}  // namespace lode
