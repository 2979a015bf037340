// Pages in Lua: #page, page[i], page:each(), page:table(); and the writer that turns a step's rows back into a page.
#include <fmt/format.h>

#include <algorithm>

#include "extract/row_selection.h"
#include "json/parse.h"
#include "json/write.h"
#include "lua/convert.h"
#include "lua/lua_pipe.h"
#include "lua/modules.h"
#include "lua/object.h"
#include "lua/status_value.h"

namespace lode::lua {

template <>
struct TypeName<LuaPage> {
  static constexpr const char* kName = "lode.page";
};

void push_page(lua_State* L, Page page) { push_object<LuaPage>(L, LuaPage{std::move(page)}); }
LuaPage* to_page(lua_State* L, int index) { return to_object<LuaPage>(L, index); }

namespace {

// What a step makes of one page: rows that Lua changed, or rows of the page passed on as they are.
struct PageWriter {
  explicit PageWriter(Page input_page) : input(std::move(input_page)) {
    // What a step leaves as it was is not copied: the new document keeps the old one.
    builder.set_input(input.rows.document, input.rows.document->bytes());
  }
  Page input;
  json::DocumentBuilder builder;
  std::string table;       // instead of the input's
  bool flattened = false;  // a yield_map made single items of the page
};

}  // namespace

template <>
struct TypeName<PageWriter> {
  static constexpr const char* kName = "lode.page_writer";
};

namespace {

int page_length(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(check_object<LuaPage>(L, 1).page.rows.rows.size()));
  return 1;
}

// page[i]: a Lua table made afresh; other keys are methods.
int page_index(lua_State* L) {
  const LuaPage& page = check_object<LuaPage>(L, 1);
  if (lua_type(L, 2) == LUA_TNUMBER) {
    const lua_Integer index = lua_tointeger(L, 2);
    const auto& rows = page.page.rows.rows;
    if (index < 1 || static_cast<std::size_t>(index) > rows.size()) {
      lua_pushnil(L);
    } else {
      push_value(L, rows[static_cast<std::size_t>(index) - 1]);
    }
    return 1;
  }
  lua_pushvalue(L, 2);
  lua_rawget(L, lua_upvalueindex(1));
  if (!lua_isnil(L, -1)) return 1;
  // What set_page_context() gave it; else the environment is that of all functions.
  lua_getfenv(L, 1);
  if (lua_rawequal(L, -1, LUA_GLOBALSINDEX) != 0) {
    lua_pushnil(L);
    return 1;
  }
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  return 1;
}

// native.set_page_context(page, fields): what page.request and the like answer
int set_page_context(lua_State* L) {
  check_object<LuaPage>(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_setfenv(L, 1);
  return 0;
}

int page_next(lua_State* L) {
  const auto& rows = check_object<LuaPage>(L, lua_upvalueindex(1)).page.rows.rows;
  const lua_Integer index = lua_tointeger(L, lua_upvalueindex(2));
  if (static_cast<std::size_t>(index) >= rows.size()) return 0;
  lua_pushinteger(L, index + 1);
  lua_replace(L, lua_upvalueindex(2));
  push_value(L, rows[static_cast<std::size_t>(index)]);
  return 1;
}

// for row in page:each() do
int page_each(lua_State* L) {
  check_object<LuaPage>(L, 1);
  lua_settop(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, page_next, 2);
  return 1;
}

int page_table(lua_State* L) {
  const auto& rows = check_object<LuaPage>(L, 1).page.rows.rows;
  lua_createtable(L, static_cast<int>(rows.size()), 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    push_value(L, rows[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  tag_list(L);
  return 1;
}

int page_tostring(lua_State* L) {
  const Page& page = check_object<LuaPage>(L, 1).page;
  push_text(L, fmt::format("page of {} rows", page.rows.rows.size()));
  return 1;
}

// native.page_writer(page, table or nil): for another table than the page's
int writer_new(lua_State* L) {
  const LuaPage& page = check_object<LuaPage>(L, 1);
  const std::string table = luaL_optstring(L, 2, "");
  push_object<PageWriter>(L, page.page).table = table;
  return 1;
}

// writer:row(i): the i-th row of the input as a Lua table
int writer_row(lua_State* L) {
  PageWriter& writer = check_object<PageWriter>(L, 1);
  const auto index = static_cast<std::size_t>(luaL_checkinteger(L, 2));
  if (index < 1 || index > writer.input.rows.rows.size()) return luaL_argerror(L, 2, "no such row");
  Vm::of(L).rows().push(L, writer.input.rows.rows[index - 1]);
  return 1;
}

// writer:add(value, i): `value` came of the i-th row; without i it is new
int writer_add(lua_State* L) {
  PageWriter& writer = check_object<PageWriter>(L, 1);
  const lua_Integer index = luaL_optinteger(L, 3, 0);
  const bool known = index >= 1 && static_cast<std::size_t>(index) <= writer.input.rows.rows.size();
  const json::Ref original = known ? writer.input.rows.rows[static_cast<std::size_t>(index) - 1] : json::Ref();
  Status status = Vm::of(L).rows().read(L, 2, original, writer.builder);
  if (!status.ok()) raise(L, std::move(status));
  if (index == 0) writer.flattened = true;
  return 0;
}

// writer:keep(i): the i-th row as it was
int writer_keep(lua_State* L) {
  PageWriter& writer = check_object<PageWriter>(L, 1);
  const auto index = static_cast<std::size_t>(luaL_checkinteger(L, 2));
  if (index < 1 || index > writer.input.rows.rows.size()) return luaL_argerror(L, 2, "no such row");
  writer.builder.copy_in_input(writer.input.rows.rows[index - 1]);
  return 0;
}

// writer:finish(): the page of the rows added; nil if there were rows and none is left
int writer_finish(lua_State* L) {
  PageWriter& writer = check_object<PageWriter>(L, 1);
  Page page;
  page.rows.document = writer.builder.finish();
  const std::size_t count = page.rows.document->root_count();
  if (count == 0 && !writer.input.rows.rows.empty()) {
    lua_pushnil(L);
    return 1;
  }
  for (std::size_t i = 0; i < count; ++i) page.rows.rows.push_back(page.rows.document->root(i));
  page.table = writer.table.empty() ? writer.input.table : writer.table;
  page.origin = writer.input.origin;
  page.bytes = page.rows.document->bytes();
  page.is_batch = writer.input.is_batch || writer.flattened;
  push_page(L, std::move(page));
  return 1;
}

// A page of the document's roots.
Page page_of_roots(std::shared_ptr<const json::Document> document) {
  Page page;
  for (std::size_t i = 0; i < document->root_count(); ++i) page.rows.rows.push_back(document->root(i));
  page.bytes = document->bytes();
  page.rows.document = std::move(document);
  return page;
}

// Where a field's value comes from, under the name that it gets.
struct AddedField {
  std::string name;
  json::Ref value;
};

void write_with_fields(json::Ref row, const std::vector<AddedField>& fields, json::DocumentBuilder& out) {
  const auto is_added = [&](std::string_view name) {
    return std::any_of(fields.begin(), fields.end(), [&](const AddedField& field) { return field.name == name; });
  };
  out.begin_object();
  json::Ref key = row.size() > 0 ? row.first_child() : row;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const json::Ref value = key.next();
    if (!is_added(key.as_text())) {
      out.key(key.as_text());
      out.copy(value);
    }
    key = value.next();
  }
  for (const AddedField& field : fields) {
    out.key(field.name);
    out.copy(field.value);
  }
  out.end_object();
}

// native.page_with_fields(page, parent, { { "id", "_orders_id" }, ... }): a page whose rows have got fields of the one
// row of the page `parent`, under other names; they win over fields that are there. nil and the name of a field that
// `parent` lacks.
int page_with_fields(lua_State* L) {
  const LuaPage& input = check_object<LuaPage>(L, 1);
  const LuaPage& parent = check_object<LuaPage>(L, 2);
  luaL_checktype(L, 3, LUA_TTABLE);
  if (parent.page.rows.rows.empty()) return luaL_argerror(L, 2, "a page of one row");
  const json::Ref from = parent.page.rows.rows[0];
  std::vector<AddedField> fields;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, 3)); ++i) {
    lua_rawgeti(L, 3, i);
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    const char* const field = lua_tostring(L, -2);
    const char* const name = lua_tostring(L, -1);
    if (field == nullptr || name == nullptr) return luaL_argerror(L, 3, "a list of { field, name }");
    const json::Ref value = from.is_object() ? from.find(field) : json::Ref();
    if (!value) {
      lua_pushnil(L);
      lua_pushvalue(L, -3);
      return 2;
    }
    fields.push_back({name, value});
    lua_pop(L, 3);
  }
  json::DocumentBuilder builder;
  for (const json::Ref row : input.page.rows.rows) {
    if (row.is_object()) {
      write_with_fields(row, fields, builder);
    } else {
      builder.copy(row);
    }
  }
  Page page = page_of_roots(builder.finish());
  page.table = input.page.table;
  page.origin = input.page.origin;
  push_page(L, std::move(page));
  return 1;
}

// native.page_of_json(text, path or nil): the rows at the path of a JSON text
int page_of_json(lua_State* L) {
  std::size_t size = 0;
  const char* const text = luaL_checklstring(L, 1, &size);
  Result<json::Path> path = json::Path::compile(luaL_optstring(L, 2, "$"));
  if (!path.ok()) raise(L, std::move(path).status());
  Result<std::shared_ptr<const json::Document>> document = json::Parser().parse(std::string(text, size));
  if (!document.ok()) raise(L, std::move(document).status());
  Page page;
  page.rows = select_rows(std::move(*document), *path);
  page.bytes = page.rows.document->bytes();
  push_page(L, std::move(page));
  return 1;
}

// native.page_select(page, path): the first match in the page's first row, as a Lua value and as JSON text, which
// tells 2.0 from 2; nothing if there is no match
int page_select(lua_State* L) {
  const LuaPage& page = check_object<LuaPage>(L, 1);
  Result<json::Path> path = json::Path::compile(luaL_checkstring(L, 2));
  if (!path.ok()) raise(L, std::move(path).status());
  if (page.page.rows.rows.empty()) return 0;
  const json::Ref match = path->first(page.page.rows.rows[0]);
  if (!match) return 0;
  push_value(L, match);
  push_text(L, json::write(match));
  return 2;
}

// native.page_json(page): its rows as the text of a JSON list
int page_json(lua_State* L) {
  json::DocumentBuilder builder;
  builder.begin_list();
  for (const json::Ref row : check_object<LuaPage>(L, 1).page.rows.rows) builder.copy(row);
  builder.end_list();
  push_text(L, json::write(builder.finish()->root(0)));
  return 1;
}

// native.is_page(value)
int is_page(lua_State* L) {
  lua_pushboolean(L, to_page(L, 1) != nullptr);
  return 1;
}

// native.page_of(list, table_name or nil): a page made of Lua rows, for another table than the resource's own
int page_of(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  json::DocumentBuilder builder;
  const int count = static_cast<int>(lua_objlen(L, 1));
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, 1, i);
    Status status = read_value(L, -1, json::Ref(), builder);
    if (!status.ok()) raise(L, std::move(status));
    lua_pop(L, 1);
  }
  Page page = page_of_roots(builder.finish());
  page.table = luaL_optstring(L, 2, "");
  push_page(L, std::move(page));
  return 1;
}

}  // namespace

void open_pages(lua_State* L) {
  register_type<LuaPage>(L, {}, {{"__len", page_length}, {"__tostring", page_tostring}});
  luaL_getmetatable(L, TypeName<LuaPage>::kName);
  lua_newtable(L);
  for (const luaL_Reg& method : {luaL_Reg{"each", page_each}, luaL_Reg{"table", page_table}}) {
    lua_pushcfunction(L, method.func);
    lua_setfield(L, -2, method.name);
  }
  lua_pushcclosure(L, page_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);

  register_type<PageWriter>(
      L, {{"row", writer_row}, {"add", writer_add}, {"keep", writer_keep}, {"finish", writer_finish}});
  for (const luaL_Reg& function :
       {luaL_Reg{"page_writer", writer_new}, luaL_Reg{"is_page", is_page}, luaL_Reg{"page_of", page_of},
        luaL_Reg{"page_of_json", page_of_json}, luaL_Reg{"page_json", page_json}, luaL_Reg{"page_select", page_select},
        luaL_Reg{"page_with_fields", page_with_fields}, luaL_Reg{"set_page_context", set_page_context}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
