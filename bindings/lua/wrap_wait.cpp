// Waiting in Lua: sleep, giving way to others, the next page of an upstream.
#include <optional>

#include "lua/lua_pipe.h"
#include "lua/modules.h"
#include "lua/script_run.h"
#include "lua/status_value.h"
#include "lua/task.h"
#include "runtime/engine.h"

namespace lode::lua {
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
  for (const luaL_Reg& function : {luaL_Reg{"sleep", wait_sleep}, luaL_Reg{"rest", wait_rest},
                                   luaL_Reg{"turn_over", wait_turn_over}, luaL_Reg{"next_page", wait_next_page}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
