// Pipes: the ones that only carry pages.
#include "extract/pipe.h"

#include <deque>
#include <mutex>
#include <optional>

namespace lode {
namespace {

// What the consumer and the worker share. It outlives the pipe while a worker is still inside next().
struct Handover {
  std::mutex mutex;
  std::unique_ptr<BlockingPipe> source;
  std::deque<Result<Polled>> done;
  Waker waker;  // set while the consumer waits
  bool working = false;
  bool ended = false;  // kEnd or an error is in `done` or was taken
  bool abandoned = false;
};

class WorkerPipe : public Pipe {
 public:
  WorkerPipe(std::unique_ptr<BlockingPipe> source, WorkQueue& workers, std::size_t ahead)
      : workers_(workers), ahead_(ahead), shared_(std::make_shared<Handover>()) {
    shared_->source = std::move(source);
  }

  ~WorkerPipe() override {
    const std::lock_guard lock(shared_->mutex);
    shared_->abandoned = true;
    shared_->waker = nullptr;
  }

  Result<Polled> poll(const Turn& turn) override {
    const std::lock_guard lock(shared_->mutex);
    std::optional<Result<Polled>> ready;
    if (!shared_->done.empty()) {
      ready = std::move(shared_->done.front());
      shared_->done.pop_front();
    } else if (shared_->ended) {
      return Polled::end();
    }
    if (!shared_->working && !shared_->ended && shared_->done.size() < ahead_) start();
    if (ready) return std::move(*ready);
    shared_->waker = turn.waker;
    return Polled::pending();
  }

 private:
  // One task reads until it is `ahead_` pages ahead, so that a fast source costs no hand-over per page.
  void start() {
    shared_->working = true;
    workers_.submit([shared = shared_, ahead = ahead_] {
      for (;;) {
        Result<Polled> next = shared->source->next();
        Waker wake;
        bool more = false;
        {
          const std::lock_guard lock(shared->mutex);
          shared->ended = !next.ok() || next->kind == Polled::Kind::kEnd;
          shared->done.push_back(std::move(next));
          more = !shared->ended && !shared->abandoned && shared->done.size() < ahead;
          shared->working = more;
          wake = std::exchange(shared->waker, nullptr);
        }
        if (wake) wake();
        if (!more) return;
      }
    });
  }

  WorkQueue& workers_;
  const std::size_t ahead_;
  std::shared_ptr<Handover> shared_;
};

class PagesPipe : public Pipe {
 public:
  explicit PagesPipe(std::vector<Page> pages) : pages_(std::move(pages)) {}

  Result<Polled> poll(const Turn&) override {
    if (next_ == pages_.size()) return Polled::end();
    return Polled::of(std::move(pages_[next_++]));
  }

 private:
  std::vector<Page> pages_;
  std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<Pipe> on_worker(std::unique_ptr<BlockingPipe> source, WorkQueue& workers, std::size_t ahead) {
  return std::make_unique<WorkerPipe>(std::move(source), workers, ahead);
}

std::unique_ptr<Pipe> pages_pipe(std::vector<Page> pages) { return std::make_unique<PagesPipe>(std::move(pages)); }

}  // namespace lode
