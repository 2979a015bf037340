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

Status complete(const CredentialKind& kind, json::Value& fields, Completion& completion) {
  if (kind.complete != nullptr) LODE_TRY(kind.complete(fields, completion));
  add_fallbacks(kind, fields);
  return {};
}

// Fields that are missing are not, when the machine has what they are for.
bool is_complete(const CredentialKind& kind, const json::Value& fields, const Completion& completion) {
  return completion.facts.is_default || missing_fields(kind, fields).empty();
}

void note_machine(Status& error, const Completion& completion) {
  if (completion.looked.empty()) return;
  error.note("this machine has none of its own:");
  for (const std::string& line : completion.looked) error.note("  " + line);
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

Result<json::Value> make_credentials(const CredentialKind& kind, const json::Value& given, const Machine& machine,
                                     std::string_view subject, CredentialFacts* facts) {
  LODE_ASSIGN(json::Value fields, parse_credentials(kind, given, subject));
  Completion completion{machine};
  const Status completed = complete(kind, fields, completion);
  if (facts != nullptr) *facts = completion.facts;
  LODE_TRY(completed);
  if (!is_complete(kind, fields, completion)) {
    const std::vector<std::string> names = missing_fields(kind, fields);
    Status error = Status::error(Code::kConfigMissing, fmt::format("{}: {} {} missing", subject, list_of_fields(names),
                                                                   names.size() == 1 ? "is" : "are"));
    for (const auto& member : given.is_object() ? given.members() : std::vector<json::Value::Member>()) {
      if (kind.fields.find(member.first) != nullptr) continue;
      const std::string meant = closest(member.first, names);
      if (!meant.empty()) error.note(fmt::format("there is '{}'; did you mean '{}'?", member.first, meant));
    }
    note_machine(error, completion);
    return error;
  }
  if (kind.check != nullptr && !completion.facts.is_default) LODE_TRY(kind.check(fields, subject));
  return fields;
}

namespace {

// Where those fields stand that are not `given`. Secrets are asked for first: a vault that is there for secrets is
// asked for them, and what it has of the others is known then.
Result<std::vector<std::optional<Found>>> find_fields(const Config& config, const CredentialKind& kind,
                                                      const ConfigQuery& where, const json::Value& given) {
  const std::vector<Field>& fields = kind.fields.fields();
  std::vector<std::optional<Found>> out(fields.size());
  for (const bool secret : {true, false}) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if ((fields[i].type == FieldType::kSecret) != secret || given.find(fields[i].name) != nullptr) continue;
      LODE_ASSIGN(out[i], config.locate(field_query(where, fields[i])));
    }
  }
  return out;
}

// What the configuration has, and nothing else.
Result<json::Value> gather(const Config& config, const CredentialKind& kind, const ConfigQuery& where) {
  const std::string subject = subject_of(kind, where);
  LODE_ASSIGN(const std::optional<Found> whole, find_whole(config, where));
  json::Value fields = json::Value::object();
  if (whole && !whole->value.is_object()) {
    Result<json::Value> parsed = parse_credentials(kind, whole->value, subject);
    if (!parsed.ok()) return std::move(parsed).status().with("in", whole->place);
    fields = std::move(*parsed);
    // A part may be a reference, but not one that came out of a vault or file.
    if (!whole->was_reference) {
      LODE_ASSIGN(fields, config.follow(std::move(fields), true, subject));
    }
    // As dlt: a part that says what is so anyway can still be changed elsewhere.
    for (const Field& field : kind.fields.fields()) {
      const json::Value* value = fields.find(field.name);
      if (value != nullptr && field.fallback && *value == *field.fallback) fields.erase(field.name);
    }
  }
  LODE_ASSIGN(std::vector<std::optional<Found>> found, find_fields(config, kind, where, fields));
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) continue;
    const Field& field = kind.fields.fields()[i];
    Result<json::Value> typed = kind.fields.check_field(field, found[i]->value, subject, Strictness::kText);
    if (!typed.ok()) return std::move(typed).status().with("in", found[i]->place);
    fields.set(field.name, std::move(*typed));
  }
  return fields;
}

