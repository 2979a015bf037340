// Config: every setting and secret of a run, from wherever it stands.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/coerce.h"
#include "config/fields.h"
#include "config/host_provider.h"
#include "config/key_path.h"
#include "config/provider.h"
#include "config/secret.h"
#include "env/env.h"

namespace lode {

struct ConfigOptions {
  /// The folder that has .lode/ or .dlt/; "": DLT_PROJECT_DIR, else the current one.
  Path project_folder;
  /// A folder that has the files themselves; nullopt: ~/.lode and dlt's global folder (~/.dlt; /var/dlt for root).
  std::optional<Path> global_folder;
  /// Values that win over everything, nested or with dotted names: from the command line, or set by the program.
  json::Value overrides = json::Value::object();
  HostLookup host;                       ///< asked next; may be empty
  Path secrets_folder = "/run/secrets";  ///< files mounted by Docker or Kubernetes
};

/// A value and where it came from.
struct Found {
  json::Value value;
  KeyPath path;  ///< the pipeline's name included, if it stood under it
  std::string provider;
  std::string place;  ///< a file, a variable, a key
};

/// Asked in this order, the first value wins: overrides, the host, the environment (for secrets: mounted files before
/// it), secrets.toml, config.toml. Files are read when it is opened; environment variables at every question.
/// Immutable: any thread may ask. `env` must outlive it.
class Config {
 public:
  /// Errors: kConfigUnreadable for a file that is there but cannot be read or is not TOML.
  static Result<Config> open(Env& env, ConfigOptions options = {});

  /// nullopt: nowhere. With a pipeline's name, all providers and paths are tried under it first. Errors:
  /// kConfigUnreadable; kConfigInvalid for a secret that stands in config.toml, or a template's placeholder that nobody
  /// replaced.
  Result<std::optional<Found>> locate(const ConfigQuery& query) const;
  /// locate() without the place.
  Result<std::optional<json::Value>> find(const ConfigQuery& query) const;

  // find() and coerce(). Errors also: kConfigInvalid, naming key and place.
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

  const std::vector<std::shared_ptr<const ConfigProvider>>& providers() const { return providers_; }

 private:
  Result<std::optional<Found>> look(const std::vector<KeyPath>& paths, const ConfigQuery& query) const;
  Result<std::optional<json::Value>> typed(const ConfigQuery& query, FieldType type) const;
  std::vector<std::shared_ptr<const ConfigProvider>> providers_;
};

}  // namespace lode
