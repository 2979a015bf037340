// C++ objects in Lua: one userdata shape for all types, made here and freed by Lua's collector.
#pragma once

#include <initializer_list>
#include <lua.hpp>
#include <new>
#include <utility>

namespace lode::lua {

/// Specialised by each type that Lua holds: `static constexpr const char* kName`, the metatable's name.
template <class T>
struct TypeName;

/// Makes a T inside a new userdata on the stack.
template <class T, class... Args>
T& push_object(lua_State* L, Args&&... args) {
  void* memory = lua_newuserdata(L, sizeof(T));
  T* object = new (memory) T(std::forward<Args>(args)...);
  luaL_getmetatable(L, TypeName<T>::kName);
  lua_setmetatable(L, -2);
  return *object;
}

/// Null if the value at `index` is no T.
template <class T>
T* to_object(lua_State* L, int index) {
  void* memory = lua_touserdata(L, index);
  if (memory == nullptr || lua_getmetatable(L, index) == 0) return nullptr;
  luaL_getmetatable(L, TypeName<T>::kName);
  const bool same = lua_rawequal(L, -1, -2) != 0;
  lua_pop(L, 2);
  return same ? static_cast<T*>(memory) : nullptr;
}

/// Raises an argument error if the value at `index` is no T.
template <class T>
T& check_object(lua_State* L, int index) {
  return *static_cast<T*>(luaL_checkudata(L, index, TypeName<T>::kName));
}

/// Makes the metatable of T: `methods` are found by indexing, unless `metamethods` has an __index of its own.
template <class T>
void register_type(lua_State* L, std::initializer_list<luaL_Reg> methods,
                   std::initializer_list<luaL_Reg> metamethods = {}) {
  luaL_newmetatable(L, TypeName<T>::kName);
  lua_newtable(L);
  for (const luaL_Reg& method : methods) {
    lua_pushcfunction(L, method.func);
    lua_setfield(L, -2, method.name);
  }
  lua_setfield(L, -2, "__index");
  for (const luaL_Reg& method : metamethods) {
    lua_pushcfunction(L, method.func);
    lua_setfield(L, -2, method.name);
  }
  lua_pushcfunction(L, [](lua_State* state) {
    static_cast<T*>(lua_touserdata(state, 1))->~T();
    return 0;
  });
  lua_setfield(L, -2, "__gc");
  lua_pushstring(L, TypeName<T>::kName);
  lua_setfield(L, -2, "__name");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}

}  // namespace lode::lua
