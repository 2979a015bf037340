// Patience: how long one attempt may take.
#include "http/patience.h"

#include <algorithm>

namespace lode {

Patience::Patience(const HttpRequest& request)
    : connect_timeout_s_(request.connect_timeout_s > 0 ? request.connect_timeout_s : request.timeout_s),
      timeout_s_(request.timeout_s),
      end_(deadline_in(request.total_timeout_s)),
      window_begin_(Clock::now()) {}

void Patience::start_answer() {
  window_begin_ = Clock::now();
  window_bytes_ = 0;
}

bool Patience::note(std::size_t bytes) {
  window_bytes_ += bytes;
  if (timeout_s_ <= 0 || Clock::now() - window_begin_ < std::chrono::duration<double>(timeout_s_)) return true;
  const bool is_enough = window_bytes_ >= kBytesMin;
  start_answer();
  return is_enough;
}

double Patience::at_most(double seconds) const {
  if (end_ == Deadline::max()) return seconds;
  constexpr double kLeast = 0.001;  // 0 would be for ever
  const double left = std::chrono::duration<double>(end_ - Clock::now()).count();
  return std::max(seconds > 0 ? std::min(seconds, left) : left, kLeast);
}

}  // namespace lode
