// Waiting in Lua: sleep, giving way to others, the next page of an upstream.
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lua/lua_pipe.h"
#include "lua/modules.h"
#include "lua/object.h"
#include "lua/script_run.h"
#include "lua/status_value.h"
#include "lua/task.h"
#include "runtime/engine.h"

namespace lode::lua {
namespace {
struct Gate;
}

template <>
struct TypeName<Gate> {
  static constexpr const char* kName = "lode.gate";
};

namespace {

class SleepAwait : public Await {
 public:
  SleepAwait(Engine& engine, double seconds) : shared_(std::make_shared<Shared>()) {
    engine.loop().post_after(static_cast<std::int64_t>(seconds * 1e6), [shared = shared_] {
      shared->over = true;
      if (shared->waker) shared->waker();
    });
  }
  bool poll(const Turn& turn) override {
    shared_->waker = turn.waker;
    return shared_->over;
  }
  int push(lua_State*) override { return 0; }

 private:
  struct Shared {
    bool over = false;
    Waker waker;
  };
  std::shared_ptr<Shared> shared_;
};

// Ends this turn; goes on in the next one.
class RestAwait : public Await {
 public:
  bool poll(const Turn& turn) override {
    if (std::exchange(rested_, true)) return true;
    turn.waker();
    return false;
  }
  int push(lua_State*) override { return 0; }

 private:
  bool rested_ = false;
};

// A gate: who waits at it goes on when it is opened.
struct Gate {
  struct State {
    bool open = false;
    std::vector<Waker> wakers;
  };
  std::shared_ptr<State> state = std::make_shared<State>();
};

class GateAwait : public Await {
 public:
  GateAwait(Engine& engine, std::shared_ptr<Gate::State> state, double seconds)
      : state_(std::move(state)), over_(std::make_shared<bool>(false)) {
    engine.loop().post_after(static_cast<std::int64_t>(seconds * 1e6), [state = state_, over = over_] {
      *over = true;
      for (const Waker& waker : std::exchange(state->wakers, {})) waker();
    });
  }
  bool poll(const Turn& turn) override {
    if (state_->open || *over_) return true;
    state_->wakers.push_back(turn.waker);
    return false;
  }
  int push(lua_State* L) override {
    lua_pushboolean(L, state_->open);
    return 1;
  }

 private:
  std::shared_ptr<Gate::State> state_;
  std::shared_ptr<bool> over_;
};

class PageAwait : public Await {
 public:
  explicit PageAwait(Pipe& upstream) : upstream_(upstream) {}
  bool poll(const Turn& turn) override {
    Result<Polled> polled = upstream_.poll(turn);
    if (polled.ok() && polled->kind == Polled::Kind::kPending) return false;
    polled_.emplace(std::move(polled));
    return true;
  }
  int push(lua_State* L) override {
    if (!polled_->ok()) {
      lua_pushnil(L);
      push_status(L, polled_->status());
      return 2;
    }
    if ((*polled_)->kind == Polled::Kind::kEnd) return 0;
    push_page(L, std::move((*polled_)->page));
    return 1;
  }

 private:
  Pipe& upstream_;
  std::optional<Result<Polled>> polled_;
};

// native.sleep(seconds)
int wait_sleep(lua_State* L) {
  const lua_Number seconds = luaL_checknumber(L, 1);
  if (!(seconds >= 0)) return luaL_argerror(L, 1, "seconds, 0 or more");
  return Task::wait(L, std::make_unique<SleepAwait>(Vm::of(L).owner()->engine(), seconds));
}

// native.rest(): lets others run
int wait_rest(lua_State* L) { return Task::wait(L, std::make_unique<RestAwait>()); }

// native.gate(): something to wait for. gate:wait(seconds) answers whether it was opened in time, gate:open() opens it.
int wait_gate(lua_State* L) {
  push_object<Gate>(L);
  return 1;
}

int gate_wait(lua_State* L) {
  return Task::wait(L, std::make_unique<GateAwait>(Vm::of(L).owner()->engine(), check_object<Gate>(L, 1).state,
                                                   luaL_checknumber(L, 2)));
}

int gate_open(lua_State* L) {
  Gate::State& state = *check_object<Gate>(L, 1).state;
  state.open = true;
  for (const Waker& waker : std::exchange(state.wakers, {})) waker();
  return 0;
}

// native.now_s(): seconds since 1970
int wait_now(lua_State* L) {
  lua_pushnumber(L, static_cast<double>(Vm::of(L).owner()->engine().env().now_us()) / 1e6);
  return 1;
}

// native.steady_s(): for durations
int wait_steady(lua_State* L) {
  lua_pushnumber(L, static_cast<double>(Vm::of(L).owner()->engine().env().steady_us()) / 1e6);
  return 1;
}

// native.turn_over(): whether this tick's time is used up
int wait_turn_over(lua_State* L) {
  Engine& engine = Vm::of(L).owner()->engine();
  const std::int64_t deadline_us = engine.loop().deadline_us();
  lua_pushboolean(L, deadline_us != 0 && engine.env().steady_us() >= deadline_us);
  return 1;
}

// native.next_page(): the next page of the upstream; nil at the end; nil and an error
int wait_next_page(lua_State* L) {
  LuaPipe* pipe = LuaPipe::current(L);
  if (pipe == nullptr || pipe->upstream() == nullptr) return luaL_error(L, "there is no upstream here");
  return Task::wait(L, std::make_unique<PageAwait>(*pipe->upstream()));
}

}  // namespace

void open_waits(lua_State* L) {
  register_type<Gate>(L, {{"wait", gate_wait}, {"open", gate_open}});
  for (const luaL_Reg& function :
       {luaL_Reg{"sleep", wait_sleep}, luaL_Reg{"rest", wait_rest}, luaL_Reg{"gate", wait_gate},
        luaL_Reg{"now_s", wait_now}, luaL_Reg{"steady_s", wait_steady}, luaL_Reg{"turn_over", wait_turn_over},
        luaL_Reg{"next_page", wait_next_page}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
