// Lua values appended to a document.
#include "lua/value_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "lua/convert.h"
#include "lua/object.h"
#include "lua/secret_value.h"
#include "lua/vm.h"

namespace lode::lua {
namespace {

constexpr int kDepthMax = 1000;  // of tables; deeper ones are cycles for all that we know

}  // namespace

Status ValueReader::read(int index, json::Ref original) { return read_any(index, original) ? Status() : failure(); }

Status ValueReader::read_known_field(std::string_view key, int index, json::Ref original) {
  return known_field(key, index, original) ? Status() : failure();
}

bool ValueReader::bad(std::string what, std::string hint) {
  what_ = std::move(what);
  hint_ = std::move(hint);
  return false;
}

// The way to the value was noted on the way out, innermost first.
Status ValueReader::failure() {
  std::string path;
  for (auto place = path_.rbegin(); place != path_.rend(); ++place) {
    path += place->index > 0 ? fmt::format("[{}]", place->index) : (path.empty() ? "" : ".") + place->key;
  }
  Status status = Status::error(Code::kLuaBadYield, path.empty() ? what_ : fmt::format("field '{}': {}", path, what_));
  if (!hint_.empty()) status.hint(hint_);
  path_.clear();
  return status;
}

bool ValueReader::read_any(int index, json::Ref original) {
  switch (lua_type(L_, index)) {
    case LUA_TNIL:
      out_.null();
      return true;
    case LUA_TBOOLEAN:
      out_.boolean(lua_toboolean(L_, index) != 0);
      return true;
    case LUA_TNUMBER:
      read_number(lua_tonumber(L_, index), original);
      return true;
    case LUA_TSTRING:
      return read_string(index, original);
    case LUA_TTABLE:
      return read_table(index, original);
    default:
      return read_other(index);
  }
}

bool ValueReader::field(std::string_view key, int index, json::Ref original) {
  out_.key(key);
  if (read_any(index, original)) return true;
  path_.push_back({std::string(key), 0});
  return false;
}

bool ValueReader::known_field(std::string_view key, int index, json::Ref original) {
  if (!shares_text_) return field(key, index, original);
  out_.key_in_input(key);
  if (read_any(index, original)) return true;
  path_.push_back({std::string(key), 0});
  return false;
}

// A number keeps the kind that it had: 1.0 stays 1.0 as long as nobody writes another value there.
void ValueReader::read_number(lua_Number number, json::Ref original) {
  const bool was_double = original && original.kind() == json::Kind::kDouble;
  if (!was_double && number > -9.2e18 && number < 9.2e18) {
    const auto whole = static_cast<std::int64_t>(number);
    if (static_cast<lua_Number>(whole) == number && !(whole == 0 && std::signbit(number))) return out_.integer(whole);
  }
  out_.real(number);
}

bool ValueReader::read_string(int index, json::Ref original) {
  std::size_t size = 0;
  const char* bytes = lua_tolstring(L_, index, &size);
  const std::string_view text(bytes, size);
  const bool unchanged = original && original.is_text() && original.as_text() == text;
  if (unchanged && shares_text_) {
    out_.text_in_input(original.as_text());
    return true;
  }
  if (!unchanged && !is_utf8(text)) {
    return bad("the text is not UTF-8", "convert it, or wrap bytes in lode.bytes(text)");
  }
  out_.text(text);
  return true;
}

bool ValueReader::read_other(int index) {
  if (is_null(L_, index)) {
    out_.null();
    return true;
  }
  std::int64_t number = 0;
  bool is_unsigned = false;
  if (Vm::of(L_).read_int64_box(L_, index, &number, &is_unsigned)) {
    if (is_unsigned && number < 0) {
      out_.tagged_text(json::Kind::kBigInt, std::to_string(static_cast<std::uint64_t>(number)));
    } else {
      out_.integer(number);
    }
    return true;
  }
  if (const ExactValue* exact = to_object<ExactValue>(L_, index)) {
    if (exact->kind == json::Kind::kBigInt || exact->kind == json::Kind::kDecimal ||
        exact->kind == json::Kind::kBinary) {
      out_.tagged_text(exact->kind, exact->text);
    } else {
      out_.tagged_number(exact->kind, exact->number);
    }
    return true;
  }
  if (to_secret(L_, index) != nullptr) {
    return bad("a secret cannot be loaded", "secret:reveal() is the way out, if it is really meant for the table");
  }
  return bad(fmt::format("a {} cannot be loaded", luaL_typename(L_, index)));
}

bool ValueReader::read_table(int index, json::Ref original) {
  if (++depth_ > kDepthMax) return bad("tables are nested too deeply, or contain themselves");
  if (lua_checkstack(L_, 10) == 0) return bad("tables are nested too deeply");
  const int table = index < 0 ? lua_gettop(L_) + index + 1 : index;
  const bool list = is_list(L_, table) || (original && original.is_list() && is_empty(table));
  if (list && !check_list(table)) return false;
  const bool ok = list ? read_list(table, original) : read_object(table, original);
  --depth_;
  return ok;
}

bool ValueReader::is_empty(int table) {
  lua_pushnil(L_);
  if (lua_next(L_, table) == 0) return true;
  lua_pop(L_, 2);
  return false;
}

// A list that a script made may have named items by mistake; they would be lost without a word.
bool ValueReader::check_list(int table) {
  if (lua_getmetatable(L_, table) != 0) {
    lua_pop(L_, 1);
    return true;
  }
  std::size_t count = 0;
  for (lua_pushnil(L_); lua_next(L_, table) != 0; lua_pop(L_, 1)) ++count;
  return count == lua_objlen(L_, table) ? true : neither_list_nor_object();
}

bool ValueReader::neither_list_nor_object() {
  return bad("a table with other keys than text is neither a list nor an object",
             "lists are numbered from 1 without gaps; for an object, make the keys text with tostring()");
}

bool ValueReader::read_list(int table, json::Ref original) {
  const auto size = static_cast<int>(lua_objlen(L_, table));
  const bool known = original && original.is_list();
  json::Ref before = known && original.size() > 0 ? original.first_child() : json::Ref();
  out_.begin_list();
  for (int i = 1; i <= size; ++i) {
    const bool has_before = known && static_cast<std::size_t>(i) <= original.size();
    lua_rawgeti(L_, table, i);
    if (!read_any(-1, has_before ? before : json::Ref())) {
      path_.push_back({{}, i});
      return false;
    }
    lua_pop(L_, 1);
    if (has_before && static_cast<std::size_t>(i) < original.size()) before = before.next();
  }
  out_.end_list();
  return true;
}

// Keys that were there first, in their order; then the new ones, sorted.
bool ValueReader::read_object(int table, json::Ref original) {
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
        if (!known_field(key.as_text(), -1, before)) return false;
      }
      lua_pop(L_, 1);
      key = before.next();
    }
  }
  if (!read_new_members(table, known ? original : json::Ref(), kept)) return false;
  out_.end_object();
  return true;
}

bool ValueReader::read_new_members(int table, json::Ref original, std::size_t kept) {
  std::size_t count = 0;
  bool plain = true;
  for (lua_pushnil(L_); lua_next(L_, table) != 0; lua_pop(L_, 1)) {
    ++count;
    plain = plain && lua_type(L_, -2) == LUA_TSTRING;
  }
  if (count == kept && plain) return true;
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
    if (!field(name, -1, json::Ref())) return false;
    lua_pop(L_, 1);
  }
  return true;
}

}  // namespace lode::lua
