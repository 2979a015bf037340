// Secrets as Lua sees them: objects that print "***".
#pragma once

#include <lua.hpp>
#include <string>

#include "base/result.h"
#include "config/secret.h"
#include "json/value.h"

namespace lode::lua {

void push_secret(lua_State* L, Secret secret);
/// Null if the value at `index` is no secret.
const Secret* to_secret(lua_State* L, int index);
void open_secrets(lua_State* L);

/// Text for a place where secrets may go (a header, a URL, a body): a Lua string, number, boolean or a secret revealed.
/// False for other types.
bool read_text_or_secret(lua_State* L, int index, std::string& out, bool* was_secret = nullptr);

/// A value whose texts, also those deep in tables, may be secrets: they are readable in what comes out. For credentials
/// and settings; wipe() it after use. Errors: as read_value(); kLuaBadField for tables that are no lists and have other
/// keys than names. `index` is absolute.
Result<json::Value> read_revealed(lua_State* L, int index);

}  // namespace lode::lua
