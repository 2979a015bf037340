// Usage: the command line: its commands, options and help, and what to say when it is wrong. The one file with CLI11.
#include "usage.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <functional>

#include "text.h"

namespace lode::cli {
namespace {

using Texts = std::vector<std::string>;

const char* const kOverview = R"(lode loads data into tables: pipelines are Lua scripts, the engine is native.

usage: lode COMMAND [OPTION]...

commands:
  run SCRIPT           run a pipeline
  check SCRIPT         read a script and validate what it defines, without running anything
  explain SCRIPT       print what a script would run, value by value, with where each was written
  load FILE...         load JSON and CSV files without a script
  preview FILE|SCRIPT  show the tables, types and first rows that a load would make
  pipeline NAME        what this machine knows of a pipeline: its trace, state, schema, packages; and mends it
  sql NAME STATEMENT   ask what was loaded, in SQL
  config OPERATION     show, explain and check settings: where each comes from
  secrets OPERATION    set, replace and remove secrets; a template of those that a script needs
  auth SOURCE          sign in to the service that a source reads from; what is signed in, and until when
  source add TYPE NAME add a source: asks for its settings and secrets, tests it, writes its script
  init URL             write a pipeline script for an API: from one of its answers, or from its OpenAPI document

  lode COMMAND --help  the options of a command
  lode --version       the version of the program
)";

const char* const kExitCodes = R"(exit codes:
  0    all went well
  1    the run failed
  2    the command line, or what the script defines, is wrong: nothing was loaded
  3    the run failed for a reason that may pass: the same command can succeed later
  130  stopped by a signal (Ctrl-C)
)";

const char* const kExamples = R"(examples:
  lode load events.jsonl --to sqlite:///events.db --dataset raw
  lode load users.csv --to sqlite:///crm.db --dataset crm --write-disposition merge --primary-key id
  curl -s $URL | lode load - --format json --select data.items --table items --to sqlite:///x.db --dataset raw

)";

const char* const kPipelineOperations = R"(
  info                where it loads to, its last load, cursors, packages that wait
  show [LOAD_ID]      one package: tables, files, why it waits
  trace               what the last run did: steps, tables, the error if it failed
  failed-jobs         packages that could not be loaded, with job, table and reason
  packages            packages that wait, and those of the last runs
  state               the state document
  schema              the tables that it has made, as YAML, JSON or a diagram
  retry               loads the packages that wait, now
  abort [LOAD_ID]...  gives up a package that waits: its rows are deleted, cursors do not advance
  drop-pending        gives up all packages that wait
  drop RESOURCE...    drops tables and state of resources in the destination, in a load of its own
  sync                makes what this machine keeps of it anew, from the destination)";

const char* const kConfigOperations = R"(
  show            all settings that stand somewhere, secrets masked, and where each comes from (default)
  get KEY         the value of a key; --reveal shows a secret
  explain KEY     every place that is looked at, in order, how to write the key there, which one wins
  check [SCRIPT]  files that others can read or that git keeps, secrets in config.toml, keys that
                  nobody reads; with a script, also what it misses and what it never asks for)";

const char* const kSecretsOperations = R"(
  set KEY          asks for the secret without showing it (or reads standard input) and writes it into secrets.toml
  rotate KEY       the same for a secret that is there, and says what to do next
  rm KEY           takes a secret out of secrets.toml
  encrypt KEY      encrypts a secret that is there, with a key that the system's keyring keeps; decrypt KEY undoes it
  template SCRIPT  prints a secrets.toml with the secrets that a script needs, to fill in)";

const char* const kConfigExamples = R"(examples:
  lode config explain sources.shop.api_key
  lode config explain api_key --section sources.shop --secret
  lode config check pipelines/shop

)";

const char* const kSecretsExamples = R"(examples:
  lode secrets set sources.shop.api_key
  pass show shop/key | lode secrets set sources.shop.api_key --encrypt
  lode secrets template pipelines/shop > .lode/secrets.toml

)";

