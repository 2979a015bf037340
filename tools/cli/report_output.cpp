// Report output: the last words of a command.
#include "report_output.h"

#include "text.h"

namespace lode::cli {
namespace {

// The outcome as one line of JSON.
std::string outcome_json(const Outcome& outcome, int exit_code) {
  JsonObject json;
  json.boolean("ok", !outcome.failure).number("exit_code", static_cast<std::uint64_t>(exit_code));
  if (outcome.failure) json.raw("error", outcome.failure->json);
  return json.raw("reports", outcome.view.reports_json).str() + "\n";
}

void say_reports(const Outcome& outcome, Reports reports, Console& console, Progress& progress) {
  for (const ReportView& report : outcome.view.reports) {
    const std::string first = first_line(report.text);
    if (outcome.printed.find(first) != std::string::npos) continue;
    if (reports == Reports::kFirstLine || outcome.failure) {
      progress.summary(first);
    } else {
      console.print(report.text + "\n");
    }
  }
}

}  // namespace

int conclude(const Outcome& outcome, Reports reports, const Options& options, Console& console, Progress& progress) {
  int exit_code = outcome.exit_code();
  if (reports == Reports::kNone) {
    // What the command had to say it has said.
  } else if (options.json) {
    console.print(outcome_json(outcome, exit_code));
  } else {
    say_reports(outcome, reports, console, progress);
  }
  if (outcome.failure) progress.failure(*outcome.failure);
  console.flush();
  if (!console.output_ok()) {
    progress.failure(make_failure("file.io", "standard output could not be written"));
    if (exit_code == kExitOk) exit_code = kExitFailed;
  }
  progress.close(exit_code);
  return exit_code;
}

int conclude(const Failure& failure, const Options& options, Console& console, Progress& progress) {
  Outcome outcome;
  outcome.failure = failure;
  return conclude(outcome, Reports::kFirstLine, options, console, progress);
}

}  // namespace lode::cli
