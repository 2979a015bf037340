// `lode auth`: sign-ins. What it does is written in Lua: lode/tasks/auth.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include "commands.h"
#include "config_task.h"
#include "report_output.h"
#include "text.h"

namespace lode::cli {
namespace {

const std::vector<std::string> kWords = {"status", "refresh", "remove"};

Failure wrong(const std::string& what, const std::string& hint) {
  return make_failure("cli.usage", "lode auth: " + what, {}, hint);
}

bool is_word(const std::string& word) { return std::find(kWords.begin(), kWords.end(), word) != kWords.end(); }

// A name stands in keys, where dots divide.
bool is_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c >= 0x80;
  });
}

bool has_sign_in_options(const Options& options) {
  const SignIn& sign_in = options.sign_in;
  return sign_in.device || sign_in.no_browser || sign_in.port || sign_in.timeout_s || !sign_in.client_id.empty() ||
         !sign_in.client_file.empty() || !sign_in.project.empty() || !sign_in.scopes.empty() ||
         !sign_in.authorization_url.empty() || !sign_in.device_url.empty() || options.encrypt ||
         options.with_passphrase;
}

std::optional<Failure> check_words(const Options& options) {
  if (options.words.empty()) return wrong("a source is missing", "lode auth google_sheets, or lode auth status");
  const std::string& first = options.words[0];
  const bool is_sign_in = !is_word(first);
  const std::size_t words_max = is_sign_in ? 1 : 2;
  if (options.words.size() > words_max) {
    return wrong(fmt::format("'{}' is one word too many", printable(options.words[words_max])), "");
  }
  if (!is_sign_in && first != "status" && options.words.size() < 2) {
    return wrong("a source is missing", fmt::format("lode auth {} google_sheets", first));
  }
  if (!is_name(options.words.back())) {
    return wrong(fmt::format("'{}' is no name of a source", printable(options.words.back())), "");
  }
  if (!is_sign_in && has_sign_in_options(options)) return wrong("these options are of a sign-in", "lode auth --help");
  if (options.sign_in.revoke && first != "remove") return wrong("--revoke is of remove", "");
  if (options.sign_in.port > 65535) return wrong("--port is at most 65535", "");
  if (options.sign_in.timeout_s && *options.sign_in.timeout_s == 0) return wrong("--timeout is above 0", "");
  if (options.sign_in.device && (options.sign_in.port || options.sign_in.no_browser)) {
    return wrong("--device needs no port and no browser", "");
  }
  return std::nullopt;
}

std::optional<Failure> sign_in_args(const Options& options, JsonObject& args) {
  const SignIn& sign_in = options.sign_in;
  const auto put = [&args](const char* name, const std::string& value) {
    if (!value.empty()) args.text(name, value);
  };
  put("provider", sign_in.provider);
  put("client_id", sign_in.client_id);
  put("project_id", sign_in.project);
  put("issuer", sign_in.issuer);
  put("authorization_url", sign_in.authorization_url);
  put("token_url", sign_in.token_url);
  put("device_authorization_url", sign_in.device_url);
  put("protection", options.with_passphrase ? "passphrase" : options.encrypt ? "keyring" : "");
  if (!sign_in.scopes.empty()) args.texts("scopes", sign_in.scopes);
  if (sign_in.device) args.boolean("device", true);
  if (sign_in.no_browser) args.boolean("browser", false);
  if (sign_in.revoke) args.boolean("revoke", true);
  if (sign_in.port) args.number("port", *sign_in.port);
  if (sign_in.timeout_s) args.number("timeout_s", *sign_in.timeout_s);
  if (sign_in.client_file.empty()) return std::nullopt;
  std::ifstream file(sign_in.client_file);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || !is_utf8(text.str())) {
    return make_failure("file.not_found",
                        fmt::format("lode auth: '{}' cannot be read", printable(sign_in.client_file)));
  }
  args.text("client_json", text.str());
  return std::nullopt;
}

}  // namespace

int auth_command(const Options& options, Console& console, Progress& progress) {
  if (const std::optional<Failure> failure = check_words(options))
    return conclude(*failure, options, console, progress);
  JsonObject args;
  const std::string& first = options.words[0];
  if (!is_word(first) || options.words.size() > 1) args.text("source", options.words.back());
  if (const std::optional<Failure> failure = sign_in_args(options, args))
    return conclude(*failure, options, console, progress);
  const std::string task = is_word(first) ? first : "sign_in";
  return run_config_task("auth." + task, args, std::nullopt, options, console, progress);
}

}  // namespace lode::cli
