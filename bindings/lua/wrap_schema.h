// Schemas as Lua sees them.
#pragma once

#include <lua.hpp>
#include <memory>

#include "schema/schema.h"

namespace lode::lua {

/// Pushes a handle of the schema for lode/schema.lua; nil for null.
void push_schema(lua_State* L, std::shared_ptr<const Schema> schema);

}  // namespace lode::lua