const char* const kSourceOperations = R"(
  add TYPE NAME  asks for the settings and secrets that the source needs and that nobody has yet, asks the source for a
                 row of each table, and writes secrets.toml, config.toml and the script NAME.lua. TYPE is one of those
                 of `lode source types`, or a script that declares its settings
  types          lists the types)";

const char* const kSourceExamples = R"(examples:
  lode source add github issues
  lode source add rest shop --set url=https://api.example.com/v1/orders
  pass show stripe | lode source add stripe billing --stdin api_key

)";

const char* const kAuthOperations = R"(
  SOURCE          opens the browser to sign in; the tokens go into secrets.toml, under [sources.SOURCE.credentials]
  status [NAME]   which sources are signed in, until when, and what to do
  refresh NAME    gets a new access token now
  remove NAME     forgets the tokens; --revoke: the service forgets them, too)";

const char* const kAuthExamples = R"(examples:
  lode auth google_sheets --client-file client_secret.json
  lode auth crm --provider hubspot --scope crm.objects.contacts.read
  lode auth github --device --encrypt
  lode auth shop --issuer https://login.shop.example

)";

const char* const kInitExamples = R"(examples:
  lode init "https://api.example.com/v1/orders?status=open"
  lode init --openapi openapi.json --name shop --output pipelines

)";

const char* const kPreviewExamples = R"(examples:
  lode preview events.jsonl
  lode preview shop.lua --resource orders --limit 100
  lode preview events.jsonl --to sqlite:///events.db --dataset raw    what a load would change there, as DDL too

)";

const char* const kSqlExamples = R"(examples:
  lode sql shop "select status, count(*) from orders group by status"
  lode sql shop "select * from orders where id = ?" -- 17
  lode sql --to sqlite:///shop.db --dataset main - --format csv < report.sql > report.csv

)";

// The layout of --help, without what would be said twice.
class HelpLayout : public CLI::Formatter {
 public:
  explicit HelpLayout(std::string usage) : usage_(std::move(usage)) { column_width(34); }
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override { return usage_ + "\n"; }
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string value = option->get_type_name();
    return value.empty() ? "" : " " + value;
  }
  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override {
    if (is_positional) return "";  // the usage line has them
    std::transform(group.begin(), group.end(), group.begin(), [](unsigned char c) { return std::tolower(c); });
    std::string out = fmt::format("\n{}:\n", group);
    for (const CLI::Option* option : options) out += make_option(option, false);
    return out;
  }

 private:
  const std::string usage_;
};

// One command: what stands on its usage line, and how its options are declared and finished.
struct CommandSpec {
  std::string name;
  Command command;
  std::string usage;
  std::string description;
  std::string footer;
  void (*declare)(CLI::App& app, Options& options);
  bool takes_script_args = false;
  bool takes_values = false;  ///< behind --
};

const Texts kProgress = {"auto", "tty", "log", "json", "none"};  // in the order of ProgressMode
const Texts kFormats = {"jsonl", "json", "csv"};
const Texts kDispositions = {"append", "replace", "merge"};
const Texts kRefreshes = {"drop_sources", "drop_resources", "drop_data"};
const Texts kOperations = {"info",   "show",  "trace", "failed-jobs",  "packages", "state",
                           "schema", "retry", "abort", "drop-pending", "drop",     "sync"};
const Texts kConfigWords = {"show", "get", "explain", "check"};
const Texts kSecretsWords = {"set", "rotate", "rm", "encrypt", "decrypt", "template"};
const Texts kSourceWords = {"add", "types"};
const Texts kQueryFormats = {"table", "csv", "json", "jsonl"};
const Texts kSchemaFormats = {"yaml", "json", "mermaid", "dbml"};

// Why `word` will not do; "" if it is one of `words`.
std::string check_choice(const Texts& words, const std::string& word) {
  if (std::find(words.begin(), words.end(), word) != words.end()) return "";
  const std::string guess = closest(word, words);
  return fmt::format("'{}' is none of {}{}", word, fmt::join(words, ", "),
                     guess.empty() ? "" : fmt::format("; did you mean '{}'?", guess));
}

