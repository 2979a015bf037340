// LuaVm: one Lua state for one run of a script, with the engine's modules in it.
#include "lua/vm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "lua/modules.h"
#include "lua/status_value.h"

namespace lode::lua {
namespace {

// Chunks of the standard library are named so; their frames are left out of what users see.
constexpr std::string_view kLibraryPrefix = "@lode:";
char kVmKey;  // its address is the key of the Vm in the registry

bool is_library(const lua_Debug& frame) {
  const std::string_view source = frame.source;
  return source.substr(0, kLibraryPrefix.size()) == kLibraryPrefix || source.substr(0, 1) == "=";
}

// require() for modules of the standard library: from the program, or from $LODE_STDLIB while working on them.
int find_library_module(lua_State* L) {
  const std::string_view name = luaL_checkstring(L, 1);
  std::string source;
  bool found = false;
  if (const auto folder = Env::real().variable("LODE_STDLIB"); folder && !folder->empty()) {
    std::string file(name);
    std::replace(file.begin(), file.end(), '.', '/');
    for (const char* ending : {".lua", "/init.lua"}) {
      Result<std::string> content = Env::real().read_file(Path(*folder) / (file + ending));
      if (content.ok() && !found) {
        source = std::move(*content);
        found = true;
      }
    }
  }
  for (const EmbeddedModule& module : embedded_modules()) {
    if (!found && module.name == name) {
      source = module.source;
      found = true;
    }
  }
  if (!found) {
    lua_pushfstring(L, "\n\tno module '%s' in lode's library", name.data());
    return 1;
  }
  const std::string chunk = std::string(kLibraryPrefix) + std::string(name);
  if (luaL_loadbuffer(L, source.data(), source.size(), chunk.c_str()) != 0) return lua_error(L);
  return 1;
}

// Boxes for integers that a double cannot hold. LuaJIT's own 64-bit integers: they calculate and compare exactly.
constexpr const char kBoxSource[] = R"lua(
local ffi = require "ffi"
local signed, unsigned = ffi.typeof "int64_t", ffi.typeof "uint64_t"
local istype = ffi.istype
return function() return signed() end,
       function(value) return istype(signed, value) and 1 or istype(unsigned, value) and 2 or 0 end
)lua";

// An engine wait inside a coroutine of the script's own travels up to the engine's, and the reply back down.
constexpr const char kCoroutineSource[] = R"lua(
local await_tag = ...
local resume, yield, create = coroutine.resume, coroutine.yield, coroutine.create
local function pass(co, ok, first, ...)
  if ok and first == await_tag then return pass(co, resume(co, yield(first, ...))) end
  return ok, first, ...
end
function coroutine.resume(co, ...) return pass(co, resume(co, ...)) end
local function check(ok, first, ...)
  if not ok then error(first, 0) end
  return first, ...
end
function coroutine.wrap(f)
  local co = create(f)
  return function(...) return check(pass(co, resume(co, ...))) end
end
)lua";

}  // namespace

std::string script_line(lua_State* L) {
  lua_Debug frame;
  for (int level = 0; lua_getstack(L, level, &frame) == 1; ++level) {
    if (lua_getinfo(L, "Sl", &frame) == 0 || frame.currentline < 0 || is_library(frame)) continue;
    return fmt::format("{}:{}", frame.source[0] == '@' ? frame.source + 1 : frame.short_src, frame.currentline);
  }
  return "";
}

void* Vm::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) {
  Vm& vm = *static_cast<Vm*>(self);
  const std::uint64_t before = block == nullptr ? 0 : old_size;
  const std::uint64_t after = vm.bytes_ - before + new_size;
  if (vm.options_.bytes_max != 0 && new_size > before && after > vm.options_.bytes_max) return nullptr;
  void* moved = vm.base_allocate_(vm.base_allocate_data_, block, old_size, new_size);
  if (moved != nullptr || new_size == 0) vm.bytes_ = after;
  return moved;
}

Result<std::unique_ptr<Vm>> Vm::create(VmOptions options, ScriptRun* owner) {
  std::unique_ptr<Vm> vm(new Vm(std::move(options), owner));
  LODE_TRY(vm->open());
  return vm;
}

Status Vm::open() {
  L_ = luaL_newstate();
  if (L_ == nullptr) return Status::error(Code::kLuaMemory, "no memory for a Lua state");
  base_allocate_ = lua_getallocf(L_, &base_allocate_data_);
  lua_setallocf(L_, &Vm::allocate, this);
  luaL_openlibs(L_);

  lua_pushlightuserdata(L_, &kVmKey);
  lua_pushlightuserdata(L_, this);
  lua_rawset(L_, LUA_REGISTRYINDEX);

  if (luaL_loadbuffer(L_, kBoxSource, sizeof kBoxSource - 1, "=lode") != 0 || lua_pcall(L_, 0, 2, 0) != 0) {
    return take_error(L_);
  }
  box_kind_ref_ = luaL_ref(L_, LUA_REGISTRYINDEX);
  box_ref_ = luaL_ref(L_, LUA_REGISTRYINDEX);

  if (luaL_loadbuffer(L_, kCoroutineSource, sizeof kCoroutineSource - 1, "=lode") != 0) return take_error(L_);
  push_await_tag(L_);
  if (lua_pcall(L_, 1, 0, 0) != 0) return take_error(L_);

  // package.path: the script's folder, then the current one. The library's finder goes first.
  lua_getglobal(L_, "package");
  const std::string folder = options_.script_folder.empty() ? "." : options_.script_folder.string();
  const std::string path = folder + "/?.lua;" + folder + "/?/init.lua;./?.lua;./?/init.lua";
  lua_pushlstring(L_, path.data(), path.size());
  lua_setfield(L_, -2, "path");
  lua_pushliteral(L_, "");
  lua_setfield(L_, -2, "cpath");
  lua_getfield(L_, -1, "loaders");
  for (int i = static_cast<int>(lua_objlen(L_, -1)); i >= 1; --i) {
    lua_rawgeti(L_, -1, i);
    lua_rawseti(L_, -2, i + 1);
  }
  lua_pushcfunction(L_, find_library_module);
  lua_rawseti(L_, -2, 1);
  lua_pop(L_, 1);
  lua_getfield(L_, -1, "preload");
  lua_pushcfunction(L_, open_native);
  lua_setfield(L_, -2, "lode.native");
  lua_pop(L_, 2);
  return {};
}

