// Schemas as Lua sees them: a handle whose text and tables lode/schema.lua asks for.
#include "lua/wrap_schema.h"

#include "lua/convert.h"
#include "lua/modules.h"
#include "lua/object.h"
#include "lua/script_run.h"
#include "lua/status_value.h"
#include "runtime/pipeline_info.h"
#include "schema/schema_file.h"

namespace lode::lua {

using SchemaHandle = std::shared_ptr<const Schema>;

template <>
struct TypeName<SchemaHandle> {
  static constexpr const char* kName = "lode.native_schema";
};

namespace {

bool option(lua_State* L, int index, const char* name, bool fallback) {
  lua_getfield(L, index, name);
  const bool value = lua_isnil(L, -1) ? fallback : lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  return value;
}

// native.schema_text(schema, format, options)
int schema_as_text(lua_State* L) {
  const Schema& schema = *check_object<SchemaHandle>(L, 1);
  const std::optional<SchemaFormat> format = schema_format_from_name(luaL_checkstring(L, 2));
  luaL_checktype(L, 3, LUA_TTABLE);
  luaL_argcheck(L, format.has_value(), 2, "no format of schemas");
  SchemaTextOptions options;
  options.remove_defaults = option(L, 3, "remove_defaults", true);
  options.remove_processing_hints = option(L, 3, "remove_processing_hints", false);
  options.with_dlt_tables = option(L, 3, "include_dlt_tables", true);
  push_text(L, schema_text(schema, *format, options));
  return 1;
}

// native.schema_facts(schema): { name, version, version_hash, previous_hashes, tables = { names } }
int schema_facts(lua_State* L) {
  const Schema& schema = *check_object<SchemaHandle>(L, 1);
  json::Value tables = json::Value::list();
  for (const Table& table : schema.tables()) tables.push_back(table.name());
  json::Value hashes = json::Value::list();
  for (const std::string& hash : schema.previous_hashes()) hashes.push_back(hash);
  push_value(L, json::Value::object({{"name", schema.name()},
                                     {"version", schema.version()},
                                     {"version_hash", schema.version_hash()},
                                     {"previous_hashes", std::move(hashes)},
                                     {"table_names", std::move(tables)}}));
  return 1;
}

// native.schema_table(schema, name): the table as it is stored, columns in a list to keep their order; nil if unknown
int schema_table(lua_State* L) {
  const Schema& schema = *check_object<SchemaHandle>(L, 1);
  const Table* table = schema.find_table(luaL_checkstring(L, 2));
  if (table == nullptr) {
    lua_pushnil(L);
    return 1;
  }
  json::Value stored = table->to_json();
  json::Value columns = json::Value::list();
  for (const Column& column : table->columns()) columns.push_back(column.props());
  stored.set("columns", std::move(columns));
  push_value(L, stored);
  return 1;
}

Path pipelines_folder(lua_State* L, int index) {
  Engine& engine = Vm::of(L).owner()->engine();
  return lua_isnoneornil(L, index) ? engine.pipelines_folder() : Path(luaL_checkstring(L, index));
}

// native.pipeline_schema(pipeline, folder or nil, schema or nil): as of the last load; nil if there is none, and an
// error if it cannot be read
int find_pipeline_schema(lua_State* L) {
  Env& env = Vm::of(L).owner()->engine().env();
  Result<std::optional<Schema>> schema =
      pipeline_schema(env, pipelines_folder(L, 2), luaL_checkstring(L, 1), luaL_optstring(L, 3, ""));
  if (!schema.ok()) return answer_error(L, std::move(schema).status());
  push_schema(L, *schema ? std::make_shared<const Schema>(std::move(**schema)) : nullptr);
  return 1;
}

// native.show_schema(pipeline, folder or nil, schema or nil): a schema, or nil and an error that says what there is
int show_pipeline_schema(lua_State* L) {
  Env& env = Vm::of(L).owner()->engine().env();
  Result<Schema> schema = show_schema(env, pipelines_folder(L, 2), luaL_checkstring(L, 1), luaL_optstring(L, 3, ""));
  if (!schema.ok()) return answer_error(L, std::move(schema).status());
  push_schema(L, std::make_shared<const Schema>(std::move(*schema)));
  return 1;
}

}  // namespace

void push_schema(lua_State* L, std::shared_ptr<const Schema> schema) {
  if (schema == nullptr) {
    lua_pushnil(L);
  } else {
    push_object<SchemaHandle>(L, std::move(schema));
  }
}

void open_schemas(lua_State* L) {
  register_type<SchemaHandle>(L, {});
  for (const luaL_Reg& function :
       {luaL_Reg{"schema_text", schema_as_text}, luaL_Reg{"schema_facts", schema_facts},
        luaL_Reg{"schema_table", schema_table}, luaL_Reg{"pipeline_schema", find_pipeline_schema},
        luaL_Reg{"show_schema", show_pipeline_schema}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
