// RowCodec: rows between documents and Lua tables, fast for rows of the same shape.
#pragma once

#include <lua.hpp>
#include <string>
#include <vector>

#include "base/status.h"
#include "json/document.h"

namespace lode::lua {

class Vm;

/// Moves rows to Lua and back. Of each shape (the keys of a row, in order) that comes twice it remembers a Lua function
/// that makes such a table and one that takes it apart; rows of other shapes go through push_value() and
/// read_value(). One Vm, one thread; must not outlive the Vm's state.
class RowCodec {
 public:
  explicit RowCodec(Vm& vm) : vm_(vm) {}
  RowCodec(const RowCodec&) = delete;
  RowCodec& operator=(const RowCodec&) = delete;

  /// Pushes the row's value; most rows are objects and become tables.
  void push(lua_State* L, json::Ref row);
  /// Appends the value at `index`, which push() made of `original`, or a script made in its stead; without a cell, it
  /// is new. `original` must have lived since it was pushed, and stay alive as long as `out`'s document
  /// (DocumentBuilder::set_input): what is unchanged points to it. Errors: kLuaBadYield.
  Status read(lua_State* L, int index, json::Ref original, json::DocumentBuilder& out);

 private:
  struct Shape {
    std::vector<std::string> keys;
    int make_ref = LUA_NOREF;    // a Lua function of the values that returns the table
    int fields_ref = LUA_NOREF;  // a Lua function of the table that returns how many fields it has, and the values
  };

  Shape* find(json::Ref row);
  Shape* learn(lua_State* L, json::Ref row);
  static bool gather(lua_State* L, int table, const Shape& shape);

  Vm& vm_;
  std::vector<Shape> shapes_;
  std::size_t last_ = 0;  // the shape of the row before, a good guess
  const json::Cell* last_row_ = nullptr;
  std::size_t oldest_ = 0;            // which goes when there are too many
  std::vector<std::string> unknown_;  // the keys of the last row of an unknown shape
};

}  // namespace lode::lua
