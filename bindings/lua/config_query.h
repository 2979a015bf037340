// What Lua asks of the configuration, as the engine takes it.
#pragma once

#include <lua.hpp>
#include <string>

#include "base/status.h"
#include "config/key_path.h"

namespace lode::lua {

/// A dotted key, or { key, sections, embedded, trailing, pipeline, secret }.
ConfigQuery read_query(lua_State* L, int index);
/// Whether a key has a part at all. REQUIRED before it is looked up.
bool names_something(const std::string& key);
Status nameless_key();

}  // namespace lode::lua
