// Pipelines in Lua: native.run takes the definitions that the library has checked and runs them.
#include <fmt/format.h>

#include <optional>

#include "base/text.h"
#include "lua/convert.h"
#include "lua/lua_pipe.h"
#include "lua/modules.h"
#include "lua/native_source.h"
#include "lua/object.h"
#include "lua/pipeline_place.h"
#include "lua/script_run.h"
#include "lua/status_value.h"
#include "lua/task.h"
#include "lua/wrap_schema.h"
#include "runtime/pipeline_run.h"
#include "runtime/working_folder.h"

namespace lode::lua {
namespace {

// The ctx table that a resource's functions share. What they leave in ctx.state is saved with the load.
class ResourceTable {
 public:
  ResourceTable(std::shared_ptr<Vm> vm, ResourceContext& context) : vm_(std::move(vm)), context_(context) {
    lua_State* L = vm_->state();
    lua_newtable(L);
    lua_newtable(L);
    if (const IncrementalCursor* cursor = context.incremental) {
      set_value(L, "start_value", cursor->start_value());
      set_value(L, "initial_value", cursor->options().initial_value);
      set_value(L, "end_value", cursor->options().end_value);
    }
    lua_setfield(L, -2, "incremental");
    json::Value state = context.state->resource_state(context.source, context.resource);
    state.erase("incremental");
    push_value(L, state.is_object() ? state : json::Value::object());
    lua_setfield(L, -2, "state");
    push_value(L, vm_->owner()->options().args);
    lua_setfield(L, -2, "args");
    push_text(L, context.resource);
    lua_setfield(L, -2, "resource");
    ref_ = luaL_ref(L, LUA_REGISTRYINDEX);
  }

  ~ResourceTable() {
    lua_State* L = vm_->state();
    push(L);
    lua_getfield(L, -1, "state");
    Result<json::Value> state = read_value(L, -1);
    lua_pop(L, 2);
    luaL_unref(L, LUA_REGISTRYINDEX, ref_);
    if (!state.ok() || !state->is_object()) return;
    json::Value& stored = context_.state->resource_state(context_.source, context_.resource);
    if (const json::Value* incremental = stored.find("incremental")) state->set("incremental", *incremental);
    stored = std::move(*state);
  }

  void push(lua_State* L) const { lua_rawgeti(L, LUA_REGISTRYINDEX, ref_); }

 private:
  // nil for null: `ctx.incremental.start_value or "…"` is what people write.
  static void set_value(lua_State* L, const char* name, const json::Value& value) {
    if (value.is_null()) return;
    push_value(L, value);
    lua_setfield(L, -2, name);
  }

  std::shared_ptr<Vm> vm_;
  ResourceContext& context_;
  int ref_ = LUA_NOREF;
};

// The functions of one resource, kept in the registry.
class ResourceFunctions : public std::enable_shared_from_this<ResourceFunctions> {
 public:
  explicit ResourceFunctions(std::shared_ptr<Vm> vm) : vm_(std::move(vm)) {}
  ~ResourceFunctions() {
    for (const int ref : {generator_, call_, steps_, tables_}) luaL_unref(vm_->state(), LUA_REGISTRYINDEX, ref);
  }

  /// Takes the function on top of the stack; false if it is nil.
  static bool take(lua_State* L, int& ref) {
    if (!lua_isfunction(L, -1)) {
      lua_pop(L, 1);
      return false;
    }
    ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return true;
  }

  std::unique_ptr<Pipe> open(ResourceContext& context) { return pipe(generator_, context, nullptr, nullptr); }
  std::unique_ptr<Pipe> steps(ResourceContext& context, std::unique_ptr<Pipe> upstream) {
    return pipe(steps_, context, nullptr, std::move(upstream));
  }
  std::unique_ptr<Pipe> tables(ResourceContext& context, std::unique_ptr<Pipe> upstream) {
    return pipe(tables_, context, nullptr, std::move(upstream));
  }
  std::unique_ptr<Pipe> call(ResourceContext& context, Page input, bool takes_page) {
    input_takes_page_ = takes_page;
    return pipe(call_, context, &input, nullptr);
  }

  int generator_ = LUA_NOREF;
  int call_ = LUA_NOREF;
  int steps_ = LUA_NOREF;
  int tables_ = LUA_NOREF;

 private:
  // A pipe that keeps the resource's table alive as long as it lives.
  class WithTable : public Pipe {
   public:
    WithTable(std::shared_ptr<ResourceTable> table, std::unique_ptr<Pipe> inner)
        : table_(std::move(table)), inner_(std::move(inner)) {}
    Result<Polled> poll(const Turn& turn) override { return inner_->poll(turn); }

