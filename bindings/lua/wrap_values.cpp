// lode.null, lode.list, lode.decimal, lode.bytes, lode.time, JSON texts.
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "base/time.h"
#include "json/parse.h"
#include "json/write.h"
#include "lua/convert.h"
#include "lua/modules.h"
#include "lua/object.h"
#include "lua/status_value.h"
#include "schema/yaml.h"

namespace lode::lua {
namespace {

std::string show_exact(const ExactValue& value) {
  switch (value.kind) {
    case json::Kind::kTimestamp:
      return iso_timestamp_z(value.number);
    case json::Kind::kDate:
      return iso_date(value.number);
    case json::Kind::kTime:
      return iso_time(value.number);
    default:
      return value.text;
  }
}

int exact_tostring(lua_State* L) {
  push_text(L, show_exact(check_object<ExactValue>(L, 1)));
  return 1;
}

int exact_equal(lua_State* L) {
  const ExactValue& a = check_object<ExactValue>(L, 1);
  const ExactValue& b = check_object<ExactValue>(L, 2);
  lua_pushboolean(L, a.kind == b.kind && a.text == b.text && a.number == b.number);
  return 1;
}

// A decimal or big integer as a Lua number (rounded); a time as seconds.
int exact_number(lua_State* L) {
  const ExactValue& value = check_object<ExactValue>(L, 1);
  switch (value.kind) {
    case json::Kind::kTimestamp:
    case json::Kind::kTime:
      lua_pushnumber(L, static_cast<double>(value.number) / 1e6);
      return 1;
    case json::Kind::kDate:
      lua_pushnumber(L, static_cast<double>(value.number) * 86'400);
      return 1;
    case json::Kind::kBinary:
      lua_pushnil(L);
      return 1;
    default:
      lua_pushnumber(L, std::strtod(value.text.c_str(), nullptr));
      return 1;
  }
}

int value_list(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  tag_list(L);
  return 1;
}

int value_decimal(lua_State* L) {
  const std::string text = luaL_checkstring(L, 1);
  const bool valid = !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string::npos &&
                     text.find_first_of("0123456789") != std::string::npos;
  if (!valid) raise(L, Status::error(Code::kLuaBadField, fmt::format("'{}' is not a decimal number", text)));
  ExactValue& value = push_object<ExactValue>(L);
  value.kind = json::Kind::kDecimal;
  value.text = text;
  return 1;
}

int value_bytes(lua_State* L) {
  std::size_t size = 0;
  const char* bytes = luaL_checklstring(L, 1, &size);
  ExactValue& value = push_object<ExactValue>(L);
  value.kind = json::Kind::kBinary;
  value.text.assign(bytes, size);
  return 1;
}

// lode.time(seconds since 1970)
int value_time(lua_State* L) {
  const lua_Number seconds = luaL_checknumber(L, 1);
  ExactValue& value = push_object<ExactValue>(L);
  value.kind = json::Kind::kTimestamp;
  value.number = std::llround(seconds * 1e6);
  return 1;
}

// native.json_encode(value, indent or nil)
int json_encode(lua_State* L) {
  json::DocumentBuilder builder;
  Status status = read_value(L, 1, json::Ref(), builder);
  if (!status.ok()) raise(L, std::move(status));
  const auto indent = static_cast<int>(luaL_optinteger(L, 2, 0));
  push_text(L, json::write(builder.finish()->root(0), {.indent = indent}));
  return 1;
}

int json_decode(lua_State* L) {
  std::size_t size = 0;
  const char* const text = luaL_checklstring(L, 1, &size);
  Result<std::shared_ptr<const json::Document>> document = json::Parser().parse(std::string(text, size));
  if (!document.ok()) raise(L, std::move(document).status());
  push_value(L, (*document)->root(0));
  return 1;
}

// native.yaml_decode(text): of YAML 1.1, which JSON is a part of; raises for what is none
int yaml_decode(lua_State* L) {
  std::size_t size = 0;
  const char* const text = luaL_checklstring(L, 1, &size);
  Result<json::Value> value = parse_yaml(std::string_view(text, size));
  if (!value.ok()) raise(L, std::move(value).status());
  push_value(L, *value);
  return 1;
}

}  // namespace

void open_values(lua_State* L) {
  register_null_and_list(L);
  register_type<ExactValue>(L, {{"number", exact_number}}, {{"__tostring", exact_tostring}, {"__eq", exact_equal}});

  push_null(L);
  lua_setfield(L, -2, "null");
  for (const luaL_Reg& function :
       {luaL_Reg{"list", value_list}, luaL_Reg{"decimal", value_decimal}, luaL_Reg{"bytes", value_bytes},
        luaL_Reg{"time", value_time}, luaL_Reg{"json_encode", json_encode}, luaL_Reg{"json_decode", json_decode},
        luaL_Reg{"yaml_decode", yaml_decode}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
