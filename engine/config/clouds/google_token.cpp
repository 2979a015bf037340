// Access tokens of Google: how each kind of credentials is exchanged for one.
#include "config/clouds/google_token.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/iso8601.h"
#include "base/text.h"
#include "http/jwt.h"
#include "json/parse.h"
#include "json/write.h"

namespace lode {
namespace {

constexpr const char* kTokenUri = "https://oauth2.googleapis.com/token";
constexpr const char* kSecurityTokenUri = "https://sts.googleapis.com/v1/token";
constexpr const char* kCloudPlatform = "https://www.googleapis.com/auth/cloud-platform";
constexpr double kLifeS = 3600;

// The credentials that a token is asked for: `fields` may be deep in those of a whole file.
struct Question {
  const CloudAccess& access;
  const json::Value& fields;
  const std::string& source;
  std::vector<std::string> scopes;

  std::string text(std::string_view name) const { return fields.text_or(name, ""); }
};

Result<AccessToken> fetch(const Question& question);

Result<std::string> needed(const Question& question, std::string_view name) {
  std::string text = question.text(name);
  if (!text.empty()) return text;
  return Status::error(Code::kConfigInvalid, fmt::format("{}: the field '{}' is missing", question.source, name));
}

// The answer of every OAuth endpoint of Google's.
Result<AccessToken> token_of(const Question& question, json::Value answer, const CloudCall& call) {
  const json::Value* text = answer.find("access_token");
  if (text == nullptr || !text->is_text() || text->as_text().empty()) {
    return Status::error(Code::kHttpAuth, fmt::format("{} answered without an access_token", call.who))
        .hint("check that the address is that of the tokens: " + call.request.url);
  }
  AccessToken token;
  token.text = Secret(text->as_text());
  token.ends_us =
      question.access.env.now_us() + static_cast<std::int64_t>(seconds_of(answer, "expires_in", kLifeS) * 1e6);
  token.source = question.source;
  wipe(answer);
  return token;
}

std::vector<std::string> or_cloud_platform(const std::vector<std::string>& scopes) {
  return scopes.empty() ? std::vector<std::string>{kCloudPlatform} : scopes;
}

Result<AccessToken> for_service_account(const Question& question) {
  JwtGrant grant;
  LODE_ASSIGN(grant.issuer, needed(question, "client_email"));
  LODE_ASSIGN(grant.private_key, needed(question, "private_key"));
  grant.audience = question.fields.text_or("token_uri", kTokenUri);
  grant.scope = join(or_cloud_platform(question.scopes), " ");
  grant.key_id = question.text("private_key_id");
  Result<std::string> assertion = jwt_assertion(grant, question.access.env.now_us());
  wipe(grant.private_key);
  if (!assertion.ok()) return std::move(assertion).status().about(question.source + ": ");
  CloudCall call("Google's token endpoint", "POST", grant.audience);
  call.secrets.push_back(*assertion);
  call.send_form({{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", *assertion}});
  LODE_ASSIGN(json::Value answer, ask_for_json(question.access, call));
  return token_of(question, std::move(answer), call);
}

Result<AccessToken> for_refresh_token(const Question& question) {
  FormPairs form = {{"grant_type", "refresh_token"}};
  CloudCall call("Google's token endpoint", "POST", question.fields.text_or("token_uri", kTokenUri));
  for (const char* name : {"client_id", "client_secret", "refresh_token"}) {
    LODE_ASSIGN(std::string text, needed(question, name));
    if (std::string_view(name) != "client_id") call.secrets.push_back(text);
    form.emplace_back(name, std::move(text));
  }
  if (!question.scopes.empty()) form.emplace_back("scope", join(question.scopes, " "));
  call.send_form(form);
  for (auto& pair : form) wipe(pair.second);
  LODE_ASSIGN(json::Value answer, ask_for_json(question.access, call));
  return token_of(question, std::move(answer), call);
}

// The token of whoever vouches for the machine, out of what a file or URL has.
Result<std::string> subject_in(const Question& question, std::string text) {
  const json::Value* name = question.fields.find_path({"credential_source", "format", "subject_token_field_name"});
  const json::Value* type = question.fields.find_path({"credential_source", "format", "type"});
  const bool is_json = type != nullptr && type->is_text() && type->as_text() == "json";
  std::string token = is_json ? "" : std::string(trim(text));
  if (is_json) {
    Result<json::Value> parsed = json::parse_value(text);
    if (parsed.ok() && parsed->is_object() && name != nullptr && name->is_text()) {
      token = parsed->text_or(name->as_text(), "");
      wipe(*parsed);
    }
  }
  wipe(text);
  if (!token.empty()) return token;
  return Status::error(Code::kConfigInvalid,
                       fmt::format("{}: there is no subject token where credential_source says", question.source));
}

Result<std::string> subject_token(const Question& question) {
  const json::Value* source = question.fields.find("credential_source");
  const std::string file = source != nullptr && source->is_object() ? source->text_or("file", "") : "";
  const std::string url = source != nullptr && source->is_object() ? source->text_or("url", "") : "";
  if (!file.empty()) {
    Result<std::string> text = question.access.env.read_file(file);
    if (text.ok()) return subject_in(question, std::move(*text));
    return Status::error(Code::kConfigUnreadable, fmt::format("{}: its subject token cannot be read", question.source))
        .caused_by(std::move(text).status());
  }
  const bool has_url = !url.empty() && source->text_or("environment_id", "").empty();
  if (!has_url) {
    return Status::error(Code::kConfigInvalid,
                         fmt::format("{}: its credential_source has neither a file nor a url", question.source))
        .note("programs, certificates and AWS as the source of subject tokens are not understood");
  }
  CloudCall call("the source of subject tokens", "GET", url);
  const json::Value* headers = source->find("headers");
  for (const auto& [name, value] : headers != nullptr ? headers->members() : std::vector<json::Value::Member>()) {
    if (!value.is_text()) continue;
    set_header(call.request.headers, name, value.as_text());
    call.secrets.push_back(value.as_text());
  }
  LODE_ASSIGN(HttpResponse response, ask(question.access, call));
  if (response.status == 200) return subject_in(question, std::move(response.body));
  Status error = refusal(call, response);
  wipe(response.body);
  return error;
}

// A token of a service account's for one of whoever may act as it.
Result<AccessToken> impersonate(const Question& question, const AccessToken& own) {
  LODE_ASSIGN(const std::string url, needed(question, "service_account_impersonation_url"));
  CloudCall call("Google's endpoint for acting as a service account", "POST", url);
  const std::string bearer = "Bearer " + std::string(own.text.reveal());
  call.request.headers = {{"Authorization", bearer}};
  call.secrets.emplace_back(own.text.reveal());
  json::Value scopes = json::Value::list();
  for (const std::string& scope : or_cloud_platform(question.scopes)) scopes.push_back(scope);
  const json::Value* seconds = question.fields.find_path({"service_account_impersonation", "token_lifetime_seconds"});
  const std::int64_t life_s = seconds != nullptr && seconds->is_int() ? seconds->as_int() : 3600;
  json::Value body = json::Value::object({{"scope", scopes}, {"lifetime", fmt::format("{}s", life_s)}});
  if (const json::Value* delegates = question.fields.find("delegates")) body.set("delegates", *delegates);
  call.send_json(body);
  LODE_ASSIGN(json::Value answer, ask_for_json(question.access, call));
  const std::optional<IsoValue> end = parse_iso(answer.text_or("expireTime", ""));
  std::string text = answer.text_or("accessToken", "");
  wipe(answer);
  if (text.empty() || !end || end->kind != IsoValue::Kind::kTimestamp) {
    return Status::error(Code::kHttpAuth, fmt::format("{} answered without a token and its end", call.who));
  }
  AccessToken token;
  token.text = Secret(std::move(text));
  token.ends_us = end->micros;
  token.source = question.source;
  return token;
}

// Workload identity federation: somebody else's token for one of Google's (RFC 8693).
Result<AccessToken> for_external_account(const Question& question) {
  const bool impersonates = !question.text("service_account_impersonation_url").empty();
  const std::vector<std::string> scopes =
      impersonates ? std::vector<std::string>{kCloudPlatform} : or_cloud_platform(question.scopes);
  LODE_ASSIGN(const std::string audience, needed(question, "audience"));
  LODE_ASSIGN(const std::string subject_type, needed(question, "subject_token_type"));
  LODE_ASSIGN(std::string subject, subject_token(question));
  CloudCall call("Google's endpoint for exchanging tokens", "POST",
                 question.fields.text_or("token_url", kSecurityTokenUri));
  call.secrets.push_back(subject);
  FormPairs form = {{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                    {"audience", audience},
                    {"scope", join(scopes, " ")},
                    {"requested_token_type", "urn:ietf:params:oauth:token-type:access_token"},
                    {"subject_token_type", subject_type},
                    {"subject_token", std::move(subject)}};
  const std::string client = question.text("client_id");
  const std::string user_project = question.text("workforce_pool_user_project");
  if (!client.empty()) {
    set_header(call.request.headers, "Authorization",
               "Basic " + base64_encode(client + ":" + question.text("client_secret")));
  } else if (!user_project.empty()) {
    form.emplace_back("options", json::write(json::Value::object({{"userProject", user_project}})));
  }
  call.send_form(form);
  for (auto& pair : form) wipe(pair.second);
  LODE_ASSIGN(json::Value answer, ask_for_json(question.access, call));
  LODE_ASSIGN(AccessToken token, token_of(question, std::move(answer), call));
  if (!impersonates) return token;
  return impersonate(question, token);
}

Result<AccessToken> for_impersonated(const Question& question) {
  const json::Value* source = question.fields.find("source_credentials");
  const bool is_there = source != nullptr && source->is_object();
  // One level, as Google has it: what comes from a file must not lead us around in circles.
  if (!is_there || source->text_or("type", "") == "impersonated_service_account") {
    return Status::error(Code::kConfigInvalid,
                         fmt::format("{}: the field 'source_credentials' is missing", question.source));
  }
  LODE_ASSIGN(const AccessToken own, fetch({question.access, *source, question.source, {kCloudPlatform}}));
  return impersonate(question, own);
}

Result<AccessToken> from_metadata_server(const CloudAccess& access, const std::vector<std::string>& scopes) {
  const std::string host = google_metadata_host(access.env);
  std::string url = google_metadata_url(access.env, "instance/service-accounts/default/token");
  if (!scopes.empty()) url += "?" + form_encode({{"scopes", join(scopes, ",")}});
  CloudCall call("Google's metadata server", "GET", std::move(url));
  call.request.headers = {{"Metadata-Flavor", "Google"}};
  call.is_local = true;
  Result<json::Value> answer = ask_for_json(access, call);
  if (!answer.ok()) {
    Status error = std::move(answer).status();
    if (error.code() == Code::kHttpAuth) error.hint("does this machine have a service account?");
    return error;
  }
  const std::string source = fmt::format("the metadata server at {}", host);
  const json::Value none;
  return token_of({access, none, source, scopes}, std::move(*answer), call);
}

Result<AccessToken> fetch(const Question& question) {
  std::string type = question.text("type");
  if (type.empty() && !question.text("refresh_token").empty()) type = "authorized_user";
  if (type.empty() && !question.text("private_key").empty()) type = "service_account";
  if (type == "service_account") return for_service_account(question);
  if (type == "authorized_user") return for_refresh_token(question);
  if (type == "external_account") return for_external_account(question);
  if (type == "impersonated_service_account") return for_impersonated(question);
  return Status::error(Code::kConfigInvalid,
                       fmt::format("{}: there is no way to sign in with the type '{}'", question.source, type))
      .hint("the types are service_account, authorized_user, external_account, impersonated_service_account");
}

}  // namespace

Result<AccessToken> fetch_google_token(const CloudAccess& access, const GoogleIdentity& identity,
                                       const std::vector<std::string>& scopes) {
  Result<AccessToken> token = identity.fields.is_null() ? from_metadata_server(access, scopes)
                                                        : fetch({access, identity.fields, identity.source, scopes});
  if (token.ok()) token->project_id = identity.project_id;
  return token;
}

Result<AccessToken> fetch_google_token(const CloudAccess& access, const json::Value& credentials,
                                       const std::vector<std::string>& scopes) {
  if (!credentials.is_null()) {
    GoogleIdentity identity;
    identity.fields = credentials;
    identity.source = "Google's credentials";
    identity.project_id = credentials.text_or("project_id", "");
    return fetch_google_token(access, identity, scopes);
  }
  std::vector<std::string> looked;
  LODE_ASSIGN(const std::optional<GoogleIdentity> identity, find_google_identity(access, true, looked));
  if (identity) return fetch_google_token(access, *identity, scopes);
  Status error = Status::error(Code::kConfigMissing, "this machine has no credentials of Google");
  for (std::string& line : looked) error.note(std::move(line));
  return error.hint(
      "name a file of credentials in GOOGLE_APPLICATION_CREDENTIALS, or run "
      "`gcloud auth application-default login`");
}

}  // namespace lode
