// Tasks: coroutines that the engine resumes, and what they wait for.
#pragma once

#include <functional>
#include <lua.hpp>
#include <memory>

#include "base/result.h"
#include "extract/pipe.h"
#include "extract/source.h"
#include "lua/vm.h"

namespace lode::lua {

/// What a parked coroutine waits for. Dropping it cancels the work.
class Await {
 public:
  virtual ~Await() = default;
  /// True when the answer is there; else `turn.waker` is called when it is worth asking again.
  virtual bool poll(const Turn& turn) = 0;
  /// Pushes the answer; returns the number of values. Called once, after poll() was true.
  virtual int push(lua_State* L) = 0;
};

/// One coroutine of a Vm. Engine's thread only; must go before its Vm.
class Task {
 public:
  /// Takes the function and its `argument_count` arguments from the stack of the Vm's main state.
  Task(Vm& vm, int argument_count, ResourceContext* context = nullptr);
  ~Task();
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  enum class State {
    kYielded,   ///< values() of them on state()'s stack; taken off by the next resume
    kPending,   ///< waits; the turn's waker will be called
    kReturned,  ///< values() of them on state()'s stack
  };
  /// Runs until the coroutine yields to its consumer, waits for something that is not there, returns or fails.
  Result<State> resume(const Turn& turn);
  int values() const { return values_; }
  lua_State* state() { return co_; }
  Vm& vm() { return vm_; }
  /// The resource that it belongs to; null for the script's own main function.
  ResourceContext* context() { return context_; }

  /// For native functions: parks the running coroutine. Use as `return Task::wait(L, std::make_unique<…>(…))`.
  static int wait(lua_State* L, std::unique_ptr<Await> await);

 private:
  Vm& vm_;
  lua_State* co_ = nullptr;
  int ref_ = LUA_NOREF;
  int values_ = 0;
  bool started_ = false;
  bool finished_ = false;
  ResourceContext* context_;
  std::unique_ptr<Await> await_;
};

}  // namespace lode::lua