   private:
    std::shared_ptr<ResourceTable> table_;
    std::unique_ptr<Pipe> inner_;
  };

  std::unique_ptr<Pipe> pipe(int function, ResourceContext& context, Page* input, std::unique_ptr<Pipe> upstream) {
    std::shared_ptr<ResourceTable> table = table_.lock();
    if (!table) {
      table = std::make_shared<ResourceTable>(vm_, context);
      table_ = table;
    }
    lua_State* L = vm_->state();
    lua_rawgeti(L, LUA_REGISTRYINDEX, function);
    int arguments = 1;
    if (input != nullptr) {
      if (input_takes_page_) {
        push_page(L, std::move(*input));
      } else {
        push_value(L, input->rows.rows[0]);
      }
      ++arguments;
    }
    table->push(L);
    return std::make_unique<WithTable>(std::move(table),
                                       std::make_unique<LuaPipe>(vm_, arguments, &context, std::move(upstream)));
  }

  std::shared_ptr<Vm> vm_;
  std::weak_ptr<ResourceTable> table_;
  bool input_takes_page_ = false;
};

// Reads the definitions. Shapes were checked by the library's Lua; what is wrong here is a bug there, but is reported
// all the same.
class SpecReader {
 public:
  SpecReader(lua_State* L, ScriptRun& run) : L_(L), run_(run) {}

  Result<PipelineSpec> read(int index) {
    PipelineSpec spec;
    lua_getfield(L_, index, "pipeline");
    const int pipeline = lua_gettop(L_);
    const ScriptOptions& options = run_.options();
    LODE_ASSIGN(PipelinePlace place, read_place(L_, pipeline, options));
    spec.name = std::move(place.name);
    spec.destination = std::move(place.destination);
    spec.dataset = std::move(place.dataset);
    spec.dev_mode = flag(pipeline, "dev_mode");
    spec.pipelines_folder =
        options.pipelines_folder.empty() ? text(pipeline, "pipelines_dir") : options.pipelines_folder;
    spec.import_schema_folder = text(pipeline, "import_schema_path");
    spec.export_schema_folder = text(pipeline, "export_schema_path");
    LODE_ASSIGN(spec.refresh, read_refresh(index, pipeline));
    spec.metrics_file = options.metrics_file.empty() ? text(pipeline, "metrics_file") : options.metrics_file;
    spec.trace_to_destination = flag(pipeline, "trace_to_destination");
    spec.check_only = options.check_only;
    spec.config = run_.config();
    spec.preview = options.preview;
    lua_getfield(L_, index, "keeps_packages");
    spec.keeps_packages = lua_isnil(L_, -1) || lua_toboolean(L_, -1) != 0;
    lua_pop(L_, 1);
    lua_getfield(L_, index, "source");
    LODE_ASSIGN(spec.source, read_source(lua_gettop(L_)));
    lua_pop(L_, 2);
    return spec;
  }

 private:
  std::string text(int table, const char* name) {
    lua_getfield(L_, table, name);
    std::string value = lua_isstring(L_, -1) ? lua_tostring(L_, -1) : "";
    lua_pop(L_, 1);
    return value;
  }

  bool flag(int table, const char* name) {
    lua_getfield(L_, table, name);
    const bool value = lua_toboolean(L_, -1) != 0;
    lua_pop(L_, 1);
    return value;
  }

  Result<std::shared_ptr<const Source>> read_source(int index) {
    auto source = std::make_shared<Source>();
    source->name = text(index, "name");
    lua_getfield(L_, index, "schema_contract");
    if (!lua_isnil(L_, -1)) {
      LODE_ASSIGN(source->schema_contract, read_value(L_, -1));
    }
    lua_getfield(L_, index, "max_table_nesting");
    if (lua_isnumber(L_, -1)) source->max_table_nesting = static_cast<std::int64_t>(lua_tonumber(L_, -1));
    lua_getfield(L_, index, "resources");
    const int list = lua_gettop(L_);
    const int count = static_cast<int>(lua_objlen(L_, list));
    for (int i = 1; i <= count; ++i) {
      lua_rawgeti(L_, list, i);
      LODE_ASSIGN(std::shared_ptr<Resource> resource, read_resource(lua_gettop(L_)));
      source->resources.push_back(std::move(resource));
      lua_pop(L_, 1);
    }
    lua_pop(L_, 3);
    const std::string on_violation = text(index, "on_violation");
    for (const auto& resource : source->resources) {
      if (!on_violation.empty() && resource->hints.find("on_violation") == nullptr)
        resource->hints.set("on_violation", on_violation);
    }
    LODE_TRY(apply_options(*source));
    return std::shared_ptr<const Source>(std::move(source));
  }

