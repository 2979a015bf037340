// ValueReader: Lua values appended to a document. What was pushed from a document comes back as it was there.
#pragma once

#include <lua.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "json/document.h"

namespace lode::lua {

enum class TextOfOriginals {
  kCopied,  ///< text is copied into the document
  kShared,  ///< what is unchanged points to the originals, which the document keeps alive (DocumentBuilder::set_input)
};

/// Reads value trees from one coroutine's stack. Errors: see read_value() in convert.h. After an error the document has
/// half a value; nothing else is left over.
class ValueReader {
 public:
  ValueReader(lua_State* L, json::DocumentBuilder& out, TextOfOriginals text)
      : L_(L), out_(out), shares_text_(text == TextOfOriginals::kShared) {}

  /// The value at `index`; `original` (may be without a cell) is what was pushed for it. Leaves the stack as it was,
  /// except after errors.
  Status read(int index, json::Ref original);
  /// A field of an object that the caller has begun, with the value at `index`; `key` is the original's own text.
  Status read_known_field(std::string_view key, int index, json::Ref original);

 private:
  struct Place {
    std::string key;
    int index;  // 1.. in a list; 0: a key
  };
  Status failure();
  // These say false after bad(), and note where they were.
  bool bad(std::string what, std::string hint = {});
  bool neither_list_nor_object();
  bool read_any(int index, json::Ref original);
  bool field(std::string_view key, int index, json::Ref original);
  bool known_field(std::string_view key, int index, json::Ref original);
  bool read_string(int index, json::Ref original);
  bool read_other(int index);
  bool read_table(int index, json::Ref original);
  bool check_list(int table);
  bool read_list(int table, json::Ref original);
  bool read_object(int table, json::Ref original);
  bool read_new_members(int table, json::Ref original, std::size_t kept);
  void read_number(lua_Number number, json::Ref original);
  bool is_empty(int table);

  lua_State* L_;
  json::DocumentBuilder& out_;
  bool shares_text_;
  std::string what_;
  std::string hint_;
  std::vector<Place> path_;
  int depth_ = 0;
};

}  // namespace lode::lua
