// The kinds of credentials that there are.
#include <fmt/format.h>

#include "base/text.h"
#include "config/clouds/machine_credentials.h"
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

Status strip_password(json::Value& fields, Completion&) {
  if (has_text(fields, "password")) {
    fields.set("password", trim(std::string(fields.find("password")->as_text())));
  }
  return {};
}

// A name of dlt's for one of the seeds' and the other way round.
Status same_token(json::Value& fields, Completion&) {
  const bool has_token = has_text(fields, "token");
  if (!has_token && has_text(fields, "access_token")) fields.set("token", *fields.find("access_token"));
  if (has_token && !has_text(fields, "access_token")) fields.set("access_token", *fields.find("token"));
  return {};
}

Status complete_service_account(json::Value& fields, Completion& completion) {
  if (has_text(fields, "private_key")) {
    // A key that lost its last line break on its way through a variable.
    const std::string& key = fields.find("private_key")->as_text();
    if (!key.ends_with('\n')) fields.set("private_key", key + "\n");
  }
  return complete_google(fields, {"project_id", "private_key", "client_email"}, completion);
}

Status complete_gcp_oauth(json::Value& fields, Completion& completion) {
  LODE_TRY(same_token(fields, completion));
  // As dlt: whoever has a token is signed in.
  const bool is_signed_in = has_text(fields, "token") && has_text(fields, "project_id");
  for (const char* name : {"refresh_token", "client_id", "client_secret"}) {
    if (is_signed_in && !has_text(fields, name)) fields.set(name, "");
  }
  return complete_google(fields, {"client_id", "client_secret", "project_id", "refresh_token"}, completion);
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
       complete_service_account, nullptr},
      {"gcp_oauth", "A person at Google.", gcp_oauth_fields(), parse_google_json, complete_gcp_oauth, nullptr},
      {"aws", "Keys of AWS, or of a store that is like S3.", aws_fields(), nullptr, complete_aws, nullptr},
      {"azure", "A storage account of Azure, by key or SAS token.", azure_fields(), nullptr, complete_azure_account,
       check_azure},
      {"azure_service_principal", "A storage account of Azure, by a program's own account.", azure_principal_fields(),
       nullptr, complete_azure_principal, nullptr},
      {"oauth2", "A program that acts for a person.", oauth2_fields(), nullptr, same_token, nullptr},
  };
  return kKinds;
}

}  // namespace lode
