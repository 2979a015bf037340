// Values between Lua and the engine.
#include "lua/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/text.h"
#include "base/time.h"
#include "json/parse.h"
#include "json/write.h"
#include "lua/modules.h"
#include "lua/object.h"
#include "lua/secret_value.h"
#include "lua/status_value.h"
#include "lua/vm.h"

namespace lode::lua {

template <>
struct TypeName<ExactValue> {
  static constexpr const char* kName = "lode.value";
};

namespace {

constexpr double kExactMax = 9007199254740992.0;  // 2^53: beyond it a double skips integers
constexpr int kDepthMax = 1000;                   // of tables; deeper ones are cycles for all that we know
constexpr const char* kListName = "lode.list";
char kNullKey;  // its address is the key of lode.null in the registry

// A value of lode.null is a userdata without content; its identity is what counts.
struct Null {};

}  // namespace

template <>
struct TypeName<Null> {
  static constexpr const char* kName = "lode.null";
};

void push_null(lua_State* L) {
  lua_pushlightuserdata(L, &kNullKey);
  lua_rawget(L, LUA_REGISTRYINDEX);
}

bool is_null(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA) return false;
  const void* value = lua_touserdata(L, index);
  push_null(L);
  const bool same = lua_touserdata(L, -1) == value;
  lua_pop(L, 1);
  return same;
}

void tag_list(lua_State* L) {
  luaL_getmetatable(L, kListName);
  lua_setmetatable(L, -2);
}

bool is_list(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TTABLE) return false;
  if (lua_getmetatable(L, index) != 0) {
    luaL_getmetatable(L, kListName);
    const bool tagged = lua_rawequal(L, -1, -2) != 0;
    lua_pop(L, 2);
    if (tagged) return true;
  }
  return lua_objlen(L, index) > 0;
}

namespace {

void push_integer(lua_State* L, std::int64_t value) {
  if (value >= -static_cast<std::int64_t>(kExactMax) && value <= static_cast<std::int64_t>(kExactMax)) {
    lua_pushnumber(L, static_cast<lua_Number>(value));
  } else {
    *Vm::of(L).push_int64_box(L) = value;
  }
}

void push_exact(lua_State* L, json::Ref value) {
  ExactValue& exact = push_object<ExactValue>(L);
  exact.kind = value.kind();
  if (value.kind() == json::Kind::kBigInt || value.kind() == json::Kind::kDecimal ||
      value.kind() == json::Kind::kBinary) {
    exact.text = value.as_text();
  } else {
    exact.number = value.as_int();
  }
}

}  // namespace

void push_value(lua_State* L, json::Ref value) {
  luaL_checkstack(L, 6, "values nested too deeply");
  switch (value.kind()) {
    case json::Kind::kNull:
      push_null(L);
      return;
    case json::Kind::kBool:
      lua_pushboolean(L, value.as_bool());
      return;
    case json::Kind::kInt:
      push_integer(L, value.as_int());
      return;
    case json::Kind::kDouble:
      lua_pushnumber(L, value.as_double());
      return;
    case json::Kind::kText:
      push_text(L, value.as_text());
      return;
    case json::Kind::kList: {
      lua_createtable(L, static_cast<int>(value.size()), 0);
      json::Ref item = value.size() > 0 ? value.first_child() : value;
      for (std::size_t i = 1; i <= value.size(); ++i, item = item.next()) {
        push_value(L, item);
        lua_rawseti(L, -2, static_cast<int>(i));
      }
      tag_list(L);
      return;
    }
    case json::Kind::kObject: {
      lua_createtable(L, 0, static_cast<int>(value.size()));
      json::Ref key = value.size() > 0 ? value.first_child() : value;
      for (std::size_t i = 0; i < value.size(); ++i) {
        push_text(L, key.as_text());
        const json::Ref member = key.next();
        push_value(L, member);
        lua_rawset(L, -3);
        key = member.next();
      }
      return;
    }
    default:
      push_exact(L, value);
  }
}

void push_value(lua_State* L, const json::Value& value) {
  json::DocumentBuilder builder;
  builder.value(value);
  push_value(L, builder.finish()->root(0));
}

RowPusher::RowPusher(Vm& vm) : vm_(vm) {
  lua_newtable(vm.state());
  keys_ref_ = luaL_ref(vm.state(), LUA_REGISTRYINDEX);
}

RowPusher::~RowPusher() { luaL_unref(vm_.state(), LUA_REGISTRYINDEX, keys_ref_); }

void RowPusher::push(lua_State* L, json::Ref row) {
  if (!row.is_object() || row.size() == 0) return push_value(L, row);
  luaL_checkstack(L, 6, "no memory for a row");
  const int count = static_cast<int>(row.size());
  lua_rawgeti(L, LUA_REGISTRYINDEX, keys_ref_);
  lua_createtable(L, 0, count);
  json::Ref key = row.first_child();
  for (int i = 0; i < count; ++i) {
    const std::string_view name = key.as_text();
    const auto at = static_cast<std::size_t>(i);
    if (at < keys_.size() && keys_[at] == name) {
      lua_rawgeti(L, -2, i + 1);
    } else {
      push_text(L, name);
      if (at < keys_.size() || at == keys_.size()) {
        if (at == keys_.size()) keys_.emplace_back();
        keys_[at] = name;
        lua_pushvalue(L, -1);
        lua_rawseti(L, -4, i + 1);
      }
    }
    const json::Ref member = key.next();
    push_value(L, member);
    lua_rawset(L, -3);
    key = member.next();
  }
  lua_remove(L, -2);
}

