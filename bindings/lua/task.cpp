// Tasks: coroutines that the engine resumes, and what they wait for.
#include "lua/task.h"

#include <utility>

#include "base/assert.h"
#include "lua/modules.h"
#include "lua/status_value.h"

namespace lode::lua {
namespace {
char kAwaitTag;  // its address is the tag
}

void push_await_tag(lua_State* L) { lua_pushlightuserdata(L, &kAwaitTag); }
bool is_await_tag(lua_State* L, int index) { return lua_touserdata(L, index) == &kAwaitTag; }

Task::Task(Vm& vm, int argument_count, ResourceContext* context) : vm_(vm), context_(context) {
  lua_State* L = vm.state();
  co_ = lua_newthread(L);
  ref_ = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_xmove(L, co_, argument_count + 1);
  values_ = argument_count;
}

Task::~Task() {
  await_.reset();
  luaL_unref(vm_.state(), LUA_REGISTRYINDEX, ref_);
}

int Task::wait(lua_State* L, std::unique_ptr<Await> await) {
  Task* task = Vm::of(L).current();
  if (task == nullptr || lua_isyieldable(L) == 0) {
    await.reset();  // raise() does not come back
    raise(L, Status::error(Code::kLuaError, "this call waits, and nothing here can wait for it")
                 .hint("ask before: not in a function that table.sort, string.gsub or the like calls"));
  }
  // One may be left of a coroutine of the script's that could not pass its wait on, and whose error was caught.
  task->await_ = std::move(await);
  push_await_tag(L);
  return lua_yield(L, 1);
}

Result<Task::State> Task::resume(const Turn& turn) {
  LODE_ASSERT(!finished_);
  for (;;) {
    int arguments = 0;
    if (await_) {
      if (!await_->poll(turn)) return State::kPending;
      lua_settop(co_, 0);
      const std::unique_ptr<Await> await = std::move(await_);
      arguments = await->push(co_);
    } else if (!started_) {
      arguments = values_;
    } else {
      lua_settop(co_, 0);
    }
    started_ = true;
    Task* const outer = vm_.current();
    vm_.set_current(this);
    const int result = lua_resume(co_, arguments);
    vm_.set_current(outer);
    values_ = lua_gettop(co_);
    if (result == 0) {
      finished_ = true;
      return State::kReturned;
    }
    if (result != LUA_YIELD) {
      finished_ = true;
      return vm_.take_error(co_, result);
    }
    if (values_ == 0 || !is_await_tag(co_, 1)) {
      await_.reset();
      return State::kYielded;
    }
    if (!await_) return Status::error(Code::kLuaError, "the script yielded a value that belongs to the engine");
  }
}

}  // namespace lode::lua
