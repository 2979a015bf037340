// Event loop: tasks, timers, the budget, the descriptor.
#include "runtime/event_loop.h"

#include <poll.h>

#include <string>
#include <thread>

#include "support/catch.h"

namespace lode {
namespace {

bool readable(int fd, int timeout_ms) {
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, timeout_ms) == 1;
}

TEST_CASE("tasks run in the order they were posted, also those posted by tasks") {
  EventLoop loop(Env::real());
  std::string order;
  loop.post([&] {
    order += 'a';
    loop.post([&] { order += 'c'; });
  });
  loop.post([&] { order += 'b'; });
  loop.run_ready(0);
  CHECK(order == "abc");
}

TEST_CASE("what the budget leaves keeps its place before what was posted meanwhile") {
  EventLoop loop(Env::real());
  std::string order;
  loop.post([&] {
    order += 'a';
    loop.post([&] { order += 'c'; });
  });
  loop.post([&] { order += 'b'; });
  loop.run_ready(1);  // long past: one task only
  CHECK(order == "a");
  CHECK(readable(loop.wake_fd(), 0));
  loop.run_ready(0);
  CHECK(order == "abc");
  CHECK_FALSE(readable(loop.wake_fd(), 0));
}

TEST_CASE("a post from another thread makes the descriptor readable") {
  EventLoop loop(Env::real());
  CHECK_FALSE(readable(loop.wake_fd(), 0));
  bool done = false;
  std::thread thread([&] { loop.post([&] { done = true; }); });
  CHECK(readable(loop.wake_fd(), 10'000));
  thread.join();
  loop.run_ready(0);
  CHECK(done);
}

TEST_CASE("timers run in the order of their time and make the descriptor readable") {
  EventLoop loop(Env::real());
  std::string order;
  loop.post_after(2000, [&] { order += 'b'; });
  loop.post_after(1000, [&] { order += 'a'; });
  while (order.size() < 2) {
    REQUIRE(readable(loop.wake_fd(), 10'000));
    loop.run_ready(0);
  }
  CHECK(order == "ab");
}

}  // namespace
}  // namespace lode
