// `lode pipeline`: looks at a pipeline and mends it. Written in Lua: lua/stdlib/lode/tasks/pipeline.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "commands.h"
#include "json_tree.h"
#include "report_output.h"
#include "session.h"
#include "text.h"

namespace lode::cli {
namespace {

// An operation and which of the options it takes besides those of all.
struct OperationSpec {
  std::string_view name;
  std::string_view task;
  bool asks = false;         // deletes something: not without being asked for twice
  bool takes_place = false;  // --to, --dataset
  bool takes_words = false;
  bool takes_schema = false;  // --schema
};

constexpr std::array<OperationSpec, 12> kOperations = {{
    {.name = "info", .task = "info"},
    {.name = "show", .task = "show", .takes_words = true},
    {.name = "trace", .task = "trace"},
    {.name = "failed-jobs", .task = "failed_jobs"},
    {.name = "packages", .task = "packages"},
    {.name = "state", .task = "state"},
    {.name = "schema", .task = "schema", .takes_schema = true},
    {.name = "retry", .task = "retry", .takes_place = true},
    {.name = "abort", .task = "abort", .asks = true, .takes_words = true},
    {.name = "drop-pending", .task = "abort", .asks = true},
    {.name = "drop", .task = "drop", .asks = true, .takes_place = true, .takes_words = true, .takes_schema = true},
    {.name = "sync", .task = "sync", .asks = true, .takes_place = true},
}};

const OperationSpec& spec_of(const Options& options) {
  const auto found = std::find_if(kOperations.begin(), kOperations.end(),
                                  [&](const OperationSpec& spec) { return spec.name == options.operation; });
  return found == kOperations.end() ? kOperations.front() : *found;  // usage.cpp lets no other word pass
}

Failure misplaced(const std::string& what, const OperationSpec& spec) {
  return make_failure("cli.usage", fmt::format("lode pipeline {}: {} is not for this operation", spec.name, what), {},
                      "'lode pipeline --help' explains the operations");
}

std::optional<Failure> check(const Options& options, const OperationSpec& spec) {
  if (!spec.takes_words && !options.words.empty()) {
    return make_failure("cli.usage",
                        fmt::format("lode pipeline {}: '{}' is one word too many", spec.name, options.words.front()));
  }
  if (!spec.takes_place && !options.destination.empty()) return misplaced("--to", spec);
  if (!spec.takes_place && !options.dataset.empty()) return misplaced("--dataset", spec);
  if (!spec.takes_schema && !options.schema.empty()) return misplaced("--schema", spec);
  if (spec.name != "schema" && !options.format.empty()) return misplaced("--format", spec);
  if (!spec.asks && options.yes) return misplaced("--yes", spec);
  if (spec.name != "drop") {
    if (options.all) return misplaced("--all", spec);
    if (options.state_only) return misplaced("--state-only", spec);
    if (!options.state_paths.empty()) return misplaced("--state-paths", spec);
  } else if (options.all && !options.words.empty()) {
    return make_failure("cli.usage", "lode pipeline drop: either resources or --all");
  }
  return std::nullopt;
}

std::string args_of(const Options& options, bool plan, const Console& console) {
  JsonObject args;
  args.text("name", options.pipeline).text("operation", options.operation);
  args.boolean("json", options.json).boolean("plan", plan).boolean("colours", console.output_colours());
  if (console.output_is_terminal()) args.number("columns", console.output_columns());
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) args.text(key, value);
  };
  add("format", options.format);
  add("schema", options.schema);
  add("pipelines_dir", options.pipelines_dir);
  add("to", options.destination);
  add("dataset", options.dataset);
  if (!options.words.empty()) args.texts("words", options.words);
  if (!options.state_paths.empty()) args.texts("state_paths", options.state_paths);
  if (options.all) args.boolean("all", true);
  if (options.state_only) args.boolean("state_only", true);
  return JsonObject().raw("args", args.str()).str();
}

Outcome run_task(std::string_view task, const Options& options, bool plan, Console& console, Progress& progress) {
  const Script script{"lode pipeline", fmt::format("return require('lode.tasks.pipeline.{}')()\n", task)};
  // The answer is what the task prints, in JSON too.
  Options printing = options;
  printing.json = false;
  printing.keeps_output = plan;
  return run_script(script, args_of(options, plan, console), printing, console, progress);
}

int finish(const Outcome& outcome, const Options& options, Console& console, Progress& progress) {
  // An error has the same form as everywhere.
  Options printing = options;
  printing.json = false;
  return conclude(outcome, Reports::kFirstLine, outcome.failure ? options : printing, console, progress);
}

bool says_yes(Console& console) {
  console.flush();
  std::fputs("go on? [y/N] ", stderr);
  std::array<char, 64> line{};
  if (std::fgets(line.data(), static_cast<int>(line.size()), stdin) == nullptr) return false;
  const std::string_view answer = line.data();
  return answer == "y\n" || answer == "Y\n" || answer == "yes\n" || answer == "y" || answer == "yes";
}

// What the operation would do, and whether it is to be done. nullopt: do it; else the exit code.
std::optional<int> ask(const OperationSpec& spec, const Options& options, Console& console, Progress& progress) {
  const Outcome plan = run_task(spec.task, options, true, console, progress);
  if (plan.failure) return finish(plan, options, console, progress);
  const JsonTree answer = JsonTree::read(plan.printed);
  const bool is_nothing = answer.flag_at("nothing");
  const bool can_ask = isatty(STDIN_FILENO) != 0 && !options.json;
  if (is_nothing && options.json) return std::nullopt;  // the task says so in its own form
  if (!options.json) console.print(answer.text_at("text") + "\n");
  if (is_nothing) return finish(plan, options, console, progress);
  if (!can_ask) {
    return conclude(
        make_failure("cli.usage",
                     fmt::format("lode pipeline {}: nothing was done, because nobody can be asked", spec.name), {},
                     "look at what would be done, and add  --yes"),
        options, console, progress);
  }
  if (says_yes(console)) return std::nullopt;
  Outcome refused;
  console.line("nothing was done");
  finish(refused, options, console, progress);
  return kExitFailed;
}

}  // namespace

int pipeline_command(const Options& options, Console& console, Progress& progress) {
  if (options.pipeline.empty() || options.list) {
    if (!options.pipeline.empty()) {
      return conclude(make_failure("cli.usage", "lode pipeline: either a name or --list"), options, console, progress);
    }
    return finish(run_task("list", options, false, console, progress), options, console, progress);
  }
  const OperationSpec& spec = spec_of(options);
  if (const std::optional<Failure> failure = check(options, spec))
    return conclude(*failure, options, console, progress);
  if (spec.asks && !options.yes) {
    if (const std::optional<int> exit_code = ask(spec, options, console, progress)) return *exit_code;
  }
  return finish(run_task(spec.task, options, false, console, progress), options, console, progress);
}

}  // namespace lode::cli
