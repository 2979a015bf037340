// ScriptRun: one execution of a script.
#include "lua/script_run.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "lua/status_value.h"

namespace lode::lua {

Result<ScriptOptions> ScriptOptions::from_json(const json::Value& value) {
  ScriptOptions options;
  if (value.is_null()) return options;
  if (!value.is_object()) return Status::error(Code::kUsage, "the options of a run must be a JSON object");
  for (const auto& [key, member] : value.members()) {
    const auto wrong = [&, name = &key](const char* expected) {
      return Status::error(Code::kUsage, fmt::format("the run option '{}' must be {}", *name, expected));
    };
    std::string* text = key == "destination"     ? &options.destination
                        : key == "dataset"       ? &options.dataset
                        : key == "pipelines_dir" ? &options.pipelines_folder
                        : key == "metrics_file"  ? &options.metrics_file
                        : key == "refresh"       ? &options.refresh
                                                 : nullptr;
    if (text != nullptr) {
      if (!member.is_text()) return wrong("text");
      *text = member.as_text();
    } else if (key == "args") {
      if (!member.is_object()) return wrong("an object");
      options.args = member;
    } else if (key == "resources") {
      if (!member.is_list()) return wrong("a list of names");
      for (const json::Value& name : member.items()) {
        if (!name.is_text()) return wrong("a list of names");
        options.resources.push_back(name.as_text());
      }
    } else if (key == "limit") {
      if (!member.is_int() || member.as_int() < 0) return wrong("a number, 0 or more");
      options.limit = static_cast<std::uint64_t>(member.as_int());
    } else if (key == "preview") {
      LODE_ASSIGN(options.preview, PreviewOptions::from_json(member));
    } else if (key == "full_refresh" || key == "check_only" || key == "explain") {
      if (!member.is_bool()) return wrong("true or false");
      (key == "check_only" ? options.check_only
       : key == "explain"  ? options.explains
                           : options.full_refresh) = member.as_bool();
      options.check_only = options.check_only || options.explains;
    } else {
      return Status::error(Code::kUsage, fmt::format("unknown run option '{}'", key))
          .hint(
              "args, check_only, dataset, destination, explain, full_refresh, limit, metrics_file, pipelines_dir, "
              "preview, "
              "refresh and resources are known");
    }
  }
  return options;
}

namespace {

Path folder_of(const std::string& script_name) {
  const Path folder = Path(script_name).parent_path();
  return folder.empty() ? Path(".") : folder;
}

// print() goes to the host, values as tostring() shows them, tabs between: like Lua's own.
int print_to_host(lua_State* L) {
  std::string line;
  const int count = lua_gettop(L);
  lua_getglobal(L, "tostring");
  for (int i = 1; i <= count; ++i) {
    lua_pushvalue(L, -1);
    lua_pushvalue(L, i);
    lua_call(L, 1, 1);
    std::size_t size = 0;
    const char* text = lua_tolstring(L, -1, &size);
    if (text == nullptr) return luaL_error(L, "'tostring' must return a string to 'print'");
    if (i > 1) line += '\t';
    line.append(text, size);
    lua_pop(L, 1);
  }
  line += '\n';
  Vm::of(L).owner()->print(line);
  return 0;
}

}  // namespace

Status ScriptRun::check_syntax(const std::string& name, const std::string& source) {
  LODE_ASSIGN(const std::unique_ptr<Vm> vm, Vm::create({}, nullptr));
  return vm->compile(source, name);
}

Result<std::unique_ptr<ScriptRun>> ScriptRun::start(Engine& engine, const std::string& name, const std::string& source,
                                                    ScriptOptions options) {
  VmOptions vm_options;
  vm_options.bytes_max = options.lua_bytes_max;
  vm_options.script_folder = folder_of(name);
  std::unique_ptr<ScriptRun> run(new ScriptRun(engine, name, std::move(options)));
  LODE_ASSIGN(run->vm_, Vm::create(std::move(vm_options), run.get()));
  lua_pushcfunction(run->vm_->state(), print_to_host);
  lua_setglobal(run->vm_->state(), "print");
  LODE_TRY(run->vm_->compile(source, name));
  run->main_ = std::make_unique<Task>(*run->vm_, 0);
  run->wake();
  return run;
}

ScriptRun::~ScriptRun() {
  *alive_ = false;
  LODE_ASSERT(pipelines_.empty());
  main_.reset();
}

void ScriptRun::print(std::string_view text) {
  if (options_.on_print) {
    options_.on_print(text);
  } else {
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
}

void ScriptRun::wake() {
  if (std::exchange(pump_posted_, true)) return;
  engine_.loop().post([this, alive = alive_] {
    if (*alive) pump();
  });
}

void ScriptRun::pump() {
  pump_posted_ = false;
  if (done_) return;
  Turn turn;
  turn.deadline_us = engine_.loop().deadline_us();
  turn.steady_us = [this] { return engine_.env().steady_us(); };
  // Wakes come from the loop's own tasks, on this thread: what is awaited posts there first.
  turn.waker = [this, alive = std::weak_ptr<bool>(alive_), loop = &engine_.loop()] {
    loop->post([this, alive] {
      const auto lives = alive.lock();
      if (lives && *lives) wake();
    });
  };
  const Result<Task::State> state = main_->resume(turn);
  if (!state.ok()) return finish(state.status());
  if (*state == Task::State::kReturned) return finish({});
  if (*state == Task::State::kYielded) {
    finish(Status::error(Code::kLuaError, "coroutine.yield() in the main part of a script")
               .at(script_line(main_->state()))
               .hint("rows are yielded inside a resource's data function"));
  }
}

void ScriptRun::finish(Status status) {
  // What went wrong because of it is of no interest; what a cancelled pipeline says of what it kept is.
  if (cancelled_ && !status.ok() && status.code() != Code::kCancelled) {
    status = Status::error(Code::kCancelled, "the run was cancelled");
  }
  status_ = std::move(status);
  done_ = true;
}

void ScriptRun::cancel() {
  if (done_) return;
  cancelled_ = true;
  for (const auto& pipeline : pipelines_) pipeline->cancel();
  // Without a pipeline there is nothing to wait for but the script's own waits: they end here.
  if (pipelines_.empty()) {
    main_.reset();
    finish(Status::error(Code::kCancelled, "the run was cancelled"));
  }
}

void ScriptRun::remove_pipeline(const PipelineRun& run) {
  std::erase_if(pipelines_, [&](const auto& pipeline) { return pipeline.get() == &run; });
}

json::Value ScriptRun::snapshot() {
  json::Value pipelines = json::Value::list();
  for (const auto& pipeline : pipelines_) {
    const RunSnapshot snapshot = pipeline->snapshot();
    json::Value resources = json::Value::list();
    for (const RunSnapshot::Resource& resource : snapshot.resources) {
      resources.push_back(json::Value::object({{"name", resource.name},
                                               {"rows", static_cast<std::int64_t>(resource.rows)},
                                               {"bytes", static_cast<std::int64_t>(resource.bytes)},
                                               {"pages", static_cast<std::int64_t>(resource.pages)},
                                               {"requests", static_cast<std::int64_t>(resource.requests)},
                                               {"retries", static_cast<std::int64_t>(resource.retries)},
                                               {"done", resource.done}}));
    }
    pipelines.push_back(json::Value::object({{"pipeline", snapshot.pipeline},
                                             {"step", snapshot.step},
                                             {"steady_us", snapshot.steady_us},
                                             {"rows_loaded", static_cast<std::int64_t>(snapshot.rows_loaded)},
                                             {"resources", std::move(resources)}}));
  }
  json::Value reports = json::Value::list();
  for (const RunReport& report : reports_) {
    json::Value entry = report.to_json();
    entry.set("text", report.render());
    reports.push_back(std::move(entry));
  }
  json::Value previews = json::Value::list();
  for (const RunReport& report : reports_) {
    if (!report.preview.is_null()) previews.push_back(report.preview);
  }
  return json::Value::object(
      {{"pipelines", std::move(pipelines)}, {"reports", std::move(reports)}, {"previews", std::move(previews)}});
}

}  // namespace lode::lua
