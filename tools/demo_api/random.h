// Random numbers that depend on nothing but their seeds: the same seed gives the same data on every machine.
#pragma once

#include <cstdint>

namespace lode::demo_api {

/// A short stream of random numbers (splitmix64). One is made for every row and thrown away after it, so that a row's
/// content depends on its own number only and rows can be written in any order. A value; not synchronised.
class Random {
 public:
  /// Streams with different arguments are independent of each other.
  Random(std::uint64_t seed, std::uint64_t table, std::uint64_t row, std::uint64_t version = 0)
      : state_(mix(seed + mix(table + mix(row + mix(version + 0x632be59bd9b4e019ULL))))) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    return mix(state_);
  }
  /// 0 to limit-1; 0 when the limit is 0. The bias of the remainder does not matter here.
  std::int64_t below(std::int64_t limit) {
    return limit <= 0 ? 0 : static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(limit));
  }
  /// `low` to `high`, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  bool chance(int percent) { return below(100) < percent; }
  template <class T, std::size_t N>
  const T& pick(const T (&choices)[N]) {
    return choices[below(static_cast<std::int64_t>(N))];
  }

 private:
  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  }
  std::uint64_t state_;
};

}  // namespace lode::demo_api
