// Options: what the user asked for, as structures. usage.h reads them from the command line.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lode::cli {

enum class Command {
  kRun,
  kCheck,
  kExplain,
  kLoad,
  kPreview,
  kPipeline,
  kSql,
  kConfig,
  kSecrets,
  kAuth,
  kInit,
  kSource
};
enum class ProgressMode { kAuto, kTty, kLog, kJson, kNone };

/// What `lode auth` is told; empty texts: the configuration says it.
struct SignIn {
  std::string provider;
  std::string issuer;
  std::string authorization_url;
  std::string token_url;
  std::string device_url;
  std::string client_id;
  std::string client_file;
  std::string project;
  std::vector<std::string> scopes;
  std::optional<std::uint64_t> port;
  std::optional<std::uint64_t> timeout_s;
  bool device = false;
  bool no_browser = false;
  bool revoke = false;
};

struct Options {
  Command command = Command::kRun;
  bool json = false;  ///< the outcome as one JSON object on standard output
  ProgressMode progress = ProgressMode::kAuto;
  std::string pipelines_dir;  ///< empty: the engine's; so with all texts below

  // run, check, preview of a script
  std::string script;
  std::map<std::string, std::string> args;  ///< key=value after --
  std::string destination;
  std::string dataset;
  std::vector<std::string> resources;
  std::optional<std::uint64_t> limit;
  bool full_refresh = false;
  std::string refresh;
  std::string metrics_file;
  std::string record_folder;  ///< of exchanges with servers; likewise replay_folder
  std::string replay_folder;

  // load, preview of files: also destination (--to) and dataset
  std::vector<std::string> files;
  std::string table;
  std::string format;
  std::string write_disposition;
  std::vector<std::string> primary_key;
  std::string select;

  // preview: limit is rows of each resource
  std::optional<std::uint64_t> rows_shown;
  bool diff = false;  ///< look at the destination

  // load (--name), pipeline
  std::string pipeline;            ///< empty: all of them are listed
  std::string operation = "info";  ///< of pipeline; retry, drop and sync also take destination (--to) and dataset
  std::vector<std::string> words;  ///< of pipeline: resources to drop, packages
  std::string schema;              ///< of pipeline schema and drop; the --format of schema is `format`
  bool list = false;
  bool yes = false;  ///< do not ask
  bool all = false;
  bool state_only = false;
  std::vector<std::string> state_paths;

  // sql: also words (NAME and STATEMENT), destination (--to), dataset, format and limit
  std::vector<std::string> parameters;

  // init: also words (the URL) and pipeline (--name)
  std::string openapi;  ///< file or URL of the document
  std::string output;   ///< file, or folder

  // source: also operation, words (TYPE and NAME) and output
  std::vector<std::string> settings;  ///< FIELD=VALUE
  std::string secret_on_stdin;        ///< the field that standard input answers
  bool no_test = false;

  // config, secrets: also operation, words (KEY or SCRIPT), args and pipeline
  std::string profile;  ///< of all commands: which files of the configuration come first
  std::string section;  ///< where a key is looked for: "sources.shop"
  bool secret = false;
  bool reveal = false;
  bool encrypt = false;          ///< of secrets and auth: what is written is encrypted with the keyring's key
  bool with_passphrase = false;  ///< the same with a pass phrase

  SignIn sign_in;  ///< also words (SOURCE, or an operation and its source), encrypt and with_passphrase

  bool keeps_output = false;  ///< what a script prints goes nowhere but into Outcome::printed
};

}  // namespace lode::cli
