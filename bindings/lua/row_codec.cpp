// Rows between documents and Lua tables.
#include "lua/row_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "lua/convert.h"
#include "lua/value_reader.h"
#include "lua/vm.h"

namespace lode::lua {
namespace {

constexpr std::size_t kShapesMax = 16;
constexpr std::size_t kFieldsMax = 100;  // Lua has 200 local variables for a function, and needs some itself

bool has_keys(json::Ref row, const std::vector<std::string>& keys) {
  if (row.size() != keys.size()) return false;
  json::Ref key = row.first_child();
  for (const std::string& expected : keys) {
    if (key.as_text() != expected) return false;
    key = key.next().next();
  }
  return true;
}

// Duplicate keys have a meaning that a table constructor does not keep.
bool has_duplicates(std::vector<std::string> keys) {
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

// A Lua string literal of any bytes.
std::string lua_literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '_') {
      out += c;
    } else {
      out += fmt::format("\\{:03}", byte);
    }
  }
  return out + '"';
}

// Two functions for tables with these keys: one that makes a table of the values, and one that gives the number of all
// its fields and the values again. A constructor with all its keys is one copy of a template for LuaJIT, where setting
// them one by one would grow the table and look for room for each.
std::string shape_source(const std::vector<std::string>& keys) {
  std::string parameters;
  std::string fields;
  std::string values;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string key = lua_literal(keys[i]);
    parameters += fmt::format("{}v{}", i > 0 ? "," : "", i);
    fields += fmt::format("[{}]=v{},", key, i);
    values += fmt::format(",t[{}]", key);
  }
  return fmt::format(
      "local next = next\n"
      "return function({}) return {{{}}} end, function(t)\n"
      "  local count = 0\n"
      "  for _ in next, t do count = count + 1 end\n"
      "  return count{}\n"
      "end",
      parameters, fields, values);
}

std::vector<std::string> keys_of(json::Ref row) {
  std::vector<std::string> keys;
  keys.reserve(row.size());
  json::Ref key = row.first_child();
  for (std::size_t i = 0; i < row.size(); ++i) {
    keys.emplace_back(key.as_text());
    key = key.next().next();
  }
  return keys;
}

}  // namespace

RowCodec::Shape* RowCodec::find(json::Ref row) {
  if (last_ < shapes_.size() && has_keys(row, shapes_[last_].keys)) return &shapes_[last_];
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    if (!has_keys(row, shapes_[i].keys)) continue;
    last_ = i;
    return &shapes_[i];
  }
  return nullptr;
}

// Compiling takes as long as some dozen rows: a shape must have come twice in a row.
RowCodec::Shape* RowCodec::learn(lua_State* L, json::Ref row) {
  if (row.size() > kFieldsMax) return nullptr;
  if (!has_keys(row, unknown_)) {
    unknown_ = keys_of(row);
    return nullptr;
  }
  if (has_duplicates(unknown_)) return nullptr;
  Shape shape;
  shape.keys = std::exchange(unknown_, {});
  lua_State* const main = vm_.state();
  if (!vm_.compile(shape_source(shape.keys), "=lode").ok()) return nullptr;
  if (lua_pcall(main, 0, 2, 0) != 0) {
    lua_pop(main, 1);
    return nullptr;
  }
  shape.fields_ref = luaL_ref(main, LUA_REGISTRYINDEX);
  shape.make_ref = luaL_ref(main, LUA_REGISTRYINDEX);
  if (shapes_.size() < kShapesMax) {
    last_ = shapes_.size();
    return &shapes_.emplace_back(std::move(shape));
  }
  last_ = oldest_;
  oldest_ = (oldest_ + 1) % kShapesMax;
  luaL_unref(L, LUA_REGISTRYINDEX, shapes_[last_].make_ref);
  luaL_unref(L, LUA_REGISTRYINDEX, shapes_[last_].fields_ref);
  shapes_[last_] = std::move(shape);
  return &shapes_[last_];
}

void RowCodec::push(lua_State* L, json::Ref row) {
  if (!row.is_object() || row.size() == 0) return push_value(L, row);
  const Shape* shape = find(row);
  if (shape == nullptr) shape = learn(L, row);
  last_row_ = shape == nullptr ? nullptr : row.cell();
  if (shape == nullptr) return push_value(L, row);
  const int count = static_cast<int>(row.size());
  luaL_checkstack(L, count + 6, "no memory for a row");
  lua_rawgeti(L, LUA_REGISTRYINDEX, shape->make_ref);
  json::Ref key = row.first_child();
  for (int i = 0; i < count; ++i) {
    const json::Ref value = key.next();
    push_value(L, value);
    key = value.next();
  }
  lua_call(L, count, 1);
}

// Puts the values of the table at `table` on the stack in the order of the shape's keys, nil for one that is gone.
// False, and nothing on the stack, if the table has other keys.
bool RowCodec::gather(lua_State* L, int table, const Shape& shape) {
  const int count = static_cast<int>(shape.keys.size());
  luaL_checkstack(L, count + 6, "no memory for a row");
  const int base = lua_gettop(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, shape.fields_ref);
  lua_pushvalue(L, table);
  lua_call(L, 1, count + 1);
  int found = 0;
  for (int i = 1; i <= count; ++i) found += lua_isnil(L, base + 1 + i) ? 0 : 1;
  if (found == lua_tointeger(L, base + 1)) {
    lua_remove(L, base + 1);
    return true;
  }
  lua_settop(L, base);
  return false;
}

Status RowCodec::read(lua_State* L, int index, json::Ref original, json::DocumentBuilder& out) {
  const int top = lua_gettop(L);
  const int table = index < 0 ? top + index + 1 : index;
  ValueReader reader(L, out, TextOfOriginals::kShared);
  // A table with a metatable is a list, or may answer with more than it has.
  const bool was_pushed = original && original.cell() == last_row_ && lua_type(L, table) == LUA_TTABLE;
  const bool is_plain = was_pushed && lua_getmetatable(L, table) == 0 && lua_objlen(L, table) == 0;
  lua_settop(L, top);
  const Shape* const shape = is_plain ? &shapes_[last_] : nullptr;
  if (shape == nullptr || !gather(L, table, *shape)) {
    Status status = reader.read(table, original);
    lua_settop(L, top);
    return status;
  }
  out.begin_object();
  json::Ref key = original.first_child();
  Status status;
  for (std::size_t i = 0; i < shape->keys.size() && status.ok(); ++i) {
    const json::Ref before = key.next();
    const int at = top + 1 + static_cast<int>(i);
    if (!lua_isnil(L, at)) status = reader.read_known_field(key.as_text(), at, before);
    key = before.next();
  }
  if (status.ok()) out.end_object();
  lua_settop(L, top);
  return status;
}

}  // namespace lode::lua