  // The command line's word, else the run's, else the pipeline's.
  Result<Refresh> read_refresh(int index, int pipeline) {
    const ScriptOptions& options = run_.options();
    std::string word = options.refresh;
    if (word.empty() && options.full_refresh) word = refresh_name(Refresh::kDropData);
    if (word.empty()) word = text(index, "refresh");
    if (word.empty()) word = text(pipeline, "refresh");
    if (word.empty()) return Refresh::kNone;
    const std::optional<Refresh> refresh = refresh_from_name(word);
    if (refresh) return *refresh;
    return Status::error(Code::kUsage, fmt::format("refresh cannot be '{}'", word))
        .hint("one of drop_sources, drop_resources, drop_data");
  }

  // --resource and --limit of the command line.
  Status apply_options(Source& source) {
    const ScriptOptions& options = run_.options();
    std::vector<std::string> names;
    for (const auto& resource : source.resources) names.push_back(resource->name);
    for (const std::string& wanted : options.resources) {
      if (std::find(names.begin(), names.end(), wanted) != names.end()) continue;
      Status status = Status::error(Code::kUsage, fmt::format("source '{}' has no resource '{}'", source.name, wanted))
                          .with("its resources", join(names, ", "));
      const std::string guess = closest(wanted, names);
      return guess.empty() ? status : std::move(status).hint(fmt::format("did you mean '{}'?", guess));
    }
    for (const auto& resource : source.resources) {
      if (!options.resources.empty()) {
        resource->selected =
            std::find(options.resources.begin(), options.resources.end(), resource->name) != options.resources.end();
      }
      if (options.limit) resource->limit.items = *options.limit;
    }
    return {};
  }

  Result<std::shared_ptr<Resource>> read_resource(int index) {
    // A parent that several transformers name is one resource, extracted once.
    const void* identity = lua_topointer(L_, index);
    for (const auto& [known, resource] : seen_) {
      if (known == identity) return resource;
    }
    auto resource = std::make_shared<Resource>();
    seen_.emplace_back(identity, resource);
    resource->name = text(index, "name");
    resource->where = text(index, "where");
    lua_getfield(L_, index, "selected");
    resource->selected = lua_isnil(L_, -1) || lua_toboolean(L_, -1) != 0;
    lua_getfield(L_, index, "hints");
    LODE_ASSIGN(resource->hints, read_value(L_, -1));
    lua_pop(L_, 2);

    auto functions = std::make_shared<ResourceFunctions>(run_.vm());
    lua_getfield(L_, index, "native_data");
    if (const NativeSource* native = to_native_source(L_, -1)) {
      resource->is_local = native->is_local;
      resource->open = native->open;
    }
    lua_pop(L_, 1);
    lua_getfield(L_, index, "generator");
    if (ResourceFunctions::take(L_, functions->generator_)) {
      resource->open = [functions](ResourceContext& context) -> Result<std::unique_ptr<Pipe>> {
        return functions->open(context);
      };
    }
    lua_getfield(L_, index, "call");
    if (ResourceFunctions::take(L_, functions->call_)) {
      lua_getfield(L_, index, "call_takes_page");
      resource->call_takes_page = lua_toboolean(L_, -1) != 0;
      lua_getfield(L_, index, "row_as_page");  // one call a row, which comes as a page: it stays native
      const bool takes_page = resource->call_takes_page || lua_toboolean(L_, -1) != 0;
      lua_pop(L_, 2);
      resource->call = [functions, takes_page](ResourceContext& context, Page page) -> Result<std::unique_ptr<Pipe>> {
        return functions->call(context, std::move(page), takes_page);
      };
    }
    lua_getfield(L_, index, "steps_main");
    if (ResourceFunctions::take(L_, functions->steps_)) {
      resource->steps.push_back(
          [functions](ResourceContext& context, std::unique_ptr<Pipe> upstream) -> Result<std::unique_ptr<Pipe>> {
            return functions->steps(context, std::move(upstream));
          });
    }
    lua_getfield(L_, index, "tables_main");
    if (ResourceFunctions::take(L_, functions->tables_)) {
      resource->tables = [functions](ResourceContext& context,
                                     std::unique_ptr<Pipe> upstream) -> Result<std::unique_ptr<Pipe>> {
        return functions->tables(context, std::move(upstream));
      };
    }
    LODE_TRY(read_limit(index, resource->limit));
    lua_getfield(L_, index, "incremental");
    if (lua_istable(L_, -1)) {
      LODE_ASSIGN(const json::Value options, read_value(L_, -1));
      resource->incremental = incremental_options(options, resource->hints);
    }
    lua_pop(L_, 1);
    lua_getfield(L_, index, "data_from");
    if (lua_istable(L_, -1)) {
      LODE_ASSIGN(resource->data_from, read_resource(lua_gettop(L_)));
    }
    lua_pop(L_, 1);
    return resource;
  }

