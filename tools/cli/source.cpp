// `lode source`: adds a source to the project. The questions are asked here; which ones, and what becomes of the
// answers, is written in Lua: lode/tasks/source.
#include <fmt/format.h>

#include <algorithm>

#include "commands.h"
#include "config_task.h"
#include "json_tree.h"
#include "new_script.h"
#include "preview_view.h"
#include "report_output.h"
#include "script.h"
#include "session.h"
#include "terminal_input.h"
#include "text.h"

namespace lode::cli {
namespace {

constexpr const char* kCommand = "lode source add";

Failure wrong(const std::string& message, const std::string& hint) {
  return make_failure("cli.usage", fmt::format("{}: {}", kCommand, message), {}, hint);
}

// One thing that the source needs to be told.
struct Field {
  std::string name;
  std::string key;
  std::string type;
  std::string doc;
  std::string place;  // where it stands already
  bool secret = false;
  bool required = false;
  bool asked = false;  // though it may be left empty
  bool kept = true;    // false: the script has it
};

struct Answer {
  const Field* field = nullptr;
  std::string text;
};

// Everything that is found out and typed, step by step. Each step answers why it cannot go on.
class Wizard {
 public:
  Wizard(const Options& options, Console& console, Progress& progress)
      : options_(options), console_(console), progress_(progress) {}

  std::optional<Failure> describe();
  std::optional<Failure> take_settings();
  std::optional<Failure> ask_the_rest();
  std::optional<Failure> try_it();
  std::optional<Failure> write();
  void say() const;

 private:
  const std::string& type() const { return options_.words[0]; }
  const std::string& name() const { return options_.words[1]; }
  std::optional<Failure> run(const std::string& task, JsonObject args, const std::string& run_options, JsonTree& answer,
                             std::vector<PreviewView>* previews = nullptr);
  const Answer* answer_of(const Field& field) const;
  std::string answers_json(bool kept_only) const;
  std::optional<Failure> ask_for(const Field& field);
  std::optional<Failure> nobody_to_ask() const;
  bool wants_it_all_the_same(const Failure& failure);