Vm::~Vm() {
  if (L_ != nullptr) lua_close(L_);
}

Vm& Vm::of(lua_State* L) {
  lua_pushlightuserdata(L, &kVmKey);
  lua_rawget(L, LUA_REGISTRYINDEX);
  Vm* vm = static_cast<Vm*>(lua_touserdata(L, -1));
  lua_pop(L, 1);
  return *vm;
}

Status Vm::compile(std::string_view source, const std::string& chunk_name) {
  const int result = luaL_loadbuffer(L_, source.data(), source.size(), ("@" + chunk_name).c_str());
  if (result == 0) return {};
  std::string text = lua_tostring(L_, -1);
  lua_pop(L_, 1);
  if (result == LUA_ERRMEM) return Status::error(Code::kLuaMemory, "no memory to compile " + chunk_name);
  // "name:line: what": the place moves to where places are shown.
  std::string where = chunk_name;
  if (text.rfind(chunk_name + ":", 0) == 0) {
    const std::size_t end = text.find(": ", chunk_name.size() + 1);
    if (end != std::string::npos) {
      where = text.substr(0, end);
      text.erase(0, end + 2);
    }
  }
  return Status::error(Code::kLuaSyntax, text).at(where);
}

namespace {

// Lua puts "file:line: " before the text of an error; it is taken off when it is the place that we show anyway.
void split_place(std::string& text, std::string& where) {
  const std::size_t colon = text.find(": ");
  if (colon == std::string::npos) return;
  const std::string_view place = std::string_view(text).substr(0, colon);
  const std::size_t number = place.rfind(':');
  if (number == std::string_view::npos || number + 1 == place.size()) return;
  if (!std::all_of(place.begin() + static_cast<std::ptrdiff_t>(number) + 1, place.end(),
                   [](char c) { return c >= '0' && c <= '9'; })) {
    return;
  }
  if (place.rfind("lode:", 0) == 0) {
    text.erase(0, colon + 2);  // a line of the library says nothing to the user
    return;
  }
  where = place;
  text.erase(0, colon + 2);
}

}  // namespace

Status Vm::take_error(lua_State* L, int resume_status) {
  const std::string line = script_line(L);
  Status status;
  if (const Status* carried = to_status(L, -1)) {
    status = *carried;
    if (!line.empty()) status.at(line);
  } else if (resume_status == LUA_ERRMEM) {
    status = Status::error(Code::kLuaMemory, "the script is out of memory")
                 .hint("yield rows page by page instead of collecting them, or raise the memory limit");
    status.at(line);
  } else {
    std::string where;
    std::string text;
    if (lua_isstring(L, -1)) {
      text = lua_tostring(L, -1);
      split_place(text, where);
    } else {
      text = fmt::format("the script raised a {} value", luaL_typename(L, -1));
    }
    status = Status::error(Code::kLuaError, text).at(where.empty() ? line : where);
    lua_Debug frame;
    for (int level = 0, shown = 0; shown < 6 && lua_getstack(L, level, &frame) == 1; ++level) {
      if (lua_getinfo(L, "Sln", &frame) == 0 || frame.currentline < 0 || is_library(frame)) continue;
      if (shown++ == 0) continue;  // that is where it happened: already in front
      status.note(fmt::format("called from {}:{}", frame.source[0] == '@' ? frame.source + 1 : frame.short_src,
                              frame.currentline));
    }
  }
  lua_pop(L, 1);
  return status;
}

std::int64_t* Vm::push_int64_box(lua_State* L) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, box_ref_);
  lua_call(L, 0, 1);
  return static_cast<std::int64_t*>(const_cast<void*>(lua_topointer(L, -1)));
}

bool Vm::read_int64_box(lua_State* L, int index, std::int64_t* value, bool* is_unsigned) {
  constexpr int kCdata = 10;  // LUA_TCDATA, which LuaJIT's headers keep to themselves
  if (lua_type(L, index) != kCdata) return false;
  const int absolute = index < 0 ? lua_gettop(L) + index + 1 : index;
  lua_rawgeti(L, LUA_REGISTRYINDEX, box_kind_ref_);
  lua_pushvalue(L, absolute);
  lua_call(L, 1, 1);
  const int kind = static_cast<int>(lua_tointeger(L, -1));
  lua_pop(L, 1);
  if (kind == 0) return false;
  std::memcpy(value, lua_topointer(L, absolute), sizeof *value);
  *is_unsigned = kind == 2;
  return true;
}

}  // namespace lode::lua
