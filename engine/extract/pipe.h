// Pipes: streams of pages, polled. Every source, step, filter and limit is one, each pulling from the one before it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace lode {

/// Rows bound for one table. Cheap to move; the rows themselves are shared and never change.
struct Page {
  std::string table;  ///< empty: the resource's own table
  json::Rows rows;
  std::uint64_t bytes = 0;  ///< memory that the page keeps alive, for back-pressure
  /// True when the rows were handed over one by one and only travel together: each counts as one item for a limit, and
  /// messages number them through.
  bool is_batch = false;
  std::string origin;  ///< "GET https://… , 200, 214 bytes" or "orders.jsonl": for messages; may be empty
};

/// Called once, from any thread, when a pipe that had nothing is worth polling again.
using Waker = std::function<void()>;

/// The slice of the caller's time that a poll may use.
struct Turn {
  Waker waker;
  std::int64_t deadline_us = 0;  ///< on the steady clock; 0: no limit
  std::function<std::int64_t()> steady_us;
  bool over() const { return deadline_us != 0 && steady_us() >= deadline_us; }
};

/// Answer of a poll.
struct Polled {
  enum class Kind {
    kPage,
    kPending,  ///< nothing now; the turn's waker will be called
    kEnd,      ///< nothing ever again
  } kind = Kind::kEnd;
  Page page;

  static Polled pending() { return {Kind::kPending, {}}; }
  static Polled end() { return {Kind::kEnd, {}}; }
  static Polled of(Page page) { return {Kind::kPage, std::move(page)}; }
};

/// A stream of pages, polled. Used by the thread that ticks the engine. Never blocks; when the turn is over it answers
/// kPending and calls the waker at once.
class Pipe {
 public:
  virtual ~Pipe() = default;
  /// A page, kPending, kEnd (for good) or an error (for good: reopen the resource to try again).
  virtual Result<Polled> poll(const Turn& turn) = 0;
};

/// Runs blocking work elsewhere: what on_worker() needs of the runtime.
class WorkQueue {
 public:
  virtual ~WorkQueue() = default;
  /// Runs `work` on some worker thread, soon. Thread-safe.
  virtual void submit(std::function<void()> work) = 0;
};

/// A source whose client library blocks. Used by one worker thread at a time, never by the engine's thread.
class BlockingPipe {
 public:
  virtual ~BlockingPipe() = default;
  /// A page or kEnd; never kPending.
  virtual Result<Polled> next() = 0;
};

/// Makes a Pipe of a BlockingPipe: `next()` runs on `workers`, at most `ahead` pages ahead of the consumer.
std::unique_ptr<Pipe> on_worker(std::unique_ptr<BlockingPipe> source, WorkQueue& workers, std::size_t ahead = 2);

/// Pages that are already there.
std::unique_ptr<Pipe> pages_pipe(std::vector<Page> pages);

}  // namespace lode
