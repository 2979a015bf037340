// `lode preview`: shows what files or a script would load; nothing is written.
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <memory>

#include "commands.h"
#include "preview_text.h"
#include "preview_view.h"
#include "report_output.h"
#include "run_options.h"
#include "script.h"
#include "session.h"
#include "text.h"

namespace lode::cli {
namespace {

// "#!/usr/bin/env -S lode run": no data begins so. Standard input and pipes are not touched.
bool runs_itself(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  std::array<char, 2> start{};
  return file && std::fread(start.data(), 1, 2, file.get()) == 2 && start[0] == '#' && start[1] == '!';
}

bool is_script(const Options& options) {
  const std::string& path = options.files.front();
  return options.format.empty() && (path.ends_with(".lua") || is_folder(path) || runs_itself(path));
}

Failure misplaced(const std::string& option, const std::string& what) {
  return make_failure("cli.usage", fmt::format("lode preview: {} is for {}", option, what), {},
                      "'lode preview --help' explains the options");
}

// What cannot be meant of a script, and of files.
std::optional<Failure> check_script_options(const Options& options) {
  if (options.files.size() > 1) {
    return make_failure("cli.usage", fmt::format("lode preview: '{}' is one word too many", options.files[1]), {},
                        "one script at a time");
  }
  if (!options.table.empty()) return misplaced("--table", "files");
  if (!options.select.empty()) return misplaced("--select", "files");
  if (!options.write_disposition.empty()) return misplaced("--write-disposition", "files");
  if (!options.primary_key.empty()) return misplaced("--primary-key", "files");
  if (!options.pipeline.empty()) return misplaced("--name", "files");
  return std::nullopt;
}

std::optional<Failure> check_file_options(const Options& options) {
  if (!options.resources.empty()) return misplaced("--resource", "scripts");
  if (options.full_refresh) return misplaced("--full-refresh", "scripts");
  if (!options.refresh.empty()) return misplaced("--refresh", "scripts");
  if (!options.args.empty()) return misplaced("what follows --", "scripts");
  if (options.destination.empty() && (options.diff || !options.dataset.empty())) {
    return make_failure("cli.usage", "lode preview: files have no destination to compare with", {},
                        "add  --to URL --dataset NAME");
  }
  if (!options.destination.empty() && options.dataset.empty()) {
    return make_failure("cli.usage", "lode preview: --dataset is required with --to", {},
                        "add  --dataset NAME, as for lode load");
  }
  return std::nullopt;
}

// Files without a destination are for none that exists.
std::string file_options_json(const Options& options) {
  Options task = options;
  if (task.destination.empty()) {
    task.destination = "memory";
    task.dataset = "preview";
  }
  return run_options_json(options, load_args_json(task, "lode preview"));
}

std::string outcome_json(const Outcome& outcome, int exit_code) {
  JsonObject json;
  json.boolean("ok", !outcome.failure).number("exit_code", static_cast<std::uint64_t>(exit_code));
  if (outcome.failure) json.raw("error", outcome.failure->json);
  return json.raw("previews", outcome.view.previews_json).str() + "\n";
}

int show(Outcome outcome, bool of_script, const Options& options, Console& console, Progress& progress) {
  if (options.json) {
    console.print(outcome_json(outcome, outcome.exit_code()));
  } else {
    const PreviewStyle style{console.output_columns(), console.unicode(), console.output_colours()};
    const std::vector<PreviewView> previews = read_previews(outcome.view.previews_json);
    for (const PreviewView& preview : previews) {
      if (&preview != &previews.front()) console.print("\n");
      console.print(render_preview(preview, of_script, style));
    }
    if (previews.empty() && !outcome.failure) console.print("the script runs no pipeline\n");
  }
  outcome.view.reports.clear();  // said
  return conclude(outcome, Reports::kNone, options, console, progress);
}

}  // namespace

int preview_command(const Options& options, Console& console, Progress& progress) {
  const bool of_script = is_script(options);
  Outcome outcome;
  outcome.failure = of_script ? check_script_options(options) : check_file_options(options);
  if (outcome.failure) return show(std::move(outcome), of_script, options, console, progress);
  if (!of_script) {
    const Script task{"lode preview", "return require('lode.tasks.load')()\n"};
    outcome = run_script(task, file_options_json(options), options, console, progress);
    return show(std::move(outcome), of_script, options, console, progress);
  }
  Failure failure;
  const std::optional<Script> script = read_script(options.files.front(), failure);
  if (!script) {
    outcome.failure = failure;
    return show(std::move(outcome), of_script, options, console, progress);
  }
  outcome = run_script(*script, run_options_json(options, args_json(options)), options, console, progress);
  return show(std::move(outcome), of_script, options, console, progress);
}

}  // namespace lode::cli
