// The kinds of credentials that there are.
#include <fmt/format.h>

#include "base/text.h"
#include "config/connection_string.h"
#include "config/credentials.h"
#include "json/parse.h"

namespace lode {
namespace {

constexpr const char* kGoogleTokenUri = "https://oauth2.googleapis.com/token";
constexpr const char* kGoogleAuthUri = "https://accounts.google.com/o/oauth2/auth";

bool has_text(const json::Value& fields, std::string_view name) {
  const json::Value* value = fields.find(name);
  return value != nullptr && value->is_text() && !value->as_text().empty();
}

// Google wraps what a person downloads: {"installed": {…}} or {"web": {…}}.
Result<json::Value> parse_google_json(std::string_view text, std::string_view subject) {
  Result<json::Value> parsed = json::parse_value(text);
  if (!parsed.ok() || !parsed->is_object()) {
    return Status::error(Code::kConfigInvalid, fmt::format("{}: not JSON", subject))
        .hint("paste the whole file that Google gave you, or give its fields one by one");
  }
  if (parsed->size() == 1 && parsed->members().front().second.is_object()) {
    return json::Value(parsed->members().front().second);
  }
  return std::move(*parsed);
}

void strip_password(json::Value& fields, Env&) {
  if (!has_text(fields, "password")) return;
  fields.set("password", trim(std::string(fields.find("password")->as_text())));
}

// A key that lost its last line break on its way through a variable.
void end_private_key(json::Value& fields, Env&) {
  if (!has_text(fields, "private_key")) return;
  const std::string& key = fields.find("private_key")->as_text();
  if (!key.ends_with('\n')) fields.set("private_key", key + "\n");
}

// A name of dlt's for one of the seeds' and the other way round.
void same_token(json::Value& fields, Env&) {
  const bool has_token = has_text(fields, "token");
  if (!has_token && has_text(fields, "access_token")) fields.set("token", *fields.find("access_token"));
  if (has_token && !has_text(fields, "access_token")) fields.set("access_token", *fields.find("token"));
}

// A section of "~/.aws/credentials" or "~/.aws/config": [default], [profile x].
void read_aws_profile(json::Value& fields, Env& env, const Path& file, const std::string& header) {
  const Result<std::string> text = env.read_file(file);
  if (!text.ok()) return;
  bool is_ours = false;
  for (std::string_view line : split(*text, '\n')) {
    line = trim(line);
    if (line.starts_with('[')) is_ours = line == "[" + header + "]";
    const std::size_t equals = line.find('=');
    if (!is_ours || line.starts_with('#') || line.starts_with('[') || equals == std::string_view::npos) continue;
    const std::string name(trim(line.substr(0, equals)));
    const std::string key = name == "region" ? "region_name" : name;
    for (const char* known :
         {"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "region_name", "endpoint_url"}) {
      if (key == known && !has_text(fields, key)) fields.set(key, trim(line.substr(equals + 1)));
    }
  }
}

void take_variable(json::Value& fields, Env& env, const char* field, const char* variable) {
  if (has_text(fields, field)) return;
  if (const auto value = env.variable(variable); value && !value->empty()) fields.set(field, *value);
}

// Where AWS's own programs look: variables (unless a profile is named), then the files of a profile.
void complete_aws(json::Value& fields, Env& env) {
  const bool names_profile = has_text(fields, "profile_name");
  if (!has_text(fields, "aws_access_key_id") && !has_text(fields, "aws_secret_access_key") && !names_profile &&
      env.variable("AWS_ACCESS_KEY_ID")) {
    take_variable(fields, env, "aws_access_key_id", "AWS_ACCESS_KEY_ID");
    take_variable(fields, env, "aws_secret_access_key", "AWS_SECRET_ACCESS_KEY");
    take_variable(fields, env, "aws_session_token", "AWS_SESSION_TOKEN");
  }
  take_variable(fields, env, "region_name", "AWS_REGION");
  take_variable(fields, env, "region_name", "AWS_DEFAULT_REGION");
  const std::string profile =
      names_profile ? fields.find("profile_name")->as_text() : env.variable("AWS_PROFILE").value_or("default");
  const auto file = [&env](const char* variable, const char* name) -> std::optional<Path> {
    if (const auto named = env.variable(variable); named && !named->empty()) return Path(*named);
    const std::optional<Path> home = env.home();
    return home ? std::optional(*home / ".aws" / name) : std::nullopt;
  };
  if (!has_text(fields, "aws_access_key_id")) {
    if (const auto path = file("AWS_SHARED_CREDENTIALS_FILE", "credentials"))
      read_aws_profile(fields, env, *path, profile);
  }
  if (const auto path = file("AWS_CONFIG_FILE", "config")) {
    read_aws_profile(fields, env, *path, profile == "default" ? profile : "profile " + profile);
  }
}

Status check_database(const json::Value& fields, std::string_view subject) {
  if (has_text(fields, "host") || has_text(fields, "database")) return {};
  return Status::error(Code::kConfigMissing, fmt::format("{}: neither 'host' nor 'database' is there", subject));
}

Status check_azure(const json::Value& fields, std::string_view subject) {
  if (has_text(fields, "azure_storage_account_key") || has_text(fields, "azure_storage_sas_token")) return {};
  return Status::error(
      Code::kConfigMissing,
      fmt::format("{}: neither 'azure_storage_account_key' nor 'azure_storage_sas_token' is there", subject));
}

FieldSpec connection_fields() {
  return FieldSpec()
      .text("drivername", "What speaks to the database: postgresql, mysql+pymysql.")
      .fallback("postgresql")
      .text("database", "Its name.")
      .text("username", "Who we are.")
      .secret("password", "What lets us in.")
      .text("host", "Where it is.")
      .integer("port", "Its port.")
      .at_least(0)
      .at_most(65535)
      .object("query", "Options of the driver.")
      .example(R"(credentials = "postgresql://loader:password@localhost:5432/analytics")");
}

FieldSpec postgres_fields() {
  return FieldSpec()
      .text("database", "Its name.")
      .required()
      .text("username", "Who we are.")
      .required()
      .secret("password", "What lets us in.")
      .required()
      .text("host", "Where it is.")
      .required()
      .integer("port", "Its port.")
      .fallback(5432)
      .at_least(0)
      .at_most(65535)
      .integer("connect_timeout", "Seconds.")
      .fallback(15)
      .text("client_encoding", "Of the connection.")
      .object("query", "Options of the connection: sslmode.")
      .text("drivername", "Always postgresql.")
      .fallback("postgresql")
      .example(R"(credentials = "postgresql://loader:password@localhost:5432/analytics")");
}

FieldSpec gcp_service_account_fields() {
  return FieldSpec()
      .text("project_id", "The project.")
      .required()
      .secret("private_key", "Its key: -----BEGIN PRIVATE KEY-----…")
      .required()
      .text("client_email", "Its name: loader@project.iam.gserviceaccount.com.")
      .required()
      .text("private_key_id", "Which of its keys.")
      .text("type", "Always service_account.")
      .fallback("service_account")
      .text("token_uri", "Where tokens come from.")
      .fallback(kGoogleTokenUri)
      .text("auth_uri", "Where people sign in.")
      .fallback(kGoogleAuthUri);
}

FieldSpec gcp_oauth_fields() {
  return FieldSpec()
      .text("client_id", "The program.")
      .required()
      .secret("client_secret", "Its secret.")
      .required()
      .text("project_id", "The project.")
      .required()
      .secret("refresh_token", "Gives new access tokens.")
      .required()
      .list("scopes", "What we may do.")
      .secret("token", "The access token that holds now.")
      .secret("access_token", "The same.")
      .text("client_type", "Always installed.")
      .fallback("installed")
      .text("token_uri", "Where tokens come from.")
      .fallback(kGoogleTokenUri)
      .text("auth_uri", "Where people sign in.")
      .fallback(kGoogleAuthUri);
}

FieldSpec aws_fields() {
  return FieldSpec()
      .text("aws_access_key_id", "Which key.")
      .required()
      .secret("aws_secret_access_key", "Its secret.")
      .required()
      .secret("aws_session_token", "Of keys that hold for a while.")
      .text("profile_name", "A section of ~/.aws/credentials, in place of keys.")
      .text("region_name", "eu-central-1.")
      .text("endpoint_url", "Of a store that is like S3.")
      .text("s3_url_style", "path or vhost.");
}

FieldSpec azure_fields() {
  return FieldSpec()
      .text("azure_storage_account_name", "The account.")
      .required()
      .secret("azure_storage_account_key", "Its key; this or a SAS token.")
      .secret("azure_storage_sas_token", "A signature that holds for a while.")
      .text("azure_sas_token_permissions", "Of tokens that are made from the key.")
      .fallback("racwdl")
      .text("azure_account_host", "Of another cloud.");
}

FieldSpec azure_principal_fields() {
  return FieldSpec()
      .text("azure_storage_account_name", "The account.")
      .required()
      .text("azure_tenant_id", "The directory.")
      .required()
      .text("azure_client_id", "The program.")
      .required()
      .secret("azure_client_secret", "Its secret.")
      .required()
      .text("azure_account_host", "Of another cloud.");
}

FieldSpec oauth2_fields() {
  return FieldSpec()
      .text("client_id", "The program.")
      .required()
      .secret("client_secret", "Its secret.")
      .required()
      .secret("refresh_token", "Gives new access tokens.")
      .list("scopes", "What we may do.")
      .secret("token", "The access token that holds now.")
      .secret("access_token", "The same.")
      .text("token_url", "Where new tokens come from.")
      .timestamp("token_expiry", "Until when the access token holds.");
}

}  // namespace

const std::vector<CredentialKind>& credential_kinds() {
  static const std::vector<CredentialKind> kKinds = {
      {"connection_string", "A database, by URL or by parts.", connection_fields(), parse_connection_string,
       strip_password, check_database},
      {"postgres", "A PostgreSQL database.", postgres_fields(), parse_connection_string, strip_password, nullptr},
      {"gcp_service_account", "A Google service account.", gcp_service_account_fields(), parse_google_json,
       end_private_key, nullptr},
      {"gcp_oauth", "A person at Google.", gcp_oauth_fields(), parse_google_json, same_token, nullptr},
      {"aws", "Keys of AWS, or of a store that is like S3.", aws_fields(), nullptr, complete_aws, nullptr},
      {"azure", "A storage account of Azure, by key or SAS token.", azure_fields(), nullptr, nullptr, check_azure},
      {"azure_service_principal", "A storage account of Azure, by a program's own account.", azure_principal_fields(),
       nullptr, nullptr, nullptr},
      {"oauth2", "A program that acts for a person.", oauth2_fields(), nullptr, same_token, nullptr},
  };
  return kKinds;
}

}  // namespace lode
