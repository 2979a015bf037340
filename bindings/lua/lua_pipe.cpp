// LuaPipe: a coroutine of a script as a stream of pages.
#include "lua/lua_pipe.h"

#include <fmt/format.h>

#include "lua/convert.h"
#include "lua/object.h"

namespace lode::lua {
namespace {

constexpr std::size_t kBatchRowsMax = 1000;
constexpr std::size_t kBatchCellsMax = 20'000;

// Pipes by the task that runs in them. A script's coroutines are few and the list is short.
std::vector<std::pair<Task*, LuaPipe*>>& pipes_of_this_thread() {
  thread_local std::vector<std::pair<Task*, LuaPipe*>> pipes;
  return pipes;
}

}  // namespace

LuaPipe* LuaPipe::current(lua_State* L) {
  const Task* task = Vm::of(L).current();
  for (const auto& [owner, pipe] : pipes_of_this_thread()) {
    if (owner == task) return pipe;
  }
  return nullptr;
}

LuaPipe::LuaPipe(std::shared_ptr<Vm> vm, int argument_count, ResourceContext* context, std::unique_ptr<Pipe> upstream)
    : vm_(std::move(vm)), upstream_(std::move(upstream)), task_(*vm_, argument_count, context) {
  pipes_of_this_thread().emplace_back(&task_, this);
}

LuaPipe::~LuaPipe() {
  std::erase_if(pipes_of_this_thread(), [this](const auto& entry) { return entry.second == this; });
}

Page LuaPipe::take_batch() {
  Page page;
  page.rows.document = batch_.finish();
  for (std::size_t i = 0; i < page.rows.document->root_count(); ++i)
    page.rows.rows.push_back(page.rows.document->root(i));
  page.bytes = page.rows.document->bytes();
  page.is_batch = true;
  return page;
}

Status LuaPipe::take_value(int index) {
  lua_State* L = task_.state();
  if (LuaPage* yielded = to_page(L, index)) {
    page_ = std::make_unique<Page>(yielded->page);
    last_origin_ = page_->origin;
    return {};
  }
  if (lua_isnoneornil(L, index)) {
    Status status = Status::error(Code::kLuaBadYield, "yielded nil; a row or a list of rows was expected");
    if (!last_origin_.empty()) status.note("last page: " + last_origin_);
    return status;
  }
  const bool empty_table = lua_type(L, index) == LUA_TTABLE && !is_list(L, index) && [&] {
    lua_pushnil(L);
    if (lua_next(L, index) == 0) return true;
    lua_pop(L, 2);
    return false;
  }();
  if (!is_list(L, index) && !empty_table) return read_value(L, index, json::Ref(), batch_);

  json::DocumentBuilder builder;
  Page page;
  const int count = static_cast<int>(lua_objlen(L, index));
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, index, i);
    Status status = read_value(L, -1, json::Ref(), builder);
    lua_pop(L, 1);
    if (!status.ok()) return std::move(status).about(fmt::format("row {} of the page", i));
  }
  page.rows.document = builder.finish();
  for (std::size_t i = 0; i < page.rows.document->root_count(); ++i)
    page.rows.rows.push_back(page.rows.document->root(i));
  page.bytes = page.rows.document->bytes();
  page_ = std::make_unique<Page>(std::move(page));
  return {};
}

Result<Polled> LuaPipe::poll(const Turn& turn) {
  for (;;) {
    // What was yielded first goes first.
    const bool full = batch_.root_count() >= kBatchRowsMax || batch_.cell_count() >= kBatchCellsMax;
    if (batch_.root_count() > 0 && (full || page_ || ended_)) return Polled::of(take_batch());
    if (page_) return Polled::of(std::move(*std::exchange(page_, nullptr)));
    if (ended_) return Polled::end();
    if (turn.over()) {
      if (batch_.root_count() > 0) return Polled::of(take_batch());
      turn.waker();
      return Polled::pending();
    }
    LODE_ASSIGN(const Task::State state, task_.resume(turn));
    if (state == Task::State::kPending) {
      if (batch_.root_count() > 0) return Polled::of(take_batch());
      return Polled::pending();
    }
    if (state == Task::State::kReturned) {
      ended_ = true;
      upstream_.reset();
      continue;
    }
    Status status = take_value(1);
    if (!status.ok()) return std::move(status).at(script_line(task_.state()));
  }
}

}  // namespace lode::lua
