// Credentials: what a service needs to let us in, as named fields. Kinds, fields and forms are dlt's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "http/client.h"

namespace lode {

/// What is asked for credentials that are nowhere configured: the machine's own. All must outlive the calls.
struct Machine {
  Machine(Env& machine) : env(machine) {}  // NOLINT: without `http` it is no more than an Env
  Machine(Env& machine, HttpTransport& network, std::stop_token stopping = {})
      : env(machine), http(&network), stop(std::move(stopping)) {}
  Env& env;
  HttpTransport* http = nullptr;  ///< null: only files and variables
  std::stop_token stop;
  bool may_probe = true;  ///< whether metadata services are asked, which take a second to be missing
};

/// What else is known of credentials.
struct CredentialFacts {
  bool is_default = false;     ///< the machine's own; fields that only say the same may be missing then
  std::string source;          ///< of those: "the metadata server at 169.254.169.254"
  std::int64_t ends_us = 0;    ///< when they end, as Env::now_us(); 0: they last
  bool wants_network = false;  ///< nothing was found, but with `http` something might be
};

/// Filling in what follows from other fields and from the machine.
struct Completion {
  /// How far to go for the machine's own credentials: each takes in those before it.
  enum class Reach {
    kSetUp,    ///< what files and variables say
    kAssumed,  ///< what is taken to be there, because it is only seen when a token is asked for
    kProbed,   ///< what only metadata services know
  };
  const Machine& machine;
  Reach reach = Reach::kProbed;
  CredentialFacts facts = {};
  std::vector<std::string> looked = {};  ///< where the machine has nothing: a line each
};

/// One kind of credentials: a row of the list in credential_kinds.cpp.
struct CredentialKind {
  std::string_view name;  ///< "connection_string"
  std::string_view doc;   ///< a sentence
  FieldSpec fields;       ///< required ones must be there, or credentials are not complete
  /// Reads its native form; null: there is none but JSON.
  Result<json::Value> (*parse)(std::string_view text, std::string_view subject);
  /// Before required fields are looked at. Errors: of what the machine has and cannot be used.
  Status (*complete)(json::Value& fields, Completion& completion);
  /// Why fields that are all there will not do; ok if they do.
  Status (*check)(const json::Value& fields, std::string_view subject);
};

const std::vector<CredentialKind>& credential_kinds();
/// Null if there is none of that name.
const CredentialKind* find_credential_kind(std::string_view name);

/// Fields out of any form: a table (fields that the kind does not have are left out), a JSON object as text, or the
/// native form. Types are checked, completeness is not. Errors: kConfigInvalid, naming the field; no values.
Result<json::Value> parse_credentials(const CredentialKind& kind, const json::Value& given, std::string_view subject);

/// parse_credentials(), then complete and checked. Errors: also kConfigMissing, naming all fields that are missing.
Result<json::Value> make_credentials(const CredentialKind& kind, const json::Value& given, const Machine& machine,
                                     std::string_view subject, CredentialFacts* facts = nullptr);

/// Credentials out of the configuration, as dlt finds them: what stands at `where` (its key is their name,
/// "credentials") in a native form, completed field by field from `where`.<field>, and, for the clouds, by what the
/// machine has. Errors: as above, and Config::missing() for the first field that is required and nowhere.
Result<json::Value> find_credentials(const Config& config, const CredentialKind& kind, const ConfigQuery& where,
                                     const Machine& machine, CredentialFacts* facts = nullptr);

/// Which of several kinds the configuration has, in their order: the first that is complete. The machine's own count
/// as complete where dlt counts them, but those that are only assumed, or must be asked for, after all that is set up.
/// Besides kinds, "string" (a text) and "table" (any table) can be among the names.
struct FoundCredentials {
  std::string kind;
  json::Value fields;  ///< of "string": the text
  CredentialFacts facts = {};
};
/// Errors: that of the first kind, with those of the others below it; `facts`, if given, say whether the network might
/// help. REQUIRES: known names, at least one
Result<FoundCredentials> find_any_credentials(const Config& config, const std::vector<std::string>& kinds,
                                              const ConfigQuery& where, const Machine& machine,
                                              CredentialFacts* facts = nullptr);

/// Safe to log: a URL with "***" for the password, "name@project", or the kind alone.
std::string show_credentials(const CredentialKind& kind, const json::Value& fields);

}  // namespace lode
