// on_worker: a blocking source as a pipe.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "extract/pipe.h"
#include "pages.h"

namespace lode::testing {
namespace {

// One thread for each piece of work: the hardest order of things that a pool can bring about.
class Threads : public WorkQueue {
 public:
  ~Threads() override {
    for (std::thread& thread : threads_) thread.join();
  }
  void submit(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back(std::move(work));
  }

 private:
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

class Counting : public BlockingPipe {
 public:
  Counting(int count, bool fails) : count_(count), fails_(fails) {}
  Result<Polled> next() override {
    if (at_ == count_ && fails_) return Status::error(Code::kIo, "broken");
    if (at_ == count_) return Polled::end();
    ++at_;
    return Polled::of(page_of("[" + std::to_string(at_) + "]"));
  }

 private:
  int at_ = 0;
  const int count_;
  const bool fails_;
};

// Polls and sleeps until the pipe ends; the number of pages, or the error.
Result<int> count_pages(Pipe& pipe) {
  std::mutex mutex;
  std::condition_variable changed;
  bool awake = false;
  Turn turn = endless_turn();
  turn.waker = [&] {
    const std::lock_guard lock(mutex);
    awake = true;
    changed.notify_one();
  };
  for (int pages = 0;;) {
    LODE_ASSIGN(Polled polled, pipe.poll(turn));
    if (polled.kind == Polled::Kind::kEnd) return pages;
    if (polled.kind == Polled::Kind::kPage) {
      CHECK(texts(polled.page)[0] == std::to_string(++pages));
      continue;
    }
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return awake; });
    awake = false;
  }
}

TEST_CASE("pages of a worker come in order, and then the end") {
  Threads threads;
  const auto pipe = on_worker(std::make_unique<Counting>(200, false), threads);
  CHECK(*count_pages(*pipe) == 200);
  CHECK(pipe->poll(endless_turn())->kind == Polled::Kind::kEnd);
}

TEST_CASE("an error of a worker arrives after the pages before it") {
  Threads threads;
  const auto pipe = on_worker(std::make_unique<Counting>(5, true), threads);
  CHECK(count_pages(*pipe).status().code() == Code::kIo);
}

TEST_CASE("a pipe can be dropped while its worker works") {
  Threads threads;
  for (int i = 0; i < 20; ++i) {
    const auto pipe = on_worker(std::make_unique<Counting>(1000, false), threads, 100);
    CHECK(pipe->poll(endless_turn()).ok());
  }
}

}  // namespace
}  // namespace lode::testing
