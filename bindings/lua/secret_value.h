// Secrets as Lua sees them: objects that print "***".
#pragma once

#include <lua.hpp>
#include <string>

#include "config/secret.h"

namespace lode::lua {

void push_secret(lua_State* L, Secret secret);
/// Null if the value at `index` is no secret.
const Secret* to_secret(lua_State* L, int index);
void open_secrets(lua_State* L);

/// Text for a place where secrets may go (a header, a URL, a body): a Lua string, number, boolean or a secret revealed.
/// False for other types.
bool read_text_or_secret(lua_State* L, int index, std::string& out, bool* was_secret = nullptr);

}  // namespace lode::lua
