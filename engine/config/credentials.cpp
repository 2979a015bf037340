// Credentials: read from any form, found in the configuration.
#include "config/credentials.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"
#include "config/connection_string.h"
#include "config/mask.h"
#include "json/parse.h"

namespace lode {
namespace {

std::string subject_of(const CredentialKind& kind, const ConfigQuery& where) {
  return fmt::format("credentials '{}' ({})", lookup_paths(where).front().dotted(), kind.name);
}

std::string list_of_fields(const std::vector<std::string>& names) {
  return (names.size() == 1 ? "field '" : "fields '") + join(names, "', '") + "'";
}

// Only the fields that the kind has, each with its type.
Result<json::Value> typed_fields(const CredentialKind& kind, const json::Value& given, std::string_view subject) {
  json::Value fields = json::Value::object();
  for (const Field& field : kind.fields.fields()) {
    const json::Value* value = given.find(field.name);
    if (value == nullptr || value->is_null()) continue;
    LODE_ASSIGN(json::Value typed, kind.fields.check_field(field, *value, subject, Strictness::kText));
    fields.set(field.name, std::move(typed));
  }
  return fields;
}

void add_fallbacks(const CredentialKind& kind, json::Value& fields) {
  for (const Field& field : kind.fields.fields()) {
    if (field.fallback && fields.find(field.name) == nullptr) fields.set(field.name, *field.fallback);
  }
}

std::vector<std::string> missing_fields(const CredentialKind& kind, const json::Value& fields) {
  std::vector<std::string> names;
  for (const Field& field : kind.fields.fields()) {
    if (field.required && fields.find(field.name) == nullptr) names.push_back(field.name);
  }
  return names;
}

Status complete(const CredentialKind& kind, json::Value& fields, Env& env) {
  if (kind.complete != nullptr) kind.complete(fields, env);
  add_fallbacks(kind, fields);
  return {};
}

// What stands at the name of the credentials itself: text in a native form, or a table.
Result<std::optional<Found>> find_whole(const Config& config, const ConfigQuery& where) {
  ConfigQuery query = where;
  query.secret = true;
  return config.locate(query);
}

ConfigQuery field_query(const ConfigQuery& where, const Field& field) {
  ConfigQuery query = where;
  query.trailing = where.key;
  query.key = field.name;
  query.secret = field.type == FieldType::kSecret;
  return query;
}

Status missing_in_config(const Config& config, const CredentialKind& kind, const ConfigQuery& where,
                         const json::Value& fields, std::string_view subject) {
  const std::vector<std::string> names = missing_fields(kind, fields);
  const Field& first = *kind.fields.find(names.front());
  Status status = config.missing(field_query(where, first));
  status.about(fmt::format("{} {} missing in {}", list_of_fields(names), names.size() == 1 ? "is" : "are", subject));
  return status;
}

}  // namespace

const CredentialKind* find_credential_kind(std::string_view name) {
  const auto found = std::find_if(credential_kinds().begin(), credential_kinds().end(),
                                  [&](const CredentialKind& kind) { return kind.name == name; });
  return found == credential_kinds().end() ? nullptr : &*found;
}

Result<json::Value> parse_credentials(const CredentialKind& kind, const json::Value& given, std::string_view subject) {
  if (given.is_object()) return typed_fields(kind, given, subject);
  if (!given.is_text()) {
    return Status::error(Code::kConfigInvalid, fmt::format("{}: {} was given; a table of fields or text was expected",
                                                           subject, json::kind_name(given.kind())));
  }
  const std::string& text = given.as_text();
  if (trim(text).starts_with('{')) {
    Result<json::Value> parsed = json::parse_value(text);
    if (!parsed.ok() || !parsed->is_object()) {
      return Status::error(Code::kConfigInvalid, fmt::format("{}: it begins like JSON, and is not", subject));
    }
    const bool is_wrapped = kind.parse != nullptr && kind.parse != parse_connection_string;
    if (!is_wrapped) return typed_fields(kind, *parsed, subject);
  }
  if (kind.parse == nullptr) {
    return Status::error(Code::kConfigInvalid,
                         fmt::format("{}: text was given; a table of fields was expected", subject))
        .hint("as text, write a JSON object");
  }
  LODE_ASSIGN(const json::Value fields, kind.parse(text, subject));
  return typed_fields(kind, fields, subject);
}

Result<json::Value> make_credentials(const CredentialKind& kind, const json::Value& given, Env& env,
                                     std::string_view subject) {
  LODE_ASSIGN(json::Value fields, parse_credentials(kind, given, subject));
  LODE_TRY(complete(kind, fields, env));
  const std::vector<std::string> names = missing_fields(kind, fields);
  if (!names.empty()) {
    Status error = Status::error(Code::kConfigMissing, fmt::format("{}: {} {} missing", subject, list_of_fields(names),
                                                                   names.size() == 1 ? "is" : "are"));
    for (const auto& member : given.is_object() ? given.members() : std::vector<json::Value::Member>()) {
      if (kind.fields.find(member.first) != nullptr) continue;
      const std::string meant = closest(member.first, names);
      if (!meant.empty()) error.note(fmt::format("there is '{}'; did you mean '{}'?", member.first, meant));
    }
    return error;
  }
  if (kind.check != nullptr) LODE_TRY(kind.check(fields, subject));
  return fields;
}

Result<json::Value> find_credentials(const Config& config, const CredentialKind& kind, const ConfigQuery& where,
                                     Env& env) {
  const std::string subject = subject_of(kind, where);
  LODE_ASSIGN(const std::optional<Found> whole, find_whole(config, where));
  json::Value fields = json::Value::object();
  if (whole && !whole->value.is_object()) {
    Result<json::Value> parsed = parse_credentials(kind, whole->value, subject);
    if (!parsed.ok()) return std::move(parsed).status().with("in", whole->place);
    fields = std::move(*parsed);
    // As dlt: a part that says what is so anyway can still be changed elsewhere.
    for (const Field& field : kind.fields.fields()) {
      const json::Value* value = fields.find(field.name);
      if (value != nullptr && field.fallback && *value == *field.fallback) fields.erase(field.name);
    }
  }
  for (const Field& field : kind.fields.fields()) {
    if (fields.find(field.name) != nullptr) continue;
    LODE_ASSIGN(std::optional<Found> found, config.locate(field_query(where, field)));
    if (!found) continue;
    Result<json::Value> typed = kind.fields.check_field(field, found->value, subject, Strictness::kText);
    if (!typed.ok()) return std::move(typed).status().with("in", found->place);
    fields.set(field.name, std::move(*typed));
  }
  LODE_TRY(complete(kind, fields, env));
  if (!missing_fields(kind, fields).empty()) return missing_in_config(config, kind, where, fields, subject);
  if (kind.check != nullptr) LODE_TRY(kind.check(fields, subject));
  return fields;
}

Result<FoundCredentials> find_any_credentials(const Config& config, const std::vector<std::string>& kinds,
                                              const ConfigQuery& where, Env& env) {
  LODE_ASSERT(!kinds.empty());
  std::vector<Status> failures;
  for (const std::string& name : kinds) {
    if (name == "string" || name == "table") {
      LODE_ASSIGN(const std::optional<Found> whole, find_whole(config, where));
      if (whole && (name == "string" ? whole->value.is_text() : whole->value.is_object())) {
        return FoundCredentials{name, whole->value};
      }
      continue;
    }
    const CredentialKind* kind = find_credential_kind(name);
    LODE_ASSERT(kind != nullptr);
    Result<json::Value> fields = find_credentials(config, *kind, where, env);
    if (fields.ok()) return FoundCredentials{name, std::move(*fields)};
    failures.push_back(std::move(fields).status());
  }
  if (failures.empty()) {
    ConfigQuery query = where;
    query.secret = true;
    return config.missing(query);
  }
  Status error = failures.front();
  for (std::size_t i = 1; i < failures.size(); ++i) error.note("or: " + failures[i].message());
  return error;
}

std::string show_credentials(const CredentialKind& kind, const json::Value& fields) {
  if (kind.parse == parse_connection_string) {
    json::Value shown = fields;
    if (shown.find("password") != nullptr) shown.set("password", "x");
    return mask_url(render_connection_string(shown));
  }
  const std::string email = fields.text_or("client_email", "");
  if (!email.empty()) return fmt::format("{}@{}", email, fields.text_or("project_id", ""));
  for (const char* name : {"azure_storage_account_name", "aws_access_key_id", "client_id"}) {
    const std::string text = fields.text_or(name, "");
    if (!text.empty()) return fmt::format("{} {}", kind.name, mask_secret(text));
  }
  return std::string(kind.name);
}

}  // namespace lode
