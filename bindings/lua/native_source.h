// Native sources in Lua: data that a resource reads without Lua.
#pragma once

#include <lua.hpp>

#include "extract/source.h"

namespace lode::lua {

struct NativeSource {
  Resource::Open open;
  bool is_local = false;  ///< see Resource::is_local
};

void push_native_source(lua_State* L, NativeSource source);
/// Null if the value at `index` is none.
const NativeSource* to_native_source(lua_State* L, int index);

}  // namespace lode::lua
