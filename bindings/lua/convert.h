// Values between Lua and the engine. What goes in comes out: a map that changes nothing changes no byte.
#pragma once

#include <lua.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/document.h"
#include "json/value.h"
#include "lua/object.h"

namespace lode::lua {

/// A value that plain Lua has no type for: decimals, big integers, timestamps, dates, times, bytes. In Lua an object
/// that prints itself and compares with its like.
struct ExactValue {
  json::Kind kind = json::Kind::kNull;
  std::string text;         ///< kBigInt, kDecimal, kBinary
  std::int64_t number = 0;  ///< kTimestamp, kDate, kTime
};

template <>
struct TypeName<ExactValue> {
  static constexpr const char* kName = "lode.value";
};

/// Pushes a value (see row_codec.h for many rows). Null becomes lode.null, lists are tagged so that [] stays [],
/// integers beyond 2^53 become 64-bit boxes.
void push_value(lua_State* L, json::Ref value);
void push_value(lua_State* L, const json::Value& value);

/// Appends the value at `index` to `out`. `original` (may be without a cell) is what was pushed for it: numbers keep
/// its kind (1.0 stays 1.0), objects its order of keys; new keys follow, sorted. Errors: kLuaBadYield naming the path,
/// for functions, secrets, text that is not UTF-8, cycles.
Status read_value(lua_State* L, int index, json::Ref original, json::DocumentBuilder& out);
/// For small things: configuration, hints.
Result<json::Value> read_value(lua_State* L, int index);

/// Once for a state, before any value is pushed.
void register_null_and_list(lua_State* L);
void push_null(lua_State* L);
bool is_null(lua_State* L, int index);
/// Whether the value is a table that stands for a list: tagged, or with an element 1.
bool is_list(lua_State* L, int index);
/// Tags the table on top of the stack as a list.
void tag_list(lua_State* L);
inline void push_text(lua_State* L, std::string_view text) { lua_pushlstring(L, text.data(), text.size()); }

}  // namespace lode::lua
