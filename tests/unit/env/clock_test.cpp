// The clock moves on, for every thread.
#include <algorithm>
#include <ctime>
#include <thread>
#include <vector>

#include "env_testing.h"

using namespace lode;

TEST_CASE("now_us is the time of day in UTC", "[env][clock]") {
  const std::int64_t before = std::int64_t{std::time(nullptr)} * 1'000'000;
  const std::int64_t now = Env::real().now_us();
  CHECK(now >= before);
  CHECK(now < before + 60'000'000);
}

TEST_CASE("no two answers are the same, whoever asks", "[env][clock]") {
  std::vector<std::vector<std::int64_t>> answers(4);
  std::vector<std::thread> threads;
  for (auto& list : answers) {
    threads.emplace_back([&list] {
      for (int i = 0; i < 20'000; ++i) list.push_back(Env::real().now_us());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<std::int64_t> all;
  for (const auto& list : answers) {
    CHECK(std::is_sorted(list.begin(), list.end()));
    all.insert(all.end(), list.begin(), list.end());
  }
  std::sort(all.begin(), all.end());
  CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
}

TEST_CASE("steady_us never goes back", "[env][clock]") {
  const std::int64_t first = Env::real().steady_us();
  CHECK(Env::real().steady_us() >= first);
}
