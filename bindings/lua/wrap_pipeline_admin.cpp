// What `lode pipeline` does, for its tasks in Lua: looking at working folders, and the operations that are no runs.
#include <fmt/format.h>

#include "lua/convert.h"
#include "lua/modules.h"
#include "lua/script_run.h"
#include "lua/status_value.h"
#include "lua/task.h"
#include "runtime/destination_choice.h"
#include "runtime/pipeline_info.h"
#include "runtime/pipeline_packages.h"
#include "runtime/pipeline_run.h"
#include "runtime/trace.h"

namespace lode::lua {
namespace {

Engine& engine_of(lua_State* L) { return Vm::of(L).owner()->engine(); }

Path pipelines_folder(lua_State* L, int index) {
  return lua_isnoneornil(L, index) ? engine_of(L).pipelines_folder() : Path(luaL_checkstring(L, index));
}

int answer_value(lua_State* L, Result<json::Value> value) {
  if (!value.ok()) return answer_error(L, std::move(value).status());
  push_value(L, *value);
  return 1;
}

// native.pipelines(folder or nil): all pipelines of this machine, or nil and an error
int all_pipelines(lua_State* L) { return answer_value(L, list_pipelines(engine_of(L).env(), pipelines_folder(L, 1))); }

// native.pipeline_info(name, folder or nil): what this machine knows of a pipeline, or nil and an error
int describe_pipeline(lua_State* L) {
  return answer_value(L, pipeline_info(engine_of(L).env(), pipelines_folder(L, 2), luaL_checkstring(L, 1)));
}

// native.pipeline_packages(name, folder or nil): packages that wait, or nil and an error
int list_packages(lua_State* L) {
  Env& env = engine_of(L).env();
  Result<WorkingFolder> folder = find_pipeline(env, pipelines_folder(L, 2), luaL_checkstring(L, 1));
  if (!folder.ok()) return answer_error(L, std::move(folder).status());
  return answer_value(L, waiting_packages(env, *folder));
}

// native.give_up_packages(name, folder or nil, list of load ids, empty: all): those that were deleted, or nil and an
// error
int delete_packages(lua_State* L) {
  Env& env = engine_of(L).env();
  luaL_checktype(L, 3, LUA_TTABLE);
  Result<WorkingFolder> folder = find_pipeline(env, pipelines_folder(L, 2), luaL_checkstring(L, 1));
  if (!folder.ok()) return answer_error(L, std::move(folder).status());
  std::vector<std::string> load_ids;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, 3)); ++i) {
    lua_rawgeti(L, 3, i);
    if (lua_isstring(L, -1)) load_ids.emplace_back(lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  return answer_value(L, give_up_packages(env, *folder, load_ids));
}

// native.pipeline_traces(name, folder or nil, at most): newest first, or nil and an error
int list_traces(lua_State* L) {
  Env& env = engine_of(L).env();
  const lua_Integer limit = luaL_optinteger(L, 3, static_cast<lua_Integer>(kTracesKept));
  Result<WorkingFolder> folder = find_pipeline(env, pipelines_folder(L, 2), luaL_checkstring(L, 1));
  if (!folder.ok()) return answer_error(L, std::move(folder).status());
  Result<std::vector<json::Value>> traces =
      read_traces(env, folder->traces_folder(), static_cast<std::size_t>(std::max<lua_Integer>(limit, 0)));
  if (!traces.ok()) return answer_error(L, std::move(traces).status());
  push_value(L, json::Value::list(std::move(*traces)));
  return 1;
}

std::vector<std::string> texts(const json::Value& request, std::string_view key) {
  std::vector<std::string> out;
  const json::Value* list = request.find(key);
  if (list == nullptr || !list->is_list()) return out;
  for (const json::Value& text : list->items()) {
    if (text.is_text()) out.push_back(text.as_text());
  }
  return out;
}

std::optional<Operation> operation_of(const std::string& name) {
  if (name == "retry") return Operation::kRetry;
  if (name == "drop") return Operation::kDrop;
  if (name == "plan_drop") return Operation::kPlanDrop;
  if (name == "sync") return Operation::kSync;
  return std::nullopt;
}

// What to do, with the destination that the caller names or that the pipeline remembers.
Result<PipelineSpec> read_operation(ScriptRun& script, const json::Value& request) {
  Engine& engine = script.engine();
  PipelineSpec spec;
  spec.config = script.config();
  spec.name = request.text_or("name", "");
  const std::optional<Operation> operation = operation_of(request.text_or("operation", ""));
  if (!operation) return Status::error(Code::kUsage, "unknown operation");
  spec.operation = *operation;
  spec.pipelines_folder = request.text_or("pipelines_dir", engine.pipelines_folder().string());
  spec.dataset = request.text_or("dataset", "");
  const std::string url = request.text_or("to", "");
  KnownPlace place;
  Result<WorkingFolder> folder = find_pipeline(engine.env(), spec.pipelines_folder, spec.name);
  if (folder.ok()) {
    LODE_ASSIGN(place, find_place(engine.env(), *folder));
  } else if (url.empty() || spec.dataset.empty() || spec.operation == Operation::kRetry) {
    // A machine that has never seen the pipeline can restore it, when it is told from where.
    if (spec.operation == Operation::kRetry) return std::move(folder).status();
    return std::move(folder).status().note("if it loads from another machine, say where to: --to URL --dataset NAME");
  }
  if (spec.dataset.empty()) spec.dataset = place.dataset;
  if (!url.empty()) {
    spec.destination = url;
  } else {
    LODE_ASSIGN(spec.destination, destination_of(*spec.config, spec.name, place));
  }
  auto source = std::make_shared<Source>();
  source->name = request.text_or("schema", "");
  spec.source = std::move(source);
  spec.drop.resources = texts(request, "resources");
  spec.drop.state_paths = texts(request, "state_paths");
  spec.drop.all = request.bool_or("all", false);
  spec.drop.state_only = request.bool_or("state_only", false);
  return spec;
}

json::Value text_list(const std::vector<std::string>& items) {
  json::Value list = json::Value::list();
  for (const std::string& item : items) list.push_back(item);
  return list;
}

class OperationAwait : public Await {
 public:
  OperationAwait(ScriptRun& script, PipelineSpec spec) : shared_(std::make_shared<Shared>()) {
    run_ = PipelineRun::start(script.engine(), std::move(spec), [shared = shared_, &script](PipelineRun& run) {
      shared->status = run.status();
      shared->answer = run.report().to_json();
      const DropResult& drop = run.dropped();
      shared->answer.set("drop", json::Value::object({{"resources", text_list(drop.resources)},
                                                      {"tables", text_list(drop.cleanup.dropped)},
                                                      {"state_paths", text_list(drop.state_paths)},
                                                      {"unmatched", text_list(drop.unmatched)}}));
      shared->answer.set("restored_schemas", text_list(run.restored_schemas()));
      shared->done = true;
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
    push_value(L, shared_->answer);
    return 1;
  }

 private:
  struct Shared {
    bool done = false;
    Status status;
    json::Value answer;
    Waker waker;
  };
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<PipelineRun> run_;
};

// native.operate{ operation = "retry"|"drop"|"plan_drop"|"sync", name = …, pipelines_dir, to, dataset, schema,
// resources, all, state_paths, state_only }: what was done, or nil and an error
int operate(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  Result<json::Value> request = read_value(L, 1);
  if (!request.ok()) return answer_error(L, std::move(request).status());
  ScriptRun& script = *Vm::of(L).owner();
  Result<PipelineSpec> spec = read_operation(script, *request);
  if (!spec.ok()) return answer_error(L, std::move(spec).status());
  return Task::wait(L, std::make_unique<OperationAwait>(script, std::move(*spec)));
}

}  // namespace

void open_pipeline_admin(lua_State* L) {
  for (const luaL_Reg& function :
       {luaL_Reg{"pipelines", all_pipelines}, luaL_Reg{"pipeline_info", describe_pipeline},
        luaL_Reg{"pipeline_packages", list_packages}, luaL_Reg{"give_up_packages", delete_packages},
        luaL_Reg{"pipeline_traces", list_traces}, luaL_Reg{"operate", operate}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
