// Datasets in Lua: questions that workers ask, and the pages of rows that come back. lode/dataset.lua is what scripts
// see of it.
#include <algorithm>
#include <functional>
#include <optional>

#include "lua/convert.h"
#include "lua/lua_pipe.h"
#include "lua/modules.h"
#include "lua/object.h"
#include "lua/pipeline_place.h"
#include "lua/script_run.h"
#include "lua/status_value.h"
#include "lua/work_await.h"
#include "lua/wrap_schema.h"
#include "runtime/dataset_reader.h"
#include "runtime/destination_choice.h"
#include "runtime/pipeline_info.h"
#include "runtime/query_text.h"

namespace lode::lua {
namespace {

// A dataset as Lua holds it. Without a reader in `lode check`, which contacts nobody: then it has nothing.
struct LuaDataset {
  std::shared_ptr<DatasetReader> reader;
};

// The rows of a query as Lua holds them. Null: there are none.
struct LuaRows {
  LuaRows(Engine& engine, std::shared_ptr<DatasetRows> rows) : engine(engine), rows(std::move(rows)) {}
  // Ending a query can block.
  ~LuaRows() {
    if (rows) engine.workers().submit([rows = std::move(rows)] {});
  }
  LuaRows(const LuaRows&) = delete;
  LuaRows& operator=(const LuaRows&) = delete;

