// Transformers: resources that are called with the rows of another one; and the fork that feeds several of them.
#include "extract/transform.h"

#include <deque>
#include <mutex>
#include <optional>

namespace lode {
namespace {

class TransformPipe : public Pipe {
 public:
  TransformPipe(std::unique_ptr<Pipe> upstream, std::function<Result<std::unique_ptr<Pipe>>(Page)> call,
                TransformOptions options)
      : upstream_(std::move(upstream)), call_(std::move(call)), options_(options) {}

  Result<Polled> poll(const Turn& turn) override {
    for (;;) {
      LODE_TRY(start_calls(turn));
      if (calls_.empty()) return input_ended_ ? Polled::end() : Polled::pending();
      // The first call hands its pages on; those behind it run ahead as far as their pages may wait.
      Call& first = calls_.front();
      if (!first.waiting.empty()) {
        Page page = std::move(first.waiting.front());
        first.waiting.pop_front();
        ahead_bytes_ -= page.bytes;
        return Polled::of(std::move(page));
      }
      if (!first.ended) {
        LODE_ASSIGN(Polled polled, first.pipe->poll(turn));
        if (polled.kind == Polled::Kind::kPage) return polled;
        if (polled.kind == Polled::Kind::kPending) {
          LODE_TRY(run_ahead(turn));
          return Polled::pending();
        }
      }
      calls_.pop_front();
    }
  }

 private:
  struct Call {
    std::unique_ptr<Pipe> pipe;
    std::deque<Page> waiting;
    bool ended = false;
  };

  Status start_calls(const Turn& turn) {
    while (calls_.size() < options_.calls_in_flight_max) {
      if (!input_) {
        if (input_ended_) return {};
        LODE_ASSIGN(Polled polled, upstream_->poll(turn));
        if (polled.kind == Polled::Kind::kPending) return {};
        if (polled.kind == Polled::Kind::kEnd) {
          input_ended_ = true;
          upstream_.reset();
          return {};
        }
        input_ = std::move(polled.page);
        next_row_ = 0;
        if (input_->rows.rows.empty()) input_.reset();
        continue;
      }
      LODE_ASSIGN(std::unique_ptr<Pipe> pipe, call_(take_input()));
      Call call;
      call.pipe = std::move(pipe);
      calls_.push_back(std::move(call));
    }
    return {};
  }

  // The next row as a page of its own, or the whole page.
  Page take_input() {
    if (options_.call_takes_page) {
      Page page = std::move(*input_);
      input_.reset();
      return page;
    }
    Page page;
    page.rows.document = input_->rows.document;
    page.rows.rows = {input_->rows.rows[next_row_++]};
    page.origin = input_->origin;
    if (next_row_ == input_->rows.rows.size()) input_.reset();
    return page;
  }

  Status run_ahead(const Turn& turn) {
    for (std::size_t i = 1; i < calls_.size(); ++i) {
      Call& call = calls_[i];
      while (!call.ended && ahead_bytes_ < options_.ahead_bytes_max) {
        LODE_ASSIGN(Polled polled, call.pipe->poll(turn));
        if (polled.kind == Polled::Kind::kPending) break;
        if (polled.kind == Polled::Kind::kEnd) {
          call.ended = true;
          call.pipe.reset();
        } else {
          ahead_bytes_ += polled.page.bytes;
          call.waiting.push_back(std::move(polled.page));
        }
      }
    }
    return {};
  }

  std::unique_ptr<Pipe> upstream_;
  std::function<Result<std::unique_ptr<Pipe>>(Page)> call_;
  const TransformOptions options_;
  std::optional<Page> input_;
  std::size_t next_row_ = 0;
  bool input_ended_ = false;
  std::deque<Call> calls_;
  std::uint64_t ahead_bytes_ = 0;
};

// What the branches of a fork share. It belongs to the engine's thread, but for the wakers: upstream calls them from
// any thread, hence the mutex around them.
struct Fork {
  struct Branch {
    std::deque<Page> queue;
    std::uint64_t bytes = 0;
    bool open = true;
  };
  std::unique_ptr<Pipe> upstream;
  std::vector<Branch> branches;
  std::uint64_t ahead_bytes_max = 0;
  bool ended = false;

  std::mutex mutex;
  std::vector<Waker> waiting;

  void wake_all() {
    std::vector<Waker> wakers;
    {
      const std::lock_guard lock(mutex);
      wakers.swap(waiting);
    }
    for (const Waker& waker : wakers) waker();
  }
  void wait(const Waker& waker) {
    const std::lock_guard lock(mutex);
    waiting.push_back(waker);
  }
};

class ForkBranch : public Pipe {
 public:
  ForkBranch(std::shared_ptr<Fork> fork, std::size_t index) : fork_(std::move(fork)), index_(index) {}

  ~ForkBranch() override {
    Fork::Branch& own = fork_->branches[index_];
    own.open = false;
    own.queue.clear();
    own.bytes = 0;
    fork_->wake_all();
  }

  Result<Polled> poll(const Turn& turn) override {
    Fork::Branch& own = fork_->branches[index_];
    if (!own.queue.empty()) {
      Page page = std::move(own.queue.front());
      own.queue.pop_front();
      const bool was_full = own.bytes >= fork_->ahead_bytes_max;
      own.bytes -= page.bytes;
      if (was_full) fork_->wake_all();
      return Polled::of(std::move(page));
    }
    if (fork_->ended) return Polled::end();
    for (const Fork::Branch& branch : fork_->branches) {
      if (branch.open && branch.bytes >= fork_->ahead_bytes_max) {
        fork_->wait(turn.waker);
        return Polled::pending();
      }
    }
    Turn inner = turn;
    inner.waker = [weak = std::weak_ptr<Fork>(fork_)] {
      if (const std::shared_ptr<Fork> fork = weak.lock()) fork->wake_all();
    };
    fork_->wait(turn.waker);
    LODE_ASSIGN(Polled polled, fork_->upstream->poll(inner));
    if (polled.kind == Polled::Kind::kPending) return polled;
    if (polled.kind == Polled::Kind::kEnd) {
      fork_->ended = true;
      fork_->upstream.reset();
    } else {
      for (std::size_t i = 0; i < fork_->branches.size(); ++i) {
        Fork::Branch& branch = fork_->branches[i];
        if (i == index_ || !branch.open) continue;
        branch.bytes += polled.page.bytes;
        branch.queue.push_back(polled.page);
      }
    }
    fork_->wake_all();
    return polled;
  }

 private:
  std::shared_ptr<Fork> fork_;
  const std::size_t index_;
};

}  // namespace

std::unique_ptr<Pipe> transform_pipe(std::unique_ptr<Pipe> upstream,
                                     std::function<Result<std::unique_ptr<Pipe>>(Page)> call,
                                     TransformOptions options) {
  return std::make_unique<TransformPipe>(std::move(upstream), std::move(call), options);
}

std::vector<std::unique_ptr<Pipe>> fork_pipe(std::unique_ptr<Pipe> upstream, std::size_t count,
                                             std::uint64_t ahead_bytes_max) {
  auto fork = std::make_shared<Fork>();
  fork->upstream = std::move(upstream);
  fork->branches.resize(count);
  fork->ahead_bytes_max = ahead_bytes_max;
  std::vector<std::unique_ptr<Pipe>> branches;
  for (std::size_t i = 0; i < count; ++i) branches.push_back(std::make_unique<ForkBranch>(fork, i));
  return branches;
}

}  // namespace lode