void add_choice(CLI::App& app, const std::string& name, const Texts& words, const std::string& help,
                std::function<void(const std::string&)> take) {
  app.add_option_function<std::string>(name, std::move(take), help)
      ->check(CLI::Validator([&words](const std::string& word) { return check_choice(words, word); }, "", ""))
      ->type_name("WORD");
}

void declare_common(CLI::App& app, Options& options) {
  app.add_option("--pipelines-dir", options.pipelines_dir, "where working folders are (default: ~/.lode/pipelines)")
      ->type_name("DIR");
  app.add_option("--profile", options.profile, "files of this profile come first: NAME.secrets.toml, NAME.config.toml")
      ->type_name("NAME");
  app.add_flag("--json", options.json, "answer with one JSON object on standard output");
}

void declare_progress(CLI::App& app, Options& options) {
  add_choice(app, "--progress", kProgress, "auto, tty (live lines), log, json (an object a line) or none",
             [&options](const std::string& word) {
               const auto at = std::find(kProgress.begin(), kProgress.end(), word) - kProgress.begin();
               options.progress = static_cast<ProgressMode>(at);
             });
}

void declare_check(CLI::App& app, Options& options) {
  app.add_option("SCRIPT", options.script, "a Lua file, or a folder with init.lua")->required();
  app.add_option("--destination", options.destination, "instead of the script's, such as sqlite:///shop.db")
      ->type_name("URL");
  app.add_option("--dataset", options.dataset, "instead of the script's")->type_name("NAME");
  declare_common(app, options);
}

void declare_refresh(CLI::App& app, Options& options) {
  add_choice(app, "--refresh", kRefreshes, "forget first: drop_sources, drop_resources or drop_data",
             [&options](const std::string& word) { options.refresh = word; });
}

