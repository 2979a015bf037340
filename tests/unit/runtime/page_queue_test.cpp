// Page queue: bounded by bytes, ends once, wakes the producer.
#include "runtime/page_queue.h"

#include <thread>

#include "support/catch.h"

namespace lode {
namespace {

Page page_of_bytes(std::uint64_t bytes) {
  Page page;
  page.bytes = bytes;
  return page;
}

TEST_CASE("a full queue turns the producer away and wakes it when there is room") {
  int woken = 0;
  PageQueue queue(100, [&] { ++woken; });
  const Resource resource;
  CHECK(queue.has_room());
  queue.put(resource, page_of_bytes(60));
  queue.put(resource, page_of_bytes(60));
  CHECK_FALSE(queue.has_room());
  CHECK(queue.take().has_value());
  CHECK(woken == 0);  // 60 of 100 are still there: not worth it yet
  CHECK(queue.take().has_value());
  CHECK(woken == 1);
  CHECK(queue.has_room());
}

TEST_CASE("the end comes after the pages that were put before it") {
  PageQueue queue(100, [] {});
  const Resource resource;
  queue.put(resource, page_of_bytes(1));
  queue.end({});
  CHECK(queue.take().has_value());
  CHECK_FALSE(queue.take().has_value());
  CHECK(queue.status().ok());
}

TEST_CASE("an error drops the pages that wait, and the first end counts") {
  PageQueue queue(100, [] {});
  const Resource resource;
  queue.put(resource, page_of_bytes(1));
  queue.end(Status::error(Code::kIo, "first"));
  queue.end(Status::error(Code::kIo, "second"));
  CHECK_FALSE(queue.take().has_value());
  CHECK(queue.status().message() == "first");
}

TEST_CASE("all pages arrive from another thread, in order") {
  PageQueue queue(10, [] {});
  const Resource resource;
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < 2000; ++i) {
      while (!queue.has_room()) std::this_thread::yield();
      Page page = page_of_bytes(1);
      page.table = std::to_string(i);
      queue.put(resource, std::move(page));
    }
    queue.end({});
  });
  std::uint64_t expected = 0;
  while (const auto item = queue.take()) CHECK(item->page.table == std::to_string(expected++));
  CHECK(expected == 2000);
  producer.join();
}

}  // namespace
}  // namespace lode
