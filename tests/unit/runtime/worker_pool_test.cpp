// Worker pool: work runs, side by side, and what has begun is finished.
#include "runtime/worker_pool.h"

#include <atomic>
#include <future>

#include "support/catch.h"

namespace lode {
namespace {

TEST_CASE("all work runs") {
  std::atomic<int> done{0};
  std::promise<void> last;
  {
    WorkerPool pool(4);
    for (int i = 0; i < 1000; ++i) {
      pool.submit([&] {
        if (++done == 1000) last.set_value();
      });
    }
    last.get_future().wait();
  }
  CHECK(done == 1000);
}

TEST_CASE("work that waits does not hold up other work") {
  WorkerPool pool(2);
  std::promise<void> second;
  std::promise<bool> first;
  pool.submit([&] {
    second.get_future().wait();
    first.set_value(true);
  });
  pool.submit([&] { second.set_value(); });
  CHECK(first.get_future().get());
}

TEST_CASE("closing waits for work that has begun") {
  std::atomic<bool> finished{false};
  std::promise<void> begun;
  {
    WorkerPool pool(1);
    pool.submit([&] {
      begun.set_value();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      finished = true;
    });
    begun.get_future().wait();
  }
  CHECK(finished);
}

}  // namespace
}  // namespace lode
