// `lode init`: writes a pipeline script for an API. What stands in it is found out in Lua: lua/stdlib/lode/tasks/init.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "commands.h"
#include "json_tree.h"
#include "new_script.h"
#include "report_output.h"
#include "script.h"
#include "session.h"
#include "text.h"

namespace lode::cli {
namespace {

constexpr const char* kUsageLine = "usage: lode init URL|--openapi FILE|URL [OPTION]...";

Failure wrong(const std::string& message, const std::string& hint) {
  return make_failure("cli.usage", "lode init: " + message, {kUsageLine}, hint);
}

bool is_url(const std::string& text) { return text.find("://") != std::string::npos; }

std::optional<Failure> read_document(const std::string& path, std::string& text) {
  if (is_folder(path)) return file_failure("lode init", "read", path, EISDIR);
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  if (!file) return file_failure("lode init", "read", path, errno);
  char buffer[16384];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, file.get())) text.append(buffer, got);
  if (std::ferror(file.get()) != 0) return file_failure("lode init", "read", path, errno);
  if (!is_utf8(text)) return make_failure("json.syntax", fmt::format("lode init: '{}' is not UTF-8", path));
  return std::nullopt;
}

std::optional<Failure> check_words(const Options& options) {
  if (options.words.size() > 1) return wrong(fmt::format("'{}' is one word too many", options.words[1]), "");
  if (options.words.empty() == options.openapi.empty()) {
    return wrong(options.words.empty() ? "a URL is missing" : "either a URL, or --openapi with a document, not both",
                 "lode init https://api.example.com/v1/orders");
  }
  if (!options.words.empty() && !is_url(options.words[0])) {
    return wrong(fmt::format("'{}' is no URL", options.words[0]), "a URL begins with https:// or http://");
  }
  return check_new_script("lode init", options.output, options.pipeline);
}

std::optional<Failure> task_args(const Options& options, JsonObject& args) {
  if (!options.pipeline.empty()) args.text("name", options.pipeline);
  if (!options.output.empty()) args.text("output", with_slash(options.output));
  if (options.openapi.empty()) {
    args.text("url", options.words[0]);
    return std::nullopt;
  }
  args.text("openapi", options.openapi);
  if (is_url(options.openapi)) return std::nullopt;
  std::string document;
  if (std::optional<Failure> failure = read_document(options.openapi, document)) return failure;
  args.text("document", document);
  return std::nullopt;
}

void say(const JsonTree& answer, const std::string& path, bool as_json, Console& console) {
  if (as_json) {
    JsonObject json;
    json.boolean("ok", true).number("exit_code", kExitOk).text("file", path).text("name", answer.text_at("name"));
    json.raw("resources", answer.at("resources").json()).raw("secrets", answer.at("secrets").json());
    console.print(json.raw("left_out", answer.at("left_out").json()).str() + "\n");
    return;
  }
  console.print(fmt::format("wrote {}\n", path));
  for (const JsonTree& line : answer.at("lines").children()) console.print("  " + printable(line.text()) + "\n");
  for (const JsonTree& secret : answer.at("secrets").children()) {
    console.print(fmt::format("needs a secret:  lode secrets set {}\n", printable(secret.text())));
  }
  console.print(fmt::format("next:  lode preview {}\n", path));
}

}  // namespace

int init_command(const Options& options, Console& console, Progress& progress) {
  if (const std::optional<Failure> failure = check_words(options))
    return conclude(*failure, options, console, progress);
  JsonObject args;
  if (const std::optional<Failure> failure = task_args(options, args))
    return conclude(*failure, options, console, progress);
  Options printing = options;
  printing.keeps_output = true;
  const Script script{"lode init", "return require('lode.tasks.init')()\n"};
  const std::string run = JsonObject().raw("args", args.str()).str();
  const Outcome outcome = run_script(script, run, printing, console, progress);
  if (outcome.failure) return conclude(outcome, Reports::kFirstLine, options, console, progress);
  const JsonTree answer = JsonTree::read(outcome.printed);
  const std::string path = new_script_path(options.output, answer.text_at("name"));
  if (const std::optional<Failure> failure = write_new_script("lode init", path, answer.text_at("script")))
    return conclude(*failure, options, console, progress);
  say(answer, path, options.json, console);
  return conclude(outcome, Reports::kNone, options, console, progress);
}

}  // namespace lode::cli
