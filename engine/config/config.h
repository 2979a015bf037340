// Config: every setting and secret of a run, from wherever it stands.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/audit.h"
#include "config/coerce.h"
#include "config/encryption/value_cipher.h"
#include "config/fields.h"
#include "config/files/folders.h"
#include "config/host_provider.h"
#include "config/key_path.h"
#include "config/overrides.h"
#include "config/provider.h"
#include "config/renewals.h"
#include "config/secret.h"
#include "config/variables.h"
#include "env/env.h"

namespace lode {

class Vaults;

struct ConfigOptions {
  /// The folder that has .lode/ or .dlt/; "": DLT_PROJECT_DIR, else the current one.
  Path project_folder;
  /// A folder that has the files themselves; nullopt: ~/.lode and dlt's global folder (~/.dlt; /var/dlt for root).
  std::optional<Path> global_folder;
  /// Values that win over everything, nested or with dotted names: from the command line, or set by the program.
  json::Value overrides = json::Value::object();
  HostLookup host;                       ///< asked next; may be empty
  Path secrets_folder = "/run/secrets";  ///< files mounted by Docker or Kubernetes, unless it is configured
  std::string profile;                   ///< "": as the environment and the project say; see find_profile()
  AskPerson ask;                         ///< for the pass phrase of encrypted values; may be empty
  Keyring* keyring = nullptr;            ///< has their key; null: system_keyring()
};

/// A value and where it came from.
struct Found {
  json::Value value;
  KeyPath path;  ///< the pipeline's name included, if it stood under it
  std::string provider;
  std::string place;  ///< a file, a variable, a key
  bool was_encrypted = false;
  bool was_reference = false;  ///< `value` is what a reference there stands for
};

/// One place that was, or would be, looked at for a query.
struct Step {
  enum class State {
    kAbsent,
    kWins,     ///< the value that is used
    kBehind,   ///< has a value, but a place before it has one too
    kRefused,  ///< has a value that cannot be used; `why` says why, and the lookup ends here
  };
  KeyPath path;
  std::string provider;
  std::string spelling;  ///< how to write the key there
  State state = State::kAbsent;
  std::string place;  ///< where the value stands; "" if absent
  std::string why;
  json::Value value;  ///< null if absent or refused; it may be secret
};

/// One question that was asked, for those who look for keys that nobody reads.
struct Lookup {
  ConfigQuery query;
  bool found = false;
};

/// Asked in this order, the first value wins: overrides, the host, the environment (for secrets: mounted files before
/// it), secrets.toml, config.toml, vaults, providers that were added. Files are read when it is opened; environment
/// variables at every question. Any thread may ask. Copies share what is set and added. `env` must outlive it.
class Config {
 public:
  /// Errors: kConfigUnreadable for a file that is there but cannot be read or is not TOML; kConfigInvalid for a
  /// profile's name that cannot be one.
  static Result<Config> open(Env& env, ConfigOptions options = {});
  /// The same places, with overrides and added providers of its own: what one script sets, no other sees. `subject` is
  /// who asks, for the audit file.
  Config branch(std::string subject) const;
  /// The same in all, but its questions end within moments of a stop, with kCancelled. For those who ask on a worker.
  Config with_stop(std::stop_token stop) const;
  /// The same in all, but it answers at once, or with kCancelled: no vault, keyring or person is asked. For those who
  /// must not wait, and ask again on a worker.
  Config at_hand() const;
  /// Ends what vaults are being asked, here and in all copies, and lets nobody ask again: for the end of an engine.
  void close_vaults() const;

  /// Wins over all places until it is cleared. null clears.
  void set(const KeyPath& key, json::Value value) { own_->overrides->set(key, std::move(value)); }
  void clear(const KeyPath& key) { own_->overrides->clear(key); }
  void clear() { own_->overrides->clear(); }
  /// Asked after all others. Errors: kConfigInvalid if one of that name is there.
  Status add_provider(std::shared_ptr<const ConfigProvider> provider);