  Engine& engine;
  std::shared_ptr<DatasetRows> rows;
  std::shared_ptr<bool> is_busy = std::make_shared<bool>(false);
  std::stop_source stop;
};

}  // namespace

template <>
struct TypeName<LuaDataset> {
  static constexpr const char* kName = "lode.native_dataset";
};
template <>
struct TypeName<LuaRows> {
  static constexpr const char* kName = "lode.native_rows";
};
template <>
struct TypeName<QueryText> {
  static constexpr const char* kName = "lode.query_text";
};

namespace {

Engine& engine_of(lua_State* L) { return Vm::of(L).owner()->engine(); }

Result<json::Value> read_question(lua_State* L, int index) {
  luaL_checktype(L, index, LUA_TTABLE);
  Result<json::Value> question = read_value(L, index);
  if (question.ok()) return question;
  return Status::error(Code::kQueryInvalid, "a query cannot take this value").caused_by(std::move(question).status());
}

std::string field(lua_State* L, int table, const char* name) {
  lua_getfield(L, table, name);
  std::string value = lua_isstring(L, -1) ? lua_tostring(L, -1) : "";
  lua_pop(L, 1);
  return value;
}

// What `lode sql NAME` looks at: the place that this machine remembers, where the caller does not name another.
Result<PipelinePlace> remembered_place(Engine& engine, const Config& config, const std::string& name,
                                       const std::string& folder, const std::string& url, const std::string& dataset) {
  PipelinePlace place{name, url, dataset};
  if (!url.empty() && !dataset.empty()) return place;
  const Path root = folder.empty() ? engine.pipelines_folder() : Path(folder);
  LODE_ASSIGN(const WorkingFolder working_folder, find_pipeline(engine.env(), root, name));
  LODE_ASSIGN(const KnownPlace known, find_place(engine.env(), working_folder));
  if (dataset.empty()) place.dataset = known.dataset;
  if (!url.empty()) return place;
  LODE_ASSIGN(place.destination, destination_of(config, name, known));
  return place;
}

// Finds out where the dataset is. It may wait for what the configuration asks.
using FindPlace = std::function<Result<PipelinePlace>(const Config& config)>;

Result<FindPlace> read_any_place(lua_State* L) {
  ScriptRun& script = *Vm::of(L).owner();
  const auto as_it_is = [](PipelinePlace place) {
    return FindPlace([place = std::move(place)](const Config&) { return Result<PipelinePlace>(place); });
  };
  lua_getfield(L, 1, "pipeline");
  if (lua_istable(L, -1)) {
    LODE_ASSIGN(PipelinePlace place, read_place(L, lua_gettop(L), script.options()));
    return as_it_is(std::move(place));
  }
  if (lua_isstring(L, -1)) {
    return FindPlace([&engine = script.engine(), name = std::string(lua_tostring(L, -1)),
                      folder = field(L, 1, "pipelines_dir"), url = field(L, 1, "to"),
                      dataset = field(L, 1, "dataset")](const Config& config) {
      return remembered_place(engine, config, name, folder, url, dataset);
    });
  }
  PipelinePlace place;
  place.dataset = field(L, 1, "dataset");
  lua_getfield(L, 1, "destination");
  LODE_ASSIGN(place.destination, read_destination(L, lua_gettop(L)));
  return as_it_is(std::move(place));
}

// native.dataset{ pipeline = a pipeline object, schema }, { pipeline = a name, pipelines_dir, to, dataset, schema } or
// { destination, dataset, schema }: a dataset and its name, or nil and an error. Contacts nobody but vaults.
int open_dataset(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  Result<FindPlace> find = read_any_place(L);
  if (!find.ok()) return answer_error(L, std::move(find).status());
  return wait_for<PipelinePlace>(
      L,
      [find = std::move(*find),
       config = Vm::of(L).owner()->config()](const std::stop_token& stop) -> Result<PipelinePlace> {
        const Config stoppable = config.with_stop(stop);
        LODE_ASSIGN(PipelinePlace place, find(stoppable));
        LODE_ASSIGN(place.destination, with_credentials(stoppable, place.name, std::move(place.destination)));
        return place;
      },
      [schema = field(L, 1, "schema")](lua_State* state, PipelinePlace place) {
        ScriptRun& script = *Vm::of(state).owner();
        LuaDataset& dataset = push_object<LuaDataset>(state);
        if (!script.options().check_only) {
          dataset.reader =
              DatasetReader::make(std::move(place.destination), place.dataset, schema, script.engine().env());
        }
        push_text(state, place.dataset);
        return 2;
      });
}

// native.dataset_ask(dataset, question): rows, or nil and an error
int ask_dataset(lua_State* L) {
  const std::shared_ptr<DatasetReader> reader = check_object<LuaDataset>(L, 1).reader;
  Result<json::Value> question = read_question(L, 2);
  if (!question.ok()) return answer_error(L, std::move(question).status());
  Engine& engine = engine_of(L);
  if (reader == nullptr) {
    push_object<LuaRows>(L, engine, nullptr);
    return 1;
  }
  const std::stop_source stop;
  using Rows = std::unique_ptr<DatasetRows>;
  return Task::wait(
      L, std::make_unique<WorkAwait<Rows>>(
             engine,
             [reader, question = std::move(*question)](std::stop_token token) { return reader->ask(question, token); },
             [stop, &engine](lua_State* state, Rows rows) {
               push_object<LuaRows>(state, engine, std::move(rows)).stop = stop;
               return 1;
             },
             stop));
}

// native.dataset_sql(dataset, question): the statement, or nil and an error
int dataset_sql(lua_State* L) {
  const std::shared_ptr<DatasetReader> reader = check_object<LuaDataset>(L, 1).reader;
  Result<json::Value> question = read_question(L, 2);
  if (!question.ok()) return answer_error(L, std::move(question).status());
  if (reader == nullptr) {
    push_text(L, "");
    return 1;
  }
  return Task::wait(
      L, std::make_unique<WorkAwait<std::string>>(
             engine_of(L),
             [reader, question = std::move(*question)](const std::stop_token&) { return reader->sql_of(question); },
             [](lua_State* state, const std::string& sql) {
               push_text(state, sql);
               return 1;
             }));
}

std::vector<std::string> table_names(const DatasetReader::Schemas& schemas, bool with_dlt_tables) {
  SelectTables tables;
  for (const auto& schema : schemas) tables.schemas.push_back(schema.get());
  std::vector<std::string> names;
  for (const Table* table : dataset_tables(tables, with_dlt_tables)) names.push_back(table->name());
  return names;
}

// native.dataset_tables(dataset, with_dlt_tables): names, and the native schemas; or nil and an error
int list_tables(lua_State* L) {
  const std::shared_ptr<DatasetReader> reader = check_object<LuaDataset>(L, 1).reader;
  const bool with_dlt_tables = lua_toboolean(L, 2) != 0;
  const auto push = [with_dlt_tables](lua_State* state, const DatasetReader::Schemas& schemas) {
    lua_newtable(state);
    int count = 0;
    for (const std::string& name : table_names(schemas, with_dlt_tables)) {
      push_text(state, name);
      lua_rawseti(state, -2, ++count);
    }
    lua_newtable(state);
    count = 0;
    for (const auto& schema : schemas) {
      push_schema(state, schema);
      lua_rawseti(state, -2, ++count);
    }
    return 2;
  };
  if (reader == nullptr) return push(L, {});
  return Task::wait(L, std::make_unique<WorkAwait<DatasetReader::Schemas>>(
                           engine_of(L), [reader](const std::stop_token&) { return reader->schemas(true); }, push));
}

// rows:columns(): their names
int rows_columns(lua_State* L) {
  const LuaRows& rows = check_object<LuaRows>(L, 1);
  lua_newtable(L);
  if (!rows.rows) return 1;
  int count = 0;
  for (const std::string& name : rows.rows->columns()) {
    push_text(L, name);
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}

// rows:page(): the next page; nil at the end; nil and an error
int rows_page(lua_State* L) {
  LuaRows& rows = check_object<LuaRows>(L, 1);
  if (!rows.rows) return 0;
  if (*rows.is_busy) {
    return answer_error(L, Status::error(Code::kQueryInvalid, "these rows are being read by another coroutine"));
  }
  *rows.is_busy = true;
  using Answer = std::optional<Page>;
  return Task::wait(L, std::make_unique<WorkAwait<Answer>>(
                           rows.engine, [found = rows.rows](const std::stop_token&) { return found->next_page(); },
                           [is_busy = rows.is_busy](lua_State* state, Answer page) {
                             *is_busy = false;
                             if (!page) return 0;
                             push_page(state, std::move(*page));
                             return 1;
                           },
                           rows.stop));
}

// native.query_text(rows, format): turns their pages into text: begin(), rows(page), finish()
int make_query_text(lua_State* L) {
  const LuaRows& rows = check_object<LuaRows>(L, 1);
  const std::optional<QueryFormat> format = query_format_from_name(luaL_checkstring(L, 2));
  luaL_argcheck(L, format.has_value(), 2, "no format of rows");
  push_object<QueryText>(L, *format, rows.rows ? rows.rows->columns() : std::vector<std::string>());
  return 1;
}

int query_text_begin(lua_State* L) {
  push_text(L, check_object<QueryText>(L, 1).begin());
  return 1;
}

// text:rows(page, at most)
int query_text_rows(lua_State* L) {
  QueryText& text = check_object<QueryText>(L, 1);
  const LuaPage* const page = to_page(L, 2);
  luaL_argcheck(L, page != nullptr, 2, "a page");
  std::vector<json::Ref> rows = page->page.rows.rows;
  const lua_Number most = luaL_optnumber(L, 3, static_cast<lua_Number>(rows.size()));
  if (most < static_cast<lua_Number>(rows.size())) rows.resize(static_cast<std::size_t>(std::max(most, 0.0)));
  push_text(L, text.rows(rows));
  return 1;
}

int query_text_end(lua_State* L) {
  push_text(L, check_object<QueryText>(L, 1).end());
  return 1;
}

}  // namespace

void open_datasets(lua_State* L) {
  register_type<LuaDataset>(L, {});
  register_type<LuaRows>(L, {{"columns", rows_columns}, {"page", rows_page}});
  register_type<QueryText>(L, {{"begin", query_text_begin}, {"rows", query_text_rows}, {"finish", query_text_end}});
  for (const luaL_Reg& function :
       {luaL_Reg{"dataset", open_dataset}, luaL_Reg{"dataset_ask", ask_dataset}, luaL_Reg{"dataset_sql", dataset_sql},
        luaL_Reg{"dataset_tables", list_tables}, luaL_Reg{"query_text", make_query_text}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
