// WorkAwait: what a parked coroutine waits for while a worker does what blocks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "lua/script_run.h"
#include "lua/status_value.h"
#include "lua/task.h"
#include "runtime/engine.h"

namespace lode::lua {

/// `push` gets the answer on the engine's thread. Use as `return Task::wait(L, std::make_unique<WorkAwait<T>>(…))`.
template <class T>
class WorkAwait : public Await {
 public:
  using Work = std::function<Result<T>(std::stop_token)>;
  using Push = std::function<int(lua_State*, T)>;

  WorkAwait(Engine& engine, Work work, Push push, std::stop_source stop = {})
      : shared_(std::make_shared<Shared>()), push_(std::move(push)), stop_(std::move(stop)) {
    engine.workers().submit([work = std::move(work), token = stop_.get_token(), shared = shared_, &engine] {
      auto answer = std::make_shared<std::optional<Result<T>>>(work(token));
      if (token.stop_requested()) return;  // nobody waits; what it holds goes here, not on the engine's thread
      engine.loop().post([shared, answer] {
        shared->answer.emplace(std::move(**answer));
        if (shared->waker) shared->waker();
      });
    });
  }
  ~WorkAwait() override {
    if (!shared_->answer) stop_.request_stop();
  }

  bool poll(const Turn& turn) override {
    shared_->waker = turn.waker;
    return shared_->answer.has_value();
  }
  int push(lua_State* L) override {
    if (!shared_->answer->ok()) return answer_error(L, shared_->answer->status());
    return push_(L, std::move(**shared_->answer));
  }

 private:
  struct Shared {
    std::optional<Result<T>> answer;
    Waker waker;
  };
  std::shared_ptr<Shared> shared_;
  Push push_;
  std::stop_source stop_;
};

/// Whether the running Lua code can be parked: not so in a function that C code called, such as a comparison of
/// table.sort.
inline bool can_wait(lua_State* L) { return Vm::of(L).current() != nullptr && lua_isyieldable(L) != 0; }

/// Lets a worker do what may block and waits for it; where nothing can wait, it is done here and now. `push` as above;
/// errors are answered as nil and the error.
template <class T>
int wait_for(lua_State* L, typename WorkAwait<T>::Work work, typename WorkAwait<T>::Push push) {
  if (can_wait(L)) {
    Engine& engine = Vm::of(L).owner()->engine();
    return Task::wait(L, std::make_unique<WorkAwait<T>>(engine, std::move(work), std::move(push)));
  }
  Result<T> answer = work({});
  if (!answer.ok()) return answer_error(L, std::move(answer).status());
  return push(L, std::move(*answer));
}

}  // namespace lode::lua