  /// nullopt: nowhere. With a pipeline's name, all providers and paths are tried under it first; after all of them,
  /// [shared]. An encrypted value is decrypted, which may ask the keyring or a person; references are followed, see
  /// follow(). Asking a vault blocks. Errors: kConfigUnreadable; kConfigInvalid for a secret that stands in
  /// config.toml, for a template's placeholder that nobody replaced, and for a reference to what is not there;
  /// kEncryptedValue and kKeyring; kCancelled.
  Result<std::optional<Found>> locate(const ConfigQuery& query) const;
  /// `value` with every text that is a reference replaced by what it stands for, in tables and lists too: env://NAME,
  /// aws-sm://name#key, aws-ssm:///path, vault://…, gcp-sm://…, azure-kv://…; for secrets also file:///path. What comes
  /// out of a reference is not looked into. `subject` begins messages. Errors: kConfigInvalid, kConfigUnreadable,
  /// kCancelled.
  Result<json::Value> follow(json::Value value, bool secret, const std::string& subject) const;
  /// Every place that locate() would look at, in its order, past the one that wins.
  std::vector<Step> explain(const ConfigQuery& query) const;
  /// locate() without the place.
  Result<std::optional<json::Value>> find(const ConfigQuery& query) const;

  // locate() and coerce(). Errors also: kConfigInvalid, naming key and place.
  Result<std::optional<json::Value>> typed(const ConfigQuery& query, FieldType type) const;
  Result<std::optional<std::string>> text(const ConfigQuery& query) const;
  Result<std::optional<std::int64_t>> integer(const ConfigQuery& query) const;
  Result<std::optional<double>> number(const ConfigQuery& query) const;
  Result<std::optional<bool>> boolean(const ConfigQuery& query) const;
  Result<std::optional<Secret>> secret(ConfigQuery query) const;  ///< as if query.secret were set

  /// The error for a value that must be there and is not: every place looked at, in order, as the user would write it
  /// there, and what to write. Code: kSecretMissing or kConfigMissing.
  Status missing(const ConfigQuery& query) const;

  /// All fields of `spec`: what `given` has, else what stands under `base` (whose key is not used), else defaults;
  /// checked. `subject` begins the messages. Errors: as find(), FieldSpec::check() and missing().
  Result<json::Value> read_fields(const FieldSpec& spec, const ConfigQuery& base, const json::Value& given,
                                  std::string_view subject) const;

  std::vector<std::shared_ptr<const ConfigProvider>> providers() const;
  /// What was asked so far, each query once.
  std::vector<Lookup> lookups() const;
  const ConfigFolders& folders() const { return folders_; }
  const std::string& profile() const { return profile_; }
  const Variables& variables() const { return *variables_; }
  /// Any thread may use it.
  ValueCipher& cipher() const { return *cipher_; }
  /// From now on `fresh` is found at `path` in the place of `old`, whose place is not written to: see Renewals.
  void renew(const KeyPath& path, const Secret& old, const Secret& fresh) const { renewals_->add(path, old, fresh); }
  /// Files with secrets that others may read, and the like: a line each.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  using Providers = std::vector<std::shared_ptr<const ConfigProvider>>;
  struct Own {
    std::string subject;
    std::shared_ptr<Overrides> overrides = std::make_shared<Overrides>();
    std::mutex mutex;
    Providers added;
    std::map<std::string, Lookup> lookups;
  };
  void note(const ConfigQuery& query, bool found) const;
  Status account(const ConfigQuery& query, const std::optional<Found>& found) const;
  Status follow(Found& found, bool secret) const;
  Result<std::string> follow_one(const std::string& reference, const std::string& subject, std::string& place) const;
  Result<std::optional<Found>> look(const std::vector<KeyPath>& paths, const ConfigQuery& query) const;

  Env* env_ = nullptr;
  Providers providers_;
  ConfigFolders folders_;
  std::string profile_;
  std::shared_ptr<const Variables> variables_;
  std::vector<std::string> warnings_;
  std::shared_ptr<ValueCipher> cipher_;
  std::shared_ptr<Renewals> renewals_ = std::make_shared<Renewals>();  // of all branches
  std::shared_ptr<AuditFile> audit_;
  std::shared_ptr<const Vaults> vaults_;  // null in the copy that vaults themselves are found with
  std::shared_ptr<Own> own_ = std::make_shared<Own>();
  std::stop_token stop_;
};

}  // namespace lode
