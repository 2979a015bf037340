// Failure: why a command did not succeed, and the exit code that says which kind it is.
#include "failure.h"

#include <array>

#include "status_view.h"
#include "text.h"

namespace lode::cli {
namespace {

// Codes that name a mistake in the command line or in what a script defines. All others happen at run time.
constexpr std::array<std::string_view, 9> kUsageCodes = {
    "cli.usage",     "config.unknown_field", "destination.unknown", "engine.invalid_argument", "json.bad_path",
    "lua.bad_field", "lua.no_script",        "lua.syntax",          "lua.unknown_field",
};

int exit_code_of(std::string_view code, bool retryable) {
  if (code == "run.cancelled") return kExitInterrupted;
  for (const std::string_view usage : kUsageCodes) {
    if (code == usage) return kExitUsage;
  }
  return retryable ? kExitTemporary : kExitFailed;
}

}  // namespace

Failure make_failure(std::string_view code, std::string_view message, const std::vector<std::string>& details,
                     std::string_view hint) {
  Failure failure;
  failure.code = code;
  failure.text = message;
  std::vector<std::string> detail_json;
  for (const std::string& line : details) {
    failure.text += "\n  " + line;
    detail_json.push_back(JsonObject().text("text", line).str());
  }
  if (!hint.empty()) failure.text.append("\n  hint: ").append(hint);
  failure.text.append("\n  [").append(code).append("]");
  JsonObject json;
  json.text("code", code).text("message", message).raw("details", json_list(detail_json)).boolean("retryable", false);
  if (!hint.empty()) json.text("hint", hint);
  failure.json = json.str();
  failure.exit_code = exit_code_of(code, false);
  return failure;
}

Failure take_failure(const lode_error* error) {
  Failure failure;
  failure.code = lode_error_code(error);
  failure.text = lode_error_text(error);
  failure.json = lode_error_json(error);
  failure.exit_code = exit_code_of(failure.code, is_retryable(failure.json));
  return failure;
}

Failure take_and_free(lode_error* error) {
  Failure failure = take_failure(error);
  lode_error_free(error);
  return failure;
}

}  // namespace lode::cli