  const Options& options_;
  Console& console_;
  Progress& progress_;
  std::string title_;
  std::string script_;
  std::vector<Field> fields_;
  std::vector<Answer> answers_;
  std::vector<std::string> tables_;  // that answered
  std::vector<std::string> lines_;
  std::vector<std::string> missing_secrets_;
  JsonTree written_;
  std::string path_;
  bool needs_sign_in_ = false;
};

std::optional<Failure> Wizard::run(const std::string& task, JsonObject args, const std::string& run_options,
                                   JsonTree& answer, std::vector<PreviewView>* previews) {
  const Script script{kCommand, fmt::format("return require('lode.tasks.source.{}')()\n", task)};
  Options quiet = options_;
  quiet.keeps_output = true;
  const std::string json = JsonObject().raw("args", args.str()).str();
  const std::string joined = run_options.empty() ? json : json.substr(0, json.size() - 1) + "," + run_options + "}";
  Outcome outcome = run_script(script, joined, quiet, console_, progress_);
  if (outcome.failure) return outcome.failure;
  answer = JsonTree::read(outcome.printed);
  if (previews != nullptr) *previews = read_previews(outcome.view.previews_json);
  return std::nullopt;
}

// What the source needs to be told.
std::optional<Failure> Wizard::describe() {
  JsonObject args;
  path_ = new_script_path(options_.output, name());
  args.text("type", type()).text("name", name()).text("path", path_);
  const bool is_file = type().find('/') != std::string::npos || type().ends_with(".lua");
  if (is_file) {
    Failure failure;
    const std::optional<Script> script = read_script(type(), failure);
    if (!script) return failure;
    args.text("source", script->source);
  }
  JsonTree answer;
  if (std::optional<Failure> failure = run("describe", args, "\"check_only\":true", answer)) return failure;
  title_ = answer.text_at("title");
  script_ = answer.text_at("script");
  needs_sign_in_ = answer.flag_at("sign_in");
  for (const JsonTree& entry : answer.at("fields").children()) {
    fields_.push_back({entry.text_at("name"), entry.text_at("key"), entry.text_at("type"), entry.text_at("doc"),
                       entry.text_at("place"), entry.flag_at("secret"), entry.flag_at("required"),
                       entry.flag_at("asked"), entry.flag_at("kept", true)});
  }
  return std::nullopt;
}

// --set FIELD=VALUE, and the secret that standard input is.
std::optional<Failure> Wizard::take_settings() {
  std::vector<std::string> names;
  for (const Field& field : fields_) names.push_back(field.name);
  const auto find = [&](const std::string& word) {
    return std::find_if(fields_.begin(), fields_.end(), [&](const Field& field) { return field.name == word; });
  };
  const auto unknown = [&](const std::string& word) {
    const std::string guess = closest(word, names);
    return wrong(fmt::format("{} has no field '{}'", type(), word),
                 guess.empty() ? fmt::format("its fields are {}", fmt::join(names, ", "))
                               : fmt::format("did you mean '{}'?", guess));
  };
  for (const std::string& setting : options_.settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos) return wrong("--set takes FIELD=VALUE", "--set page_size=100");
    const auto field = find(setting.substr(0, equals));
    if (field == fields_.end()) return unknown(setting.substr(0, equals));
    if (field->secret) {
      return wrong(fmt::format("'{}' is a secret: on a command line, others see it", field->name),
                   fmt::format("it is asked for, or standard input is it:  --stdin {}", field->name));
    }
    answers_.push_back({&*field, setting.substr(equals + 1)});
  }
  if (options_.secret_on_stdin.empty()) return std::nullopt;
  const auto field = find(options_.secret_on_stdin);
  if (field == fields_.end()) return unknown(options_.secret_on_stdin);
  if (!field->secret) return wrong(fmt::format("'{}' is no secret", field->name), "--set answers for a setting");
  answers_.push_back({&*field, read_secret_input(field->name + ": ").value_or("")});
  if (answers_.back().text.empty()) return wrong("standard input is empty", "");
  if (!is_utf8(answers_.back().text)) return wrong("standard input is not UTF-8", "");
  return std::nullopt;
}

const Answer* Wizard::answer_of(const Field& field) const {
  const auto found =
      std::find_if(answers_.begin(), answers_.end(), [&](const Answer& answer) { return answer.field == &field; });
  return found == answers_.end() ? nullptr : &*found;
}

std::optional<Failure> Wizard::ask_for(const Field& field) {
  const std::string note = field.secret ? (field.doc.empty() ? "not shown" : field.doc + "; not shown") : field.doc;
  const std::string prompt = fmt::format("  {}{}: ", field.name, note.empty() ? "" : " (" + note + ")");
  while (true) {
    std::optional<std::string> text = field.secret ? read_secret_input(prompt) : ask(prompt);
    if (!text) return wrong("no answer", "nothing was written");
    if (!is_utf8(*text)) return wrong(fmt::format("what was typed for '{}' is not UTF-8", field.name), "");
    if (!text->empty()) {
      answers_.push_back({&field, std::move(*text)});
      return std::nullopt;
    }
    if (!field.required) return std::nullopt;
  }
}

std::optional<Failure> Wizard::nobody_to_ask() const {
  std::vector<std::string> details;
  std::string hint;
  for (const Field& field : fields_) {
    if (!field.required || !field.place.empty() || answer_of(field) != nullptr) continue;
    details.push_back(fmt::format("{}{}", field.name, field.doc.empty() ? "" : ": " + field.doc));
    hint = field.secret ? fmt::format("lode secrets set {}  first, or pipe it in:  --stdin {}", field.key, field.name)
                        : fmt::format("--set {}=…", field.name);
  }
  if (details.empty()) return std::nullopt;
  return make_failure("cli.usage",
                      fmt::format("{}: {} is not known, and there is no terminal to ask at", kCommand,
                                  details.size() == 1 ? "this" : "some of what it needs"),
                      details, hint);
}

// What nobody has yet.
std::optional<Failure> Wizard::ask_the_rest() {
  if (!can_ask() || options_.json) return nobody_to_ask();
  console_.line(console_.styled(title_, "1"));
  for (const Field& field : fields_) {
    if (answer_of(field) != nullptr) continue;
    if (!field.place.empty()) {
      console_.line(fmt::format("  {}: is in {}", field.name, printable(field.place)));
    } else if (field.required || field.asked) {
      if (std::optional<Failure> failure = ask_for(field)) return failure;
    }
  }
  return std::nullopt;
}

std::string Wizard::answers_json(bool kept_only) const {
  std::vector<std::string> items;
  for (const Answer& answer : answers_) {
    if (kept_only && !answer.field->kept) continue;
    JsonObject item;
    item.text("key", answer.field->key).text("text", answer.text).text("type", answer.field->type);
    items.push_back(item.boolean("secret", answer.field->secret).str());
  }
  return json_list(items);
}

// A source that is down now, or a key that is granted later, need not mean that all is typed again.
bool Wizard::wants_it_all_the_same(const Failure& failure) {
  if (!can_ask() || options_.json || failure.exit_code == kExitInterrupted) return false;
  console_.line(failure.text);
  const std::optional<std::string> word = ask("write it all the same? [y/N] ");
  return word == "y" || word == "Y" || word == "yes";
}

// A row of each table, or the answer that a script is made of.
std::optional<Failure> Wizard::try_it() {
  const bool tests = !options_.no_test && !needs_sign_in_;
  JsonObject args;
  args.text("name", name()).raw("answers", answers_json(false)).boolean("test", tests);
  if (!script_.empty()) args.text("script", script_);
  if (tests && can_ask()) console_.line("asking " + name() + " …");
  JsonTree answer;
  std::vector<PreviewView> previews;
  const std::string how = tests ? R"("preview":{"limit":1,"rows_shown":1})" : "\"check_only\":true";
  if (std::optional<Failure> failure = run("try", args, how, answer, &previews)) {
    const bool could_be_added = tests && !script_.empty() && failure->exit_code != kExitUsage;
    if (could_be_added && wants_it_all_the_same(*failure)) return std::nullopt;
    failure->text +=
        fmt::format("\nnothing was written{}", could_be_added ? "; with  --no-test  the source is added unasked" : "");
    return failure;
  }
  for (const PreviewView& preview : previews) {
    for (const PreviewResource& resource : preview.resources) {
      tables_.push_back(resource.rows == 0 ? resource.name + " (no rows)" : resource.name);
    }
  }
  script_ = answer.text_at("script");
  for (const JsonTree& line : answer.at("lines").children()) lines_.push_back(line.text());
  for (const JsonTree& key : answer.at("secrets").children()) {
    const bool is_answered = std::any_of(answers_.begin(), answers_.end(),
                                         [&](const Answer& other) { return other.field->key == key.text(); });
    if (!is_answered) missing_secrets_.push_back(key.text());
  }
  return std::nullopt;
}

std::optional<Failure> Wizard::write() {
  if (std::optional<Failure> failure = check_new_script(kCommand, options_.output, name())) return failure;
  JsonObject args;
  args.raw("answers", answers_json(true));
  JsonTree answer;
  if (std::optional<Failure> failure = run("write", args, "\"check_only\":true", answer)) return failure;
  written_ = answer.at("written");
  return write_new_script(kCommand, path_, script_);
}

void Wizard::say() const {
  if (options_.json) {
    JsonObject json;
    json.boolean("ok", true).number("exit_code", kExitOk).text("name", name()).text("file", path_);
    json.raw("written", written_.json()).texts("resources", tables_).texts("secrets", missing_secrets_);
    console_.print(json.boolean("sign_in", needs_sign_in_).str() + "\n");
    return;
  }
  if (!tables_.empty())
    console_.print(fmt::format("it answers: {}\n", printable(fmt::format("{}", fmt::join(tables_, ", ")))));
  for (const std::string& line : lines_) console_.print("  " + printable(line) + "\n");
  for (const JsonTree& entry : written_.children()) {
    console_.print(fmt::format("wrote {} to {}\n", entry.text_at("key"), printable(entry.text_at("file"))));
  }
  console_.print(fmt::format("wrote {}\n", path_));
  for (const std::string& key : missing_secrets_) {
    console_.print(fmt::format("needs a secret:  lode secrets set {}\n", printable(key)));
  }
  if (needs_sign_in_) console_.print(fmt::format("sign in:  lode auth {}\n", name()));
  console_.print(fmt::format("next:  lode run {}\n", path_));
}

std::optional<Failure> check_words(const Options& options) {
  if (options.operation.empty()) {
    return make_failure("cli.usage", "lode source: an operation is missing: add or types", {},
                        "lode source add github issues");
  }
  if (options.operation == "types") {
    if (options.words.empty()) return std::nullopt;
    return make_failure("cli.usage", fmt::format("lode source types: '{}' is one word too many", options.words[0]));
  }
  if (options.words.size() < 2) {
    return wrong(options.words.empty() ? "a type and a name are missing" : "a name is missing",
                 options.words.empty() ? "lode source types  lists the types"
                                       : fmt::format("lode source add {0} my_{0}", options.words[0]));
  }
  if (options.words.size() > 2) return wrong(fmt::format("'{}' is one word too many", options.words[2]), "");
  return check_new_script(kCommand, options.output, options.words[1]);
}

}  // namespace

int source_command(const Options& options, Console& console, Progress& progress) {
  if (const std::optional<Failure> failure = check_words(options)) {
    return conclude(*failure, options, console, progress);
  }
  if (options.operation == "types") {
    return run_config_task("source.types", {}, std::nullopt, options, console, progress);
  }
  Wizard wizard(options, console, progress);
  for (const auto step :
       {&Wizard::describe, &Wizard::take_settings, &Wizard::ask_the_rest, &Wizard::try_it, &Wizard::write}) {
    if (const std::optional<Failure> failure = (wizard.*step)()) return conclude(*failure, options, console, progress);
  }
  wizard.say();
  return kExitOk;
}

}  // namespace lode::cli