// Gathered fields with what the machine adds, if that makes them whole.
Result<json::Value> settle(const Config& config, const CredentialKind& kind, const ConfigQuery& where,
                           json::Value fields, Completion& completion) {
  LODE_TRY(complete(kind, fields, completion));
  const std::string subject = subject_of(kind, where);
  if (!is_complete(kind, fields, completion)) {
    Status error = missing_in_config(config, kind, where, fields, subject);
    note_machine(error, completion);
    return error;
  }
  if (kind.check != nullptr && !completion.facts.is_default) LODE_TRY(kind.check(fields, subject));
  return fields;
}

// One of the kinds that credentials may be of.
struct Candidate {
  const CredentialKind* kind = nullptr;
  json::Value fields;  // gathered
  Status failure;      // of gathering: final; else of the last attempt
  bool is_final = false;
};

}  // namespace

Result<json::Value> find_credentials(const Config& config, const CredentialKind& kind, const ConfigQuery& where,
                                     const Machine& machine, CredentialFacts* facts) {
  LODE_ASSIGN(json::Value fields, gather(config, kind, where));
  Completion completion{machine};
  Result<json::Value> settled = settle(config, kind, where, std::move(fields), completion);
  if (facts != nullptr) *facts = completion.facts;
  return settled;
}

Result<FoundCredentials> find_any_credentials(const Config& config, const std::vector<std::string>& kinds,
                                              const ConfigQuery& where, const Machine& machine,
                                              CredentialFacts* facts) {
  LODE_ASSERT(!kinds.empty());
  using Reach = Completion::Reach;
  std::vector<Candidate> candidates;
  const auto settled = [&](Candidate& candidate, Reach reach) -> std::optional<FoundCredentials> {
    Completion completion{machine, reach};
    Result<json::Value> fields = settle(config, *candidate.kind, where, candidate.fields, completion);
    if (fields.ok()) {
      return FoundCredentials{std::string(candidate.kind->name), std::move(*fields), completion.facts};
    }
    candidate.failure = std::move(fields).status();
    // What is set up and fails is not tried again.
    const Code code = candidate.failure.code();
    candidate.is_final = code != Code::kConfigMissing && code != Code::kSecretMissing;
    if (facts != nullptr) facts->wants_network |= completion.facts.wants_network;
    return std::nullopt;
  };
  // Those behind must wait for the one that wants the network, or a vault: it may be there.
  const auto must_wait = [&](const Candidate& candidate) {
    return candidate.failure.code() == Code::kCancelled || (facts != nullptr && facts->wants_network);
  };
  for (const std::string& name : kinds) {
    if (name == "string" || name == "table") {
      LODE_ASSIGN(const std::optional<Found> whole, find_whole(config, where));
      if (whole && (name == "string" ? whole->value.is_text() : whole->value.is_object())) {
        return FoundCredentials{name, whole->value};
      }
      continue;
    }
    Candidate candidate;
    candidate.kind = find_credential_kind(name);
    LODE_ASSERT(candidate.kind != nullptr);
    Result<json::Value> fields = gather(config, *candidate.kind, where);
    candidate.is_final = !fields.ok();
    if (fields.ok()) {
      candidate.fields = std::move(*fields);
      if (std::optional<FoundCredentials> found = settled(candidate, Reach::kSetUp)) return std::move(*found);
    } else {
      candidate.failure = std::move(fields).status();
    }
    if (must_wait(candidate)) return candidate.failure;
    candidates.push_back(std::move(candidate));
  }
  for (const Reach reach : {Reach::kAssumed, Reach::kProbed}) {
    for (Candidate& candidate : candidates) {
      if (candidate.is_final || candidate.kind->complete == nullptr) continue;
      if (std::optional<FoundCredentials> found = settled(candidate, reach)) return std::move(*found);
      if (must_wait(candidate)) return candidate.failure;
    }
  }
  if (candidates.empty()) {
    ConfigQuery query = where;
    query.secret = true;
    return config.missing(query);
  }
  Status error = candidates.front().failure;
  for (std::size_t i = 1; i < candidates.size(); ++i) error.note("or: " + candidates[i].failure.message());
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
