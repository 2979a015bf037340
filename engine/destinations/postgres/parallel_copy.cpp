// ParallelCopy: job files into tables over several connections at once.
#include "destinations/postgres/parallel_copy.h"

#include <mutex>
#include <thread>

#include "format/row_file.h"

namespace lode::postgres {
namespace {

// What the threads share.
class Work {
 public:
  Work(const std::vector<CopyTask>& tasks, Env& env, JobListener& listener)
      : tasks_(tasks), env_(env), listener_(listener) {}

  // Takes tasks until there are none, or one failed. One thread a connection.
  void run(Connection& connection) {
    for (const CopyTask* task = take(); task != nullptr; task = take()) {
      Status status = copy(connection, *task);
      const std::lock_guard lock(mutex_);
      if (status.ok()) {
        listener_.job_loaded(*task->job);
      } else if (status_.ok()) {
        listener_.job_failed(*task->job);
        status_ = std::move(status);
        stop_.request_stop();
      }
    }
  }
  void stop() { stop_.request_stop(); }
  Status take_status() { return std::move(status_); }

 private:
  const CopyTask* take() {
    const std::lock_guard lock(mutex_);
    if (next_ == tasks_.size() || !status_.ok()) return nullptr;
    const CopyTask& task = tasks_[next_++];
    listener_.job_started(*task.job);
    return &task;
  }
  Status copy(Connection& connection, const CopyTask& task) {
    LODE_ASSIGN(const std::unique_ptr<RowFileReader> reader, RowFileReader::open(env_, task.job->path));
    if (stop_.stop_requested()) return Status::error(Code::kCancelled, "the run was cancelled");
    return copy_rows(connection, *reader, task.table, task.wires, stop_.get_token());
  }

  const std::vector<CopyTask>& tasks_;
  Env& env_;
  std::stop_source stop_;  // of the run, or because a task failed
  std::mutex mutex_;       // over what follows
  JobListener& listener_;
  std::size_t next_ = 0;
  Status status_;
};

}  // namespace

Status copy_in_parallel(const std::vector<CopyTask>& tasks, const std::vector<std::unique_ptr<Connection>>& connections,
                        Env& env, std::stop_token stop, JobListener& listener) {
  Work work(tasks, env, listener);
  const std::stop_callback on_stop(std::move(stop), [&work] { work.stop(); });
  std::vector<std::thread> threads;
  threads.reserve(connections.size());
  for (const std::unique_ptr<Connection>& connection : connections) {
    threads.emplace_back([&work, &connection] { work.run(*connection); });
  }
  for (std::thread& thread : threads) thread.join();
  return work.take_status();
}

}  // namespace lode::postgres