namespace {

// Reads one value tree; remembers where it is for messages.
class Reader {
 public:
  Reader(lua_State* L, json::DocumentBuilder& out) : L_(L), out_(out) {}

  Status read(int index, json::Ref original) {
    switch (lua_type(L_, index)) {
      case LUA_TNIL:
        out_.null();
        return {};
      case LUA_TBOOLEAN:
        out_.boolean(lua_toboolean(L_, index) != 0);
        return {};
      case LUA_TNUMBER:
        read_number(lua_tonumber(L_, index), original);
        return {};
      case LUA_TSTRING:
        return read_string(index, original);
      case LUA_TTABLE:
        return read_table(index, original);
      default:
        return read_other(index);
    }
  }

 private:
  Status bad(std::string what) const {
    std::string path;
    for (const Place& place : path_) {
      path += place.index > 0 ? fmt::format("[{}]", place.index) : (path.empty() ? "" : ".") + std::string(place.key);
    }
    return Status::error(Code::kLuaBadYield, path.empty() ? what : fmt::format("field '{}': {}", path, what));
  }

  // A number keeps the kind that it had: 1.0 stays 1.0 as long as nobody writes another value there.
  void read_number(lua_Number number, json::Ref original) {
    const bool was_double = original && original.kind() == json::Kind::kDouble;
    const bool is_integral = std::floor(number) == number && std::fabs(number) < 9.2e18;
    if (is_integral && !was_double && !(number == 0 && std::signbit(number))) {
      out_.integer(static_cast<std::int64_t>(number));
    } else {
      out_.real(number);
    }
  }

  Status read_string(int index, json::Ref original) {
    std::size_t size = 0;
    const char* bytes = lua_tolstring(L_, index, &size);
    const std::string_view text(bytes, size);
    const bool unchanged = original && original.is_text() && original.as_text() == text;
    if (!unchanged && !is_utf8(text)) {
      return bad("the text is not UTF-8").hint("convert it, or wrap bytes in lode.bytes(text)");
    }
    out_.text(text);
    return {};
  }

  Status read_other(int index) {
    if (is_null(L_, index)) {
      out_.null();
      return {};
    }
    std::int64_t number = 0;
    bool is_unsigned = false;
    if (Vm::of(L_).read_int64_box(L_, index, &number, &is_unsigned)) {
      if (is_unsigned && number < 0) {
        out_.tagged_text(json::Kind::kBigInt, std::to_string(static_cast<std::uint64_t>(number)));
      } else {
        out_.integer(number);
      }
      return {};
    }
    if (const ExactValue* exact = to_object<ExactValue>(L_, index)) {
      if (exact->kind == json::Kind::kBigInt || exact->kind == json::Kind::kDecimal ||
          exact->kind == json::Kind::kBinary) {
        out_.tagged_text(exact->kind, exact->text);
      } else {
        out_.tagged_number(exact->kind, exact->number);
      }
      return {};
    }
    if (to_secret(L_, index) != nullptr) {
      return bad("a secret cannot be loaded")
          .hint("secret:reveal() is the way out, if it is really meant for the table");
    }
    return bad(fmt::format("a {} cannot be loaded", luaL_typename(L_, index)));
  }

  Status read_table(int index, json::Ref original) {
    if (++depth_ > kDepthMax) return bad("tables are nested too deeply, or contain themselves");
    if (lua_checkstack(L_, 10) == 0) return bad("tables are nested too deeply");
    const int table = index < 0 ? lua_gettop(L_) + index + 1 : index;
    const bool untagged_empty = lua_objlen(L_, table) == 0 && lua_next_is_empty(table);
    const bool list = is_list(L_, table) || (untagged_empty && original && original.is_list());
    if (list) LODE_TRY(check_list(table));
    Status status = list ? read_list(table, original) : read_object(table, original);
    --depth_;
    return status;
  }

  bool lua_next_is_empty(int table) {
    lua_pushnil(L_);
    if (lua_next(L_, table) == 0) return true;
    lua_pop(L_, 2);
    return false;
  }

  // A list that a script made may have named items by mistake; they would be lost without a word.
  Status check_list(int table) {
    if (lua_getmetatable(L_, table) != 0) {
      lua_pop(L_, 1);
      return {};
    }
    std::size_t count = 0;
    for (lua_pushnil(L_); lua_next(L_, table) != 0; lua_pop(L_, 1)) ++count;
    return count == lua_objlen(L_, table) ? Status() : neither_list_nor_object();
  }

  Status neither_list_nor_object() const {
    return bad("a table with other keys than text is neither a list nor an object")
        .hint("lists are numbered from 1 without gaps; for an object, make the keys text with tostring()");
  }