  Status read_limit(int index, LimitOptions& limit) {
    lua_getfield(L_, index, "limit");
    if (lua_istable(L_, -1)) {
      LODE_ASSIGN(const json::Value value, read_value(L_, -1));
      if (const json::Value* items = value.find("items")) limit.items = static_cast<std::uint64_t>(items->as_int());
      if (const json::Value* rows = value.find("rows")) limit.rows = static_cast<std::uint64_t>(rows->as_int());
      if (const json::Value* time_s = value.find("time_s")) limit.time_s = time_s->as_double();
    }
    lua_pop(L_, 1);
    return {};
  }

  static std::vector<std::string> names_of(const json::Value* value) {
    std::vector<std::string> names;
    if (value != nullptr && value->is_text()) names.push_back(value->as_text());
    if (value != nullptr && value->is_list()) {
      for (const json::Value& name : value->items()) names.push_back(name.as_text());
    }
    return names;
  }

  static IncrementalOptions incremental_options(const json::Value& value, const json::Value& hints) {
    IncrementalOptions options;
    options.cursor_path = value.text_or("cursor_path", "");
    if (const json::Value* initial = value.find("initial_value")) options.initial_value = *initial;
    if (const json::Value* end = value.find("end_value")) options.end_value = *end;
    options.is_minimum = value.text_or("last_value_func", "max") == "min";
    if (const json::Value* lag = value.find("lag_s")) options.lag = lag->as_double();
    if (const json::Value* lag = value.find("lag")) options.lag = lag->as_double();
    const std::string missing = value.text_or("on_cursor_value_missing", "raise");
    options.on_missing = missing == "include"   ? IncrementalOptions::Missing::kInclude
                         : missing == "exclude" ? IncrementalOptions::Missing::kExclude
                                                : IncrementalOptions::Missing::kRaise;
    const std::string order = value.text_or("row_order", "");
    options.row_order = order == "asc"    ? IncrementalOptions::RowOrder::kAscending
                        : order == "desc" ? IncrementalOptions::RowOrder::kDescending
                                          : IncrementalOptions::RowOrder::kNone;
    options.range_start_open = value.text_or("range_start", "closed") == "open";
    options.range_end_closed = value.text_or("range_end", "open") == "closed";
    const json::Value* key = value.find("primary_key");
    options.deduplicates = key == nullptr || !names_of(key).empty();
    options.primary_key = names_of(key != nullptr ? key : hints.find("primary_key"));
    return options;
  }

  lua_State* L_;
  ScriptRun& run_;
  std::vector<std::pair<const void*, std::shared_ptr<Resource>>> seen_;
};

class RunAwait : public Await {
 public:
  RunAwait(ScriptRun& script, PipelineSpec spec) : shared_(std::make_shared<Shared>()) {
    // The script outlives its pipelines: it is not done before they are.
    run_ = PipelineRun::start(script.engine(), std::move(spec), [shared = shared_, &script](PipelineRun& run) {
      shared->status = run.status();
      shared->report = run.report();
      shared->done = true;
      if (run.status().ok()) script.add_report(run.report());
      script.remove_pipeline(run);
      if (shared->waker) shared->waker();
    });
    script.add_pipeline(run_);
  }

  bool poll(const Turn& turn) override {
    shared_->waker = turn.waker;
    return shared_->done;
  }

  int push(lua_State* L) override {
    if (!shared_->status.ok()) return answer_error(L, shared_->status);
    push_value(L, shared_->report.to_json());
    push_text(L, shared_->report.render());
    push_schema(L, shared_->report.schema);
    return 3;
  }

