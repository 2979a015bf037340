// The `lode` program: reads the command line and hands over to the command.
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "commands.h"
#include "report_output.h"
#include "usage.h"

namespace lode::cli {
namespace {

// A preview is short and its answer is what counts: without a terminal to show something live, nothing is said. A query
// has no progress at all.
ProgressMode progress_mode(const Options& options, const Console& console) {
  if (options.progress != ProgressMode::kAuto) return options.progress;
  const bool is_quiet = options.command == Command::kPreview && !console.can_redraw();
  const bool has_none = options.command == Command::kSql || options.command == Command::kConfig ||
                        options.command == Command::kSecrets || options.command == Command::kAuth ||
                        options.command == Command::kInit || options.command == Command::kSource;
  return is_quiet || has_none ? ProgressMode::kNone : ProgressMode::kAuto;
}

int run_command_line(std::vector<std::string> words) {
  // A reader that went away is an error of the write, not the end of the program.
  std::signal(SIGPIPE, SIG_IGN);
  const bool wants_json = std::find(words.begin(), words.end(), "--json") != words.end();
  const Usage usage = read_command_line(std::move(words));
  Console console;
  if (usage.help) {
    console.print(*usage.help);
    console.flush();
    return console.output_ok() ? kExitOk : kExitFailed;
  }
  if (usage.failure) {
    Options options;
    options.json = wants_json;
    const std::unique_ptr<Progress> progress = make_progress(ProgressMode::kNone, wants_json, console);
    return conclude(*usage.failure, options, console, *progress);
  }
  const Options& options = *usage.options;
  // The engine reads it when it opens, as it would from the user's shell.
  if (!options.profile.empty()) setenv("LODE_PROFILE", options.profile.c_str(), 1);
  const std::unique_ptr<Progress> progress = make_progress(progress_mode(options, console), options.json, console);
  switch (options.command) {
    case Command::kRun:
      return run_command(options, console, *progress);
    case Command::kCheck:
      return check_command(options, console, *progress);
    case Command::kExplain:
      return explain_command(options, console, *progress);
    case Command::kLoad:
      return load_command(options, console, *progress);
    case Command::kPreview:
      return preview_command(options, console, *progress);
    case Command::kPipeline:
      return pipeline_command(options, console, *progress);
    case Command::kSql:
      return sql_command(options, console, *progress);
    case Command::kConfig:
      return config_command(options, console, *progress);
    case Command::kSecrets:
      return secrets_command(options, console, *progress);
    case Command::kAuth:
      return auth_command(options, console, *progress);
    case Command::kInit:
      return init_command(options, console, *progress);
    case Command::kSource:
      return source_command(options, console, *progress);
  }
  return kExitUsage;
}

// A core file would hold the secrets of the run, for whoever finds it.
void leave_no_core_file() {
  const char* wanted = std::getenv("LODE_CORE_FILES");
  if (wanted != nullptr && std::string_view(wanted) == "1") return;
  rlimit limit{};
  if (getrlimit(RLIMIT_CORE, &limit) != 0) return;
  limit.rlim_cur = 0;
  setrlimit(RLIMIT_CORE, &limit);
}

}  // namespace
}  // namespace lode::cli

int main(int count, char** words) {
  lode::cli::leave_no_core_file();
#ifdef __GLIBC__
  // Pages of rows come and go by the megabyte; giving their memory back to the kernel each time costs more than a tenth
  // of a load.
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
  return lode::cli::run_command_line(std::vector<std::string>(words + 1, words + std::max(1, count)));
}