  Status read_list(int table, json::Ref original) {
    const auto size = static_cast<int>(lua_objlen(L_, table));
    const bool known = original && original.is_list();
    json::Ref before = known && original.size() > 0 ? original.first_child() : json::Ref();
    out_.begin_list();
    for (int i = 1; i <= size; ++i) {
      const bool has_before = known && static_cast<std::size_t>(i) <= original.size();
      lua_rawgeti(L_, table, i);
      path_.push_back({{}, i});
      LODE_TRY(read(-1, has_before ? before : json::Ref()));
      path_.pop_back();
      lua_pop(L_, 1);
      if (has_before && static_cast<std::size_t>(i) < original.size()) before = before.next();
    }
    out_.end_list();
    return {};
  }

  Status read_member(std::string_view key, json::Ref original) {
    out_.key(key);
    path_.push_back({key, 0});
    LODE_TRY(read(-1, original));
    path_.pop_back();
    return {};
  }

  // Keys that were there first, in their order; then the new ones, sorted.
  Status read_object(int table, json::Ref original) {
    out_.begin_object();
    std::size_t kept = 0;
    const bool known = original && original.is_object();
    if (known && original.size() > 0) {
      json::Ref key = original.first_child();
      for (std::size_t i = 0; i < original.size(); ++i) {
        const json::Ref before = key.next();
        push_text(L_, key.as_text());
        lua_rawget(L_, table);
        if (!lua_isnil(L_, -1)) {
          ++kept;
          LODE_TRY(read_member(key.as_text(), before));
        }
        lua_pop(L_, 1);
        key = before.next();
      }
    }
    LODE_TRY(read_new_members(table, known ? original : json::Ref(), kept));
    out_.end_object();
    return {};
  }

  Status read_new_members(int table, json::Ref original, std::size_t kept) {
    std::size_t count = 0;
    bool plain = true;
    for (lua_pushnil(L_); lua_next(L_, table) != 0; lua_pop(L_, 1)) {
      ++count;
      plain = plain && lua_type(L_, -2) == LUA_TSTRING;
    }
    if (count == kept && plain) return {};
    std::vector<std::string> names;
    for (lua_pushnil(L_); lua_next(L_, table) != 0; lua_pop(L_, 1)) {
      if (lua_type(L_, -2) == LUA_TSTRING) {
        std::size_t size = 0;
        const char* bytes = lua_tolstring(L_, -2, &size);
        const std::string_view name(bytes, size);
        if (!original || !original.find(name)) names.emplace_back(name);
      } else {
        lua_pop(L_, 2);
        return neither_list_nor_object();
      }
    }
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      if (!is_utf8(name)) return bad("a key is not UTF-8");
      push_text(L_, name);
      lua_rawget(L_, table);
      LODE_TRY(read_member(name, json::Ref()));
      lua_pop(L_, 1);
    }
    return {};
  }

  lua_State* L_;
  json::DocumentBuilder& out_;
  struct Place {
    std::string_view key;
    int index;  // 1.. in a list; 0: a key
  };
  std::vector<Place> path_;
  int depth_ = 0;
};

}  // namespace

Status read_value(lua_State* L, int index, json::Ref original, json::DocumentBuilder& out) {
  const int absolute = index < 0 ? lua_gettop(L) + index + 1 : index;
  const int top = lua_gettop(L);
  Status status = Reader(L, out).read(absolute, original);
  lua_settop(L, top);
  return status;
}

Result<json::Value> read_value(lua_State* L, int index) {
  json::DocumentBuilder builder;
  LODE_TRY(read_value(L, index, json::Ref(), builder));
  return json::to_value(builder.finish()->root(0));
}

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

int json_encode(lua_State* L) {
  json::DocumentBuilder builder;
  Status status = read_value(L, 1, json::Ref(), builder);
  if (!status.ok()) raise(L, std::move(status));
  push_text(L, json::write(builder.finish()->root(0)));
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

}  // namespace

void open_values(lua_State* L) {
  luaL_newmetatable(L, kListName);
  lua_pushstring(L, kListName);
  lua_setfield(L, -2, "__name");
  lua_pop(L, 1);

  register_type<Null>(L, {}, {{"__tostring", [](lua_State* state) {
                                 lua_pushliteral(state, "null");
                                 return 1;
                               }}});
  lua_pushlightuserdata(L, &kNullKey);
  push_object<Null>(L);
  lua_rawset(L, LUA_REGISTRYINDEX);

  register_type<ExactValue>(L, {{"number", exact_number}}, {{"__tostring", exact_tostring}, {"__eq", exact_equal}});

  push_null(L);
  lua_setfield(L, -2, "null");
  for (const luaL_Reg& function :
       {luaL_Reg{"list", value_list}, luaL_Reg{"decimal", value_decimal}, luaL_Reg{"bytes", value_bytes},
        luaL_Reg{"time", value_time}, luaL_Reg{"json_encode", json_encode}, luaL_Reg{"json_decode", json_decode}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