 private:
  struct Shared {
    bool done = false;
    Status status;
    RunReport report;
    Waker waker;
  };
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<PipelineRun> run_;
};

// native.run{ pipeline = …, source = …, keeps_packages = …, refresh = … }: the report as a table and as text, and the
// schema; or nil and an error
int pipeline_run(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  ScriptRun& script = *Vm::of(L).owner();
  Result<PipelineSpec> spec = SpecReader(L, script).read(1);
  if (!spec.ok()) return answer_error(L, std::move(spec).status());
  if (spec->check_only) {
    RunReport report;
    report.pipeline = spec->name;
    report.is_checked_only = true;
    script.add_report(report);
    push_value(L, report.to_json());
    push_text(L, report.render());
    return 2;
  }
  return Task::wait(L, std::make_unique<RunAwait>(script, std::move(*spec)));
}

// native.args(): what the caller gave, text by name
int script_args(lua_State* L) {
  push_value(L, Vm::of(L).owner()->options().args);
  return 1;
}

// native.is_explaining(): whether the caller wants to know what would run
int is_explaining(lua_State* L) {
  lua_pushboolean(L, Vm::of(L).owner()->options().explains);
  return 1;
}

// native.dev_suffix(): what a dataset's name gets in dev_mode, made of the present time
int make_dev_suffix(lua_State* L) {
  push_text(L, dev_suffix(Vm::of(L).owner()->engine().env().now_us()));
  return 1;
}

// native.error{ code, message, hint, notes }: an error object for error()
int make_error(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_getfield(L, 1, "code");
  const std::string_view name = luaL_checkstring(L, -1);
  Code code = Code::kLuaError;
#define LODE_ERROR(enumerator, text, retryable, hint) \
  if (name == text) code = Code::enumerator;
#include "base/error_catalog.def"
#undef LODE_ERROR
  lua_getfield(L, 1, "message");
  Status status = Status::error(code, luaL_checkstring(L, -1));
  lua_getfield(L, 1, "notes");
  if (lua_istable(L, -1)) {
    for (int i = 1; i <= static_cast<int>(lua_objlen(L, -1)); ++i) {
      lua_rawgeti(L, -1, i);
      if (lua_isstring(L, -1)) status.note(lua_tostring(L, -1));
      lua_pop(L, 1);
    }
  }
  lua_getfield(L, 1, "hint");
  if (lua_isstring(L, -1)) status.hint(lua_tostring(L, -1));
  lua_getfield(L, 1, "where");
  if (lua_isstring(L, -1)) status.at(lua_tostring(L, -1));
  if (const std::string line = script_line(L); !line.empty()) status.at(line);
  push_status(L, std::move(status));
  return 1;
}

// native.error_at(error, place): the error with the place in the script that it comes from, unless it has one. Errors
// that are not the engine's stay as they are.
int error_at(lua_State* L) {
  const Status* status = to_status(L, 1);
  const std::string place = luaL_optstring(L, 2, "");
  if (status == nullptr || place.empty()) {
    lua_settop(L, 1);
    return 1;
  }
  push_status(L, Status(*status).at(place));
  return 1;
}

// native.closest(word, list): the candidate that was probably meant; nil if none is close
int closest_word(lua_State* L) {
  luaL_checktype(L, 2, LUA_TTABLE);
  std::vector<std::string> candidates;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, 2)); ++i) {
    lua_rawgeti(L, 2, i);
    if (lua_isstring(L, -1)) candidates.emplace_back(lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  const std::string found = closest(luaL_checkstring(L, 1), candidates);
  if (found.empty()) {
    lua_pushnil(L);
  } else {
    push_text(L, found);
  }
  return 1;
}

// native.script_line(): "shop.lua:14" of the caller's script
int caller_line(lua_State* L) {
  push_text(L, script_line(L));
  return 1;
}

// native.log(level, text)
int write_log(lua_State* L) {
  const std::string_view level = luaL_checkstring(L, 1);
  const LogLevel number = level == "debug"     ? LogLevel::kDebug
                          : level == "warning" ? LogLevel::kWarning
                                               : LogLevel::kInfo;
  Vm::of(L).owner()->engine().log().write(number, luaL_checkstring(L, 2));
  return 0;
}

}  // namespace

void open_pipelines(lua_State* L) {
  for (const luaL_Reg& function :
       {luaL_Reg{"run", pipeline_run}, luaL_Reg{"args", script_args}, luaL_Reg{"dev_suffix", make_dev_suffix},
        luaL_Reg{"is_explaining", is_explaining}, luaL_Reg{"error", make_error}, luaL_Reg{"error_at", error_at},
        luaL_Reg{"closest", closest_word}, luaL_Reg{"script_line", caller_line}, luaL_Reg{"log", write_log}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
