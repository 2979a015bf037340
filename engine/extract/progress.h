// Progress of one resource: counters that any thread may raise and read.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace lode {

struct ResourceProgress {
  std::string name;
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> bytes{0};  ///< as read from the network or the file
  std::atomic<std::uint64_t> pages{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> retries{0};
  std::atomic<bool> done{false};
  std::atomic<bool> limited{false};  ///< a limit ended it; there may be more
};

}  // namespace lode
