// AWS Secrets Manager and SSM Parameter Store as vaults.
#include "config/vaults/aws_vault.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "config/credentials.h"
#include "config/secret.h"
#include "config/vaults/vaults.h"
#include "json/parse.h"
#include "json/write.h"

namespace lode {
namespace {

bool is_one_of(const std::string& word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_throttling(const std::string& error) {
  return is_one_of(error, {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"});
}

bool is_denied(const std::string& error) {
  return is_one_of(error, {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"});
}

// "com.amazon.coral.service#AccessDeniedException" is an AccessDeniedException.
std::string error_name(const json::Value& body) {
  const std::string type = body.is_object() ? body.text_or("__type", "") : "";
  return type.substr(type.find('#') + 1);  // npos + 1 is 0
}

// The text between two marks; "" if there is none.
std::string between(const std::string& text, std::string_view begin, std::string_view end) {
  const std::size_t at = text.find(begin);
  const std::size_t stop = at == std::string::npos ? at : text.find(end, at);
  if (stop == std::string::npos || stop - at > 100) return "";
  return text.substr(at + begin.size(), stop - at - begin.size());
}

bool says_throttling(const HttpResponse& response) {
  if (response.status != 400) return false;
  const Result<json::Value> body = json::parse_value(response.body);
  return body.ok() && is_throttling(error_name(*body));
}

json::Value object_of(std::vector<json::Value::Member> members) { return json::Value::object(std::move(members)); }

}  // namespace

AwsVault::AwsVault(Env& env, HttpTransport& http, AwsVaultOptions options, FindAccess find_access)
    : env_(env),
      options_(std::move(options)),
      http_(env, http, std::string(title()), options_.patience),
      find_access_(std::move(find_access)) {}

std::string_view AwsVault::title() const { return is_parameters() ? "AWS Parameter Store" : "AWS Secrets Manager"; }

std::string AwsVault::name_of(const KeyPath& key) const {
  std::string name = join(key.parts, "/");
  if (!options_.prefix.empty()) name = options_.prefix + "/" + name;
  return is_parameters() && !name.starts_with('/') ? "/" + name : name;
}

std::string AwsVault::address_of(const std::string& name) const {
  return (is_parameters() ? "aws-ssm://" : "aws-sm://") + name;
}

Result<HttpRequest> AwsVault::request_for(const std::string& action, const json::Value& question) const {
  const std::string service = is_parameters() ? "ssm" : "secretsmanager";
  HttpRequest request;
  request.method = "POST";
  request.url = access_->endpoint_url;
  if (request.url.empty()) {
    request.url = fmt::format("https://{}.{}.amazonaws.com{}", service, access_->region,
                              access_->region.starts_with("cn-") ? ".cn" : "");
  }
  if (!request.url.ends_with('/')) request.url += '/';
  request.headers = {{"Content-Type", "application/x-amz-json-1.1"},
                     {"X-Amz-Target", (is_parameters() ? "AmazonSSM." : "secretsmanager.") + action}};
  request.body = json::write(question);
  LODE_TRY(sign_aws_v4(request, access_->keys.keys, {access_->region, service}, env_.now_us()));
  return request;
}

Result<AwsVault::Answer> AwsVault::read_answer(VaultAnswer from, std::string_view what) const {
  Answer answer;
  answer.body = std::move(from.body);
  if (from.status == 200 && answer.body.is_object()) return answer;
  answer.error = error_name(answer.body);
  // What stands before the services (and moto) may refuse in XML, as AWS's older services do.
  if (answer.error.empty()) answer.error = between(from.text, "<Code>", "</Code>");
  if (answer.error.empty()) {
    return Status::error(Code::kConfigUnreadable,
                         fmt::format("{} answered {} to the question for {}", title(), from.status, what))
        .hint("is endpoint_url that of this service?");
  }
  answer.message =
      answer.body.is_object() ? from.show(answer.body.text_or("message", answer.body.text_or("Message", ""))) : "";
  return answer;
}

Result<AwsVault::Answer> AwsVault::call(const std::string& action, const json::Value& question, std::string_view what,
                                        const std::stop_token& stop) {
  if (!access_ || access_->keys.must_renew(env_.now_us())) {
    Result<AwsVaultAccess> access = find_access_(stop);
    if (!access.ok()) return http_.cannot_ask(what, std::move(access).status());
    access_ = std::move(*access);
  }
  VaultQuestion asked;
  asked.what = what;
  asked.make = [&] { return request_for(action, question); };
  const AwsCredentials& keys = access_->keys.keys;
  asked.secrets = {keys.secret_access_key};
  if (!keys.session_token.empty()) asked.secrets.push_back(keys.session_token);
  asked.is_busy = says_throttling;
  LODE_ASSIGN(VaultAnswer answer, http_.ask(asked, stop));
  return read_answer(std::move(answer), what);
}

Status AwsVault::refused(const Answer& answer, const std::string& action, std::string_view what) const {
  Status error = Status::error(Code::kConfigUnreadable,
                               fmt::format("{} refused the question for {}: {}", title(), what, answer.error));
  if (!answer.message.empty()) error.note(answer.message);
  const std::string permission = (is_parameters() ? "ssm:" : "secretsmanager:") + action;
  if (is_denied(answer.error)) {
    error.hint(fmt::format("these keys need the permission {}", permission));
  } else if (is_one_of(answer.error,
                       {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException",
                        "SignatureDoesNotMatch", "ExpiredTokenException", "ExpiredToken"})) {
    error.hint("AWS does not take these keys: are they whole, not expired, and those of this endpoint?");
  }
  return error;
}

Status AwsVault::fetch(const std::string& name, VaultEntry& entry, const std::stop_token& stop) {
  entry.why = is_parameters() ? "no such parameter" : "no such secret";
  if (!is_vault_name(name, is_parameters() ? "/_.-" : "/_+=.@-", 512)) {
    entry.why = "cannot be a name there";
    return {};
  }
  const std::string action = is_parameters() ? "GetParameter" : "GetSecretValue";
  const json::Value question =
      is_parameters() ? object_of({{"Name", name}, {"WithDecryption", true}}) : object_of({{"SecretId", name}});
  LODE_ASSIGN(Answer answer, call(action, question, fmt::format("'{}'", name), stop));
  if (answer.error.empty()) {
    const json::Value* text =
        is_parameters() ? answer.body.find_path({"Parameter", "Value"}) : answer.body.find("SecretString");
    const bool has_text = text != nullptr && text->is_text();
    if (has_text) entry.text = text->as_text();
    wipe(answer.body);
    if (!has_text) {
      entry.why = "it is binary, not text";
      return {};
    }
    entry.state = VaultEntry::State::kFound;
    return {};
  }
  if (is_denied(answer.error)) {
    entry.state = VaultEntry::State::kDenied;
    entry.why = fmt::format("access denied: these keys need {}:{}", is_parameters() ? "ssm" : "secretsmanager", action);
    return {};
  }
  if (is_one_of(answer.error, {"ResourceNotFoundException", "ParameterNotFound"})) return {};
  if (answer.error == "InvalidRequestException" && answer.message.find("marked") != std::string::npos) {
    entry.why = "marked for deletion";
    return {};
  }
  return refused(answer, action, fmt::format("'{}'", name));
}

Result<std::vector<std::string>> AwsVault::list(const std::stop_token& stop) {
  const std::string action = is_parameters() ? "DescribeParameters" : "ListSecrets";
  const std::string what = fmt::format("the list of {}", is_parameters() ? "parameters" : "secrets");
  std::vector<std::string> names;
  std::string token;
  do {
    json::Value question = object_of({{"MaxResults", is_parameters() ? 50 : 100}});
    if (!token.empty()) question.set("NextToken", token);
    LODE_ASSIGN(const Answer answer, call(action, question, what, stop));
    if (!answer.error.empty()) return refused(answer, action, what);
    const json::Value* page = answer.body.find(is_parameters() ? "Parameters" : "SecretList");
    if (page != nullptr && page->is_list()) {
      for (const json::Value& item : page->items()) names.push_back(item.text_or("Name", ""));
    }
    const std::string next = answer.body.text_or("NextToken", "");
    token = next == token ? "" : next;  // the same page again would never end
  } while (!token.empty());
  return names;
}

namespace {

Result<AwsVaultAccess> find_aws_access(const VaultSettings& settings, const std::stop_token& stop) {
  ConfigQuery where{.key = "credentials", .sections = {"providers", settings.section()}};
  const Machine machine(settings.env(), settings.http(), stop);
  CredentialFacts facts;
  LODE_ASSIGN(json::Value fields,
              find_credentials(settings.config(), *find_credential_kind("aws"), where, machine, &facts));
  AwsVaultAccess access;
  access.keys.keys.access_key_id = fields.text_or("aws_access_key_id", "");
  access.keys.keys.secret_access_key = fields.text_or("aws_secret_access_key", "");
  access.keys.keys.session_token = fields.text_or("aws_session_token", "");
  access.keys.ends_us = facts.ends_us;
  access.region = fields.text_or("region_name", "");
  access.endpoint_url = fields.text_or("endpoint_url", "");
  wipe(fields);
  if (!access.region.empty()) return access;
  return Status::error(Code::kConfigMissing, fmt::format("no AWS region for [providers.{}]", settings.section()))
      .hint(fmt::format("export AWS_REGION=…  or  add  region_name = \"…\"  under [providers.{}.credentials] of "
                        "secrets.toml",
                        settings.section()));
}

Result<std::unique_ptr<VaultStore>> make(const VaultSettings& settings, AwsVaultOptions::Service service) {
  AwsVaultOptions options;
  options.service = service;
  LODE_ASSIGN(options.prefix, settings.prefix(options.prefix));
  LODE_ASSIGN(options.patience, settings.patience());
  return std::unique_ptr<VaultStore>(
      std::make_unique<AwsVault>(settings.env(), settings.http(), std::move(options),
                                 [settings](const std::stop_token& stop) { return find_aws_access(settings, stop); }));
}

}  // namespace

Result<std::unique_ptr<VaultStore>> make_aws_secrets(const VaultSettings& settings) {
  return make(settings, AwsVaultOptions::Service::kSecretsManager);
}

Result<std::unique_ptr<VaultStore>> make_aws_parameters(const VaultSettings& settings) {
  return make(settings, AwsVaultOptions::Service::kParameterStore);
}

}  // namespace lode