void declare_run(CLI::App& app, Options& options) {
  declare_check(app, options);
  app.add_option("--resource", options.resources, "run only this resource; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("--limit", options.limit, "at most so many pages of each resource")->type_name("N");
  declare_refresh(app, options);
  app.add_flag("--full-refresh", options.full_refresh, "forget cursors and load everything anew: --refresh drop_data")
      ->excludes("--refresh");
  app.add_option("--metrics", options.metrics_file, "write metrics of the run there, for Prometheus")
      ->type_name("FILE");
  app.add_option("--record", options.record_folder, "keep what servers answer there, without secrets")
      ->type_name("DIR");
  app.add_option("--replay", options.replay_folder, "answer from there instead of the network")
      ->type_name("DIR")
      ->excludes("--record");
  declare_progress(app, options);
}

// What files are read and made into.
void declare_files(CLI::App& app, Options& options) {
  app.add_option("--table", options.table, "one table for all files (default: a table a file, named after it)")
      ->type_name("NAME");
  add_choice(app, "--format", kFormats, "jsonl, json or csv (default: by the file's ending)",
             [&options](const std::string& word) { options.format = word; });
  add_choice(app, "--write-disposition", kDispositions, "append (default), replace or merge",
             [&options](const std::string& word) { options.write_disposition = word; });
  app.add_option("--primary-key", options.primary_key, "a column that tells rows apart; may be repeated")
      ->type_name("COLUMN")
      ->allow_extra_args(false);
  app.add_option("--select", options.select, "where the rows are in the JSON, such as data.items")
      ->type_name("JSONPATH");
  app.add_option("--name", options.pipeline, "name of the pipeline (default: made from dataset and destination)")
      ->type_name("NAME");
}

void declare_load(CLI::App& app, Options& options) {
  app.add_option("FILE", options.files, "'-' is standard input")->required();
  app.add_option("--to", options.destination, "the destination, such as sqlite:///shop.db")
      ->type_name("URL")
      ->required();
  app.add_option("--dataset", options.dataset, "where in the destination the tables are")
      ->type_name("NAME")
      ->required();
  declare_files(app, options);
  declare_common(app, options);
  declare_progress(app, options);
}

void declare_preview(CLI::App& app, Options& options) {
  app.add_option("FILE|SCRIPT", options.files, "files to load, or one script")->required();
  app.add_option("--limit", options.limit, "rows read of each resource (default: 1000, or 3 pages if that is less)")
      ->type_name("N");
  app.add_option("--rows", options.rows_shown, "rows shown of each table (default: 5)")->type_name("N");
  app.add_option("--to,--destination", options.destination, "also compare with what is there")->type_name("URL");
  app.add_option("--dataset", options.dataset, "where in the destination the tables are")->type_name("NAME");
  app.add_flag("--diff", options.diff, "of a script: compare with its own destination");
  app.add_option("--resource", options.resources, "of a script: only this resource; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  declare_refresh(app, options);
  app.add_flag("--full-refresh", options.full_refresh, "of a script: as if it ran for the first time")
      ->excludes("--refresh");
  declare_files(app, options);
  declare_common(app, options);
  declare_progress(app, options);
}

void declare_pipeline(CLI::App& app, Options& options) {
  app.add_option("NAME", options.pipeline, "the pipeline");
  add_choice(app, "OPERATION", kOperations, "info (default), or another of those above",
             [&options](const std::string& word) { options.operation = word; });
  app.add_option("WORD", options.words, "resources (drop), packages (abort, show)");
  app.add_flag("-l,--list", options.list, "list the pipelines of this machine");
  app.add_flag("-y,--yes", options.yes, "of abort, drop-pending, drop and sync: do not ask");
  app.add_option("--to", options.destination, "of retry, drop and sync: the destination, if it is not known")
      ->type_name("URL");
  app.add_option("--dataset", options.dataset, "of retry, drop and sync: the dataset, if it is not known")
      ->type_name("NAME");
  app.add_flag("--all", options.all, "of drop: all resources");
  app.add_option("--state-paths", options.state_paths, "of drop: also this part of the state; may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
  app.add_flag("--state-only", options.state_only, "of drop: leave the tables, forget their state");
  add_choice(app, "--format", kSchemaFormats, "of schema: yaml (default), json, mermaid or dbml",
             [&options](const std::string& word) { options.format = word; });
  app.add_option("--schema", options.schema, "of schema and drop: which one (default: the pipeline's first)")
      ->type_name("NAME");
  declare_common(app, options);
}

void declare_sql(CLI::App& app, Options& options) {
  app.add_option("WORD", options.words, "the pipeline and the statement; '-' is standard input")->required();
  app.add_option("--to", options.destination, "ask this destination, without a pipeline or instead of its own")
      ->type_name("URL");
  app.add_option("--dataset", options.dataset, "where in the destination the tables are")->type_name("NAME");
  add_choice(app, "--format", kQueryFormats, "table (default on a terminal), csv (default elsewhere), json or jsonl",
             [&options](const std::string& word) { options.format = word; });
  app.add_option("--limit", options.limit, "at most so many rows (default: 1000 in a table, else all)")->type_name("N");
  app.add_option("--param", options.parameters, "value of a placeholder, in their order; may be repeated")
      ->type_name("VALUE")
      ->allow_extra_args(false);
  declare_common(app, options);
}

void declare_config(CLI::App& app, Options& options) {
  options.operation = kConfigWords.front();
  add_choice(app, "OPERATION", kConfigWords, "show (default), get, explain or check",
             [&options](const std::string& word) { options.operation = word; });
  app.add_option("WORD", options.words, "the key, or the script");
  app.add_option("--section", options.section, "of get and explain: look as a source does that has this section")
      ->type_name("NAME.NAME");
  app.add_option("--pipeline", options.pipeline, "of get and explain: places under this name come first")
      ->type_name("NAME");
  app.add_flag("--secret", options.secret, "of get and explain: the key is a secret, whatever it is called");
  app.add_flag("--reveal", options.reveal, "of get: show the secret");
  declare_common(app, options);
}

void declare_encryption(CLI::App& app, Options& options) {
  app.add_flag("--encrypt", options.encrypt, "write it encrypted; its key is kept in the system's keyring");
  app.add_flag("--passphrase", options.with_passphrase,
               "write it encrypted with a pass phrase: LODE_PASSPHRASE, or asked");
}

void declare_secrets(CLI::App& app, Options& options) {
  options.operation.clear();
  add_choice(app, "OPERATION", kSecretsWords, "set, rotate, rm, encrypt, decrypt or template",
             [&options](const std::string& word) { options.operation = word; });
  app.add_option("WORD", options.words, "the key, or the script");
  declare_encryption(app, options);
  declare_common(app, options);
}

void declare_auth(CLI::App& app, Options& options) {
  SignIn& sign_in = options.sign_in;
  const auto text = [&app](const char* name, std::string& value, const char* help, const char* type) {
    app.add_option(name, value, help)->type_name(type);
  };
  app.add_option("WORD", options.words, "the source; or status, refresh, remove and the source");
  app.add_flag("--device", sign_in.device, "show a code to enter on another device, in place of a browser here");
  app.add_flag("--no-browser", sign_in.no_browser, "only print the address");
  app.add_option("--port", sign_in.port, "of this machine that the browser comes back to (default: any that is free)")
      ->type_name("N");
  app.add_option("--timeout", sign_in.timeout_s, "seconds to wait for the person (default: 300)")->type_name("N");
  text("--provider", sign_in.provider,
       "whose sign-in it is: google, github, microsoft, … (default: by the source's name)", "NAME");
  text("--issuer", sign_in.issuer, "a service that says itself where to sign in (OpenID Connect, RFC 8414)", "URL");
  text("--authorization-url", sign_in.authorization_url, "the page where people sign in", "URL");
  text("--token-url", sign_in.token_url, "where tokens come from", "URL");
  text("--device-url", sign_in.device_url, "where codes for --device come from", "URL");
  text("--client-id", sign_in.client_id, "of your app; its secret is asked for", "ID");
  text("--client-file", sign_in.client_file, "the JSON file that Google hands out with an app", "FILE");
  text("--project", sign_in.project, "Google's project (default: the client file's, or that of the client id)", "ID");
  app.add_option("--scope", sign_in.scopes, "what to ask for; may be repeated")
      ->type_name("SCOPE")
      ->allow_extra_args(false);
  declare_encryption(app, options);
  app.add_flag("--revoke", sign_in.revoke, "of remove: end the sign-in at the service");
  declare_common(app, options);
}

void declare_init(CLI::App& app, Options& options) {
  app.add_option("URL", options.words, "an address that answers with rows");
  app.add_option("--openapi", options.openapi, "an OpenAPI 3 or Swagger 2 document, JSON or YAML")
      ->type_name("FILE|URL");
  app.add_option("--output", options.output, "where the script goes (default: NAME.lua in this folder)")
      ->type_name("FILE|FOLDER");
  app.add_option("--name", options.pipeline, "of source, pipeline and secrets (default: made from the server's name)")
      ->type_name("NAME");
  declare_common(app, options);
}

void declare_source(CLI::App& app, Options& options) {
  options.operation.clear();
  add_choice(app, "OPERATION", kSourceWords, "add or types",
             [&options](const std::string& word) { options.operation = word; });
  app.add_option("WORD", options.words, "of add: the type and the name");
  app.add_option("--set", options.settings, "of add: answers for a setting; may be repeated")
      ->type_name("FIELD=VALUE")
      ->allow_extra_args(false);
  app.add_option("--stdin", options.secret_on_stdin, "of add: standard input is this secret")->type_name("FIELD");
  app.add_option("--output", options.output, "of add: where the script goes (default: NAME.lua in this folder)")
      ->type_name("FILE|FOLDER");
  app.add_flag("--no-test", options.no_test, "of add: do not ask the source");
  declare_common(app, options);
}

const std::vector<CommandSpec>& commands() {
  static const std::vector<CommandSpec> kCommands = {
      {"run", Command::kRun, "lode run SCRIPT [OPTION]... [-- KEY=VALUE...]",
       "Runs a pipeline. SCRIPT is a Lua file, or a folder with init.lua. What follows -- goes to the script "
       "(lode.args).",
       kExitCodes, declare_run, true},
      {"check", Command::kCheck, "lode check SCRIPT [OPTION]... [-- KEY=VALUE...]",
       "Reads a script and validates what it defines. No source and no destination is contacted.", kExitCodes,
       declare_check, true},
      {"explain", Command::kExplain, "lode explain SCRIPT [OPTION]... [-- KEY=VALUE...]",
       "Prints what the pipelines of a script would run: each value of their sources, and where it was written. "
       "Nothing is contacted.",
       kExitCodes, declare_check, true},
      {"load", Command::kLoad, "lode load FILE... --to URL --dataset NAME [OPTION]...",
       "Loads files without a script. '-' is standard input and needs --format.", std::string(kExamples) + kExitCodes,
       declare_load},
      {"preview", Command::kPreview, "lode preview FILE...|SCRIPT [OPTION]... [-- KEY=VALUE...]",
       "Shows the tables, columns, types and first rows that a load would make. Nothing is written. Takes what lode "
       "load "
       "and lode run take.",
       std::string(kPreviewExamples) + kExitCodes, declare_preview, true},
      {"pipeline", Command::kPipeline, "lode pipeline [NAME] [OPERATION] [WORD]... [OPTION]...",
       "Looks at a pipeline and mends it. Without a name: lists the pipelines of this machine.\n" +
           std::string(kPipelineOperations),
       "", declare_pipeline},
      {"sql", Command::kSql, "lode sql NAME STATEMENT [OPTION]... [-- VALUE...]",
       "Asks the dataset of a pipeline in the SQL of its destination. Only reads. Placeholders are ? or $1; their "
       "values "
       "follow --.",
       std::string(kSqlExamples) + kExitCodes, declare_sql, false, true},
      {"config", Command::kConfig, "lode config [OPERATION] [KEY|SCRIPT] [OPTION]... [-- KEY=VALUE...]",
       "Settings: where they stand and which one counts.\n" + std::string(kConfigOperations), kConfigExamples,
       declare_config, true},
      {"secrets", Command::kSecrets, "lode secrets OPERATION KEY|SCRIPT [OPTION]... [-- KEY=VALUE...]",
       "Writes secrets where only you can read them. Comments and order of the file stay.\n" +
           std::string(kSecretsOperations),
       kSecretsExamples, declare_secrets, true},
      {"source", Command::kSource, "lode source add TYPE NAME [OPTION]...",
       "Adds a source to the project.\n" + std::string(kSourceOperations), std::string(kSourceExamples) + kExitCodes,
       declare_source},
      {"auth", Command::kAuth, "lode auth SOURCE|OPERATION [NAME] [OPTION]...",
       "Signs in to the service that a source reads from (OAuth 2), and looks after the sign-ins.\n" +
           std::string(kAuthOperations),
       kAuthExamples, declare_auth},
      {"init", Command::kInit, "lode init URL|--openapi FILE|URL [OPTION]...",
       "Writes a readable pipeline script for an API, with comments on what was guessed. Asks the URL once, with the "
       "bearer token sources.NAME.token if there is one. Never overwrites a file.",
       std::string(kInitExamples) + kExitCodes, declare_init},
  };
  return kCommands;
}

Usage wrong(const std::string& message, const std::string& usage_line, const std::string& hint) {
  Usage usage;
  usage.failure = make_failure("cli.usage", message, {"usage: " + usage_line}, hint);
  return usage;
}

Texts option_names(const CLI::App& app) {
  Texts names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// Words that no option or position took.
Usage unexpected(const CLI::App& app, const CommandSpec& spec, const std::string& word) {
  if (word.size() > 1 && word[0] == '-') {
    const std::string name = word.substr(0, word.find('='));
    const std::string guess = closest(name, option_names(app));
    return wrong(fmt::format("lode {}: unknown option '{}'", spec.name, name), spec.usage,
                 guess.empty() ? fmt::format("'lode {} --help' lists the options", spec.name)
                               : fmt::format("did you mean '{}'?", guess));
  }
  const bool is_argument = spec.takes_script_args && word.find('=') != std::string::npos;
  return wrong(fmt::format("lode {}: '{}' is one word too many", spec.name, word), spec.usage,
               is_argument ? fmt::format("the script's arguments follow --:  -- {}", word) : "");
}

// The script's arguments: everything behind "--". An empty text: all went well.
std::string take_script_args(Texts& words, std::map<std::string, std::string>& args) {
  const auto separator = std::find(words.begin(), words.end(), "--");
  if (separator == words.end()) return "";
  for (auto word = separator + 1; word != words.end(); ++word) {
    const std::size_t equals = word->find('=');
    if (equals == std::string::npos || equals == 0) return *word;
    args[word->substr(0, equals)] = word->substr(equals + 1);
  }
  words.erase(separator, words.end());
  return "";
}

Usage parse(const CommandSpec& spec, Texts words) {
  Usage usage;
  Options options;
  Texts values;
  options.command = spec.command;
  if (spec.takes_script_args) {
    const std::string bad = take_script_args(words, options.args);
    if (!bad.empty()) {
      return wrong(fmt::format("lode {}: the argument '{}' has no '='", spec.name, bad), spec.usage,
                   "arguments of a script are written key=value");
    }
  }
  if (const auto separator = std::find(words.begin(), words.end(), "--");
      spec.takes_values && separator != words.end()) {
    values.assign(separator + 1, words.end());
    words.erase(separator, words.end());
  }
  CLI::App app(spec.description);
  app.formatter(std::make_shared<HelpLayout>("usage: " + spec.usage));
  app.footer(spec.footer);
  app.set_help_flag("--help,-h", "print this text");
  app.allow_extras();
  spec.declare(app, options);
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  try {
    app.parse(words);
  } catch (const CLI::CallForHelp&) {
    usage.help = app.help();
    while (usage.help->ends_with("\n\n")) usage.help->pop_back();
    return usage;
  } catch (const CLI::ParseError& error) {
    // A misspelt option explains more than the missing one that it was to be.
    if (!app.remaining().empty()) return unexpected(app, spec, app.remaining().front());
    return wrong(fmt::format("lode {}: {}", spec.name, error.what()), spec.usage,
                 fmt::format("'lode {} --help' explains the options", spec.name));
  }
  if (!app.remaining().empty()) return unexpected(app, spec, app.remaining().front());
  options.parameters.insert(options.parameters.end(), values.begin(), values.end());
  usage.options = std::move(options);
  return usage;
}

Usage overview(bool was_asked_for) {
  Usage usage;
  if (was_asked_for) {
    usage.help = std::string(kOverview) + "\n" + kExitCodes;
    return usage;
  }
  return wrong("a command is missing: run, check, load, preview, pipeline, sql, config, secrets, auth, source or init",
               "lode COMMAND [OPTION]...", "'lode --help' lists the commands");
}

}  // namespace

Usage read_command_line(Texts words) {
  for (const std::string& word : words) {
    if (!is_utf8(word)) {
      return wrong(fmt::format("'{}' is not UTF-8", printable(word)), "lode COMMAND [OPTION]...", "");
    }
  }
  if (words.empty()) return overview(false);
  std::string name = words.front();
  words.erase(words.begin());
  if (name == "help" && !words.empty()) {
    name = words.front();
    words = {"--help"};
  }
  if (name == "--help" || name == "-h" || name == "help") return overview(true);
  if (name == "--version" || name == "version") {
    Usage usage;
    usage.help = fmt::format("lode {}\n", lode_version());
    return usage;
  }
  Texts names = {"--version", "--help"};
  for (const CommandSpec& spec : commands()) {
    if (spec.name == name) return parse(spec, std::move(words));
    names.push_back(spec.name);
  }
  const std::string guess = closest(name, names);
  return wrong(fmt::format("unknown {} '{}'", name[0] == '-' ? "option" : "command", name), "lode COMMAND [OPTION]...",
               guess.empty() ? "'lode --help' lists the commands" : fmt::format("did you mean '{}'?", guess));
}

}  // namespace lode::cli
