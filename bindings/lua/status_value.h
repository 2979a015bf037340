// Errors as Lua sees them: objects with code, message, hint, where, cause and tostring().
#pragma once

#include <lua.hpp>

#include "base/status.h"

namespace lode::lua {

void push_status(lua_State* L, Status status);
/// The Status of an error object; null if the value at `index` is none.
const Status* to_status(lua_State* L, int index);
/// Raises it, with the script's line if it has no place yet.
[[noreturn]] void raise(lua_State* L, Status status);
/// Pushes nil and the error object: how native functions answer a failure to the library's Lua. Returns 2.
int answer_error(lua_State* L, Status status);
void open_status(lua_State* L);

}  // namespace lode::lua
