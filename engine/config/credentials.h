// Credentials: what a service needs to let us in, as named fields. Kinds, fields and forms are dlt's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace lode {

/// One kind of credentials: a row of the list in credential_kinds.cpp.
struct CredentialKind {
  std::string_view name;  ///< "connection_string"
  std::string_view doc;   ///< a sentence
  FieldSpec fields;       ///< required ones must be there, or credentials are not complete
  /// Reads its native form; null: there is none but JSON.
  Result<json::Value> (*parse)(std::string_view text, std::string_view subject);
  /// Fills in what follows from other fields and from the machine (AWS profiles), before required fields are looked at.
  void (*complete)(json::Value& fields, Env& env);
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
Result<json::Value> make_credentials(const CredentialKind& kind, const json::Value& given, Env& env,
                                     std::string_view subject);

/// Credentials out of the configuration, as dlt finds them: what stands at `where` (its key is their name,
/// "credentials") in a native form, completed field by field from `where`.<field>. Errors: as above, and
/// Config::missing() for the first field that is required and nowhere.
Result<json::Value> find_credentials(const Config& config, const CredentialKind& kind, const ConfigQuery& where,
                                     Env& env);

/// Which of several kinds the configuration has, in their order: the first that is complete. Besides kinds, "string"
/// (a text) and "table" (any table) can be among the names.
struct FoundCredentials {
  std::string kind;
  json::Value fields;  ///< of "string": the text
};
/// Errors: that of the first kind, with those of the others below it. REQUIRES: known names, at least one
Result<FoundCredentials> find_any_credentials(const Config& config, const std::vector<std::string>& kinds,
                                              const ConfigQuery& where, Env& env);

/// Safe to log: a URL with "***" for the password, "name@project", or the kind alone.
std::string show_credentials(const CredentialKind& kind, const json::Value& fields);

}  // namespace lode
