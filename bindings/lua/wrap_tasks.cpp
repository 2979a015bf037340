// Task groups in Lua: functions that run side by side, each a coroutine of its own, while their maker waits for one.
#include <map>
#include <memory>
#include <utility>

#include "lua/modules.h"
#include "lua/object.h"
#include "lua/script_run.h"
#include "lua/status_value.h"
#include "lua/task.h"

namespace lode::lua {
namespace {

struct GroupMember {
  std::unique_ptr<Task> task;  // null: done
  int results = LUA_NOREF;     // a table of what it returned, once it is done
  int result_count = 0;
  Status error;  // why there are no results
};

// Members run only while somebody waits for one of them; what they wait for themselves goes on all the time.
struct TaskGroup {
  explicit TaskGroup(Vm& owner) : vm(owner) {}
  TaskGroup(TaskGroup&&) = delete;
  ~TaskGroup() {
    for (const auto& [number, member] : members) luaL_unref(vm.state(), LUA_REGISTRYINDEX, member.results);
  }
  void run(const Turn& turn);
  void finish(GroupMember& member);

  Vm& vm;
  std::map<lua_Integer, GroupMember> members;  // by number; those that were waited for are gone
  lua_Integer last_number = 0;
};

void TaskGroup::finish(GroupMember& member) {
  lua_State* L = vm.state();
  lua_State* const from = member.task->state();
  member.result_count = member.task->values();
  lua_createtable(L, member.result_count, 0);
  lua_xmove(from, L, member.result_count);
  for (int i = member.result_count; i >= 1; --i) lua_rawseti(L, -1 - i, i);
  member.results = luaL_ref(L, LUA_REGISTRYINDEX);
  member.task.reset();
}

void TaskGroup::run(const Turn& turn) {
  for (auto& [number, member] : members) {
    if (!member.task) continue;
    const Result<Task::State> state = member.task->resume(turn);
    if (state.ok() && *state == Task::State::kPending) continue;
    if (state.ok() && *state == Task::State::kReturned) {
      finish(member);
      continue;
    }
    member.error =
        state.ok() ? Status::error(Code::kLuaBadYield, "a function that runs aside cannot yield rows") : state.status();
    member.task.reset();
  }
}

}  // namespace

template <>
struct TypeName<TaskGroup> {
  static constexpr const char* kName = "lode.task_group";
};

namespace {

class MemberAwait : public Await {
 public:
  MemberAwait(TaskGroup& group, lua_Integer number) : group_(group), number_(number) {}
  bool poll(const Turn& turn) override {
    group_.run(turn);
    return group_.members.at(number_).task == nullptr;
  }
  int push(lua_State* L) override {
    const GroupMember member = std::move(group_.members.extract(number_).mapped());
    if (!member.error.ok()) {
      lua_pushboolean(L, 0);
      push_status(L, member.error);
      return 2;
    }
    lua_pushboolean(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, member.results);
    const int table = lua_gettop(L);
    for (int i = 1; i <= member.result_count; ++i) lua_rawgeti(L, table, i);
    lua_remove(L, table);
    luaL_unref(L, LUA_REGISTRYINDEX, member.results);
    return 1 + member.result_count;
  }

 private:
  TaskGroup& group_;  // whoever waits holds it on his stack
  lua_Integer number_;
};

// native.task_group()
int group_new(lua_State* L) {
  push_object<TaskGroup>(L, Vm::of(L));
  return 1;
}

// group:start(fn): the number to wait for it by
int group_start(lua_State* L) {
  TaskGroup& group = check_object<TaskGroup>(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  const Task* current = Vm::of(L).current();
  lua_State* const main = group.vm.state();
  lua_pushvalue(L, 2);
  if (main != L) lua_xmove(L, main, 1);
  ResourceContext* const context = current != nullptr ? const_cast<Task*>(current)->context() : nullptr;
  group.members[++group.last_number].task = std::make_unique<Task>(group.vm, 0, context);
  lua_pushinteger(L, group.last_number);
  return 1;
}

// group:wait(number): true and what the function returned, or false and its error. The others go on meanwhile.
int group_wait(lua_State* L) {
  TaskGroup& group = check_object<TaskGroup>(L, 1);
  const lua_Integer number = luaL_checkinteger(L, 2);
  if (group.members.count(number) == 0) return luaL_argerror(L, 2, "a number that start() gave");
  return Task::wait(L, std::make_unique<MemberAwait>(group, number));
}

}  // namespace

void open_tasks(lua_State* L) {
  register_type<TaskGroup>(L, {{"start", group_start}, {"wait", group_wait}});
  lua_pushcfunction(L, group_new);
  lua_setfield(L, -2, "task_group");
}

}  // namespace lode::lua
