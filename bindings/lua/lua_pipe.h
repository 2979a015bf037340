// LuaPipe: a coroutine of a script as a stream of pages.
#pragma once

#include <memory>
#include <string>

#include "extract/pipe.h"
#include "extract/source.h"
#include "lua/task.h"

namespace lode::lua {

/// A page as Lua holds it.
struct LuaPage {
  Page page;
};

/// Pushes a page object.
void push_page(lua_State* L, Page page);
/// Null if the value at `index` is no page.
LuaPage* to_page(lua_State* L, int index);

/// A coroutine whose yields are rows (objects, scalars), lists of rows, or page objects. Rows yielded one by one travel
/// together. With an `upstream`, native.next_page() in it takes pages from there. Engine's thread only.
class LuaPipe : public Pipe {
 public:
  /// Takes the function and its `argument_count` arguments from the stack of the Vm's main state.
  LuaPipe(std::shared_ptr<Vm> vm, int argument_count, ResourceContext* context,
          std::unique_ptr<Pipe> upstream = nullptr);
  ~LuaPipe() override;
  Result<Polled> poll(const Turn& turn) override;

  Pipe* upstream() { return upstream_.get(); }
  /// The pipe whose coroutine runs; null outside of one.
  static LuaPipe* current(lua_State* L);

 private:
  Status take_value(int index);
  Page take_batch();

  std::shared_ptr<Vm> vm_;
  std::unique_ptr<Pipe> upstream_;
  Task task_;
  json::DocumentBuilder batch_;  // rows yielded one by one
  std::unique_ptr<Page> page_;   // yielded whole; goes after the batch before it
  std::string last_origin_;
  bool ended_ = false;
};

}  // namespace lode::lua
