// Errors as Lua sees them.
#include "lua/status_value.h"

#include "lua/object.h"
#include "lua/vm.h"

namespace lode::lua {

template <>
struct TypeName<Status> {
  static constexpr const char* kName = "lode.error";
};

namespace {

void push_text(lua_State* L, std::string_view text) { lua_pushlstring(L, text.data(), text.size()); }

void push_text_or_nil(lua_State* L, std::string_view text) {
  if (text.empty()) {
    lua_pushnil(L);
  } else {
    push_text(L, text);
  }
}

int status_index(lua_State* L) {
  const Status& status = check_object<Status>(L, 1);
  const std::string_view field = luaL_checkstring(L, 2);
  if (field == "code") {
    push_text(L, code_name(status.code()));
  } else if (field == "message") {
    push_text(L, status.message());
  } else if (field == "hint") {
    push_text_or_nil(L, status.hint_text());
  } else if (field == "where") {
    push_text_or_nil(L, status.where());
  } else if (field == "retryable") {
    lua_pushboolean(L, status.retryable());
  } else {
    lua_pushnil(L);
  }
  return 1;
}

int status_tostring(lua_State* L) {
  push_text(L, check_object<Status>(L, 1).render());
  return 1;
}

}  // namespace

void push_status(lua_State* L, Status status) { push_object<Status>(L, std::move(status)); }

const Status* to_status(lua_State* L, int index) { return to_object<Status>(L, index); }

void raise(lua_State* L, Status status) {
  if (const std::string line = script_line(L); !line.empty()) status.at(line);
  push_status(L, std::move(status));
  lua_error(L);
  __builtin_unreachable();
}

int answer_error(lua_State* L, Status status) {
  if (const std::string line = script_line(L); !line.empty()) status.at(line);
  lua_pushnil(L);
  push_status(L, std::move(status));
  return 2;
}

void open_status(lua_State* L) {
  register_type<Status>(L, {}, {{"__index", status_index}, {"__tostring", status_tostring}});
}

}  // namespace lode::lua
