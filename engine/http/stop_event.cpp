// StopEvent: a file descriptor that becomes readable when a stop is requested.
#include "http/stop_event.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace lode {

StopEvent::StopEvent(const std::stop_token& token) : token_(token) {
  if (!token_.stop_possible()) return;
  fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd_ < 0) return;
  callback_.emplace(token_, [fd = fd_] {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(fd, &one, sizeof one);
  });
}

StopEvent::~StopEvent() {
  callback_.reset();
  if (fd_ >= 0) close(fd_);
}

}  // namespace lode
