// AWS Secrets Manager and SSM Parameter Store as vaults.
#include "config/aws_vault.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/text.h"
#include "config/secret.h"
#include "http/redact.h"
#include "http/retry.h"
#include "json/parse.h"
#include "json/write.h"

namespace lode {
namespace {

constexpr std::uint64_t kAnswerBytesMax = 4u << 20;  // a secret has 64 KiB, a page of a list 100 names

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

// What the services accept as a name; others cannot be there, and asking for them is an error.
bool can_be_name(const std::string& name, std::string_view signs) {
  return !name.empty() && name.size() <= 512 && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           signs.find(c) != std::string_view::npos;
  });
}

json::Value object_of(std::vector<json::Value::Member> members) { return json::Value::object(std::move(members)); }

}  // namespace

AwsVault::AwsVault(Env& env, HttpTransport& http, AwsVaultOptions options, FindAccess find_access)
    : env_(env), http_(http), options_(std::move(options)), find_access_(std::move(find_access)) {}

AwsVault::~AwsVault() {
  if (!access_) return;
  wipe(access_->keys.secret_access_key);
  wipe(access_->keys.session_token);
}

std::string_view AwsVault::title() const { return is_parameters() ? "AWS Parameter Store" : "AWS Secrets Manager"; }

std::string AwsVault::name_of(const KeyPath& key) const {
  std::string name = join(key.parts, "/");
  if (!options_.prefix.empty()) name = options_.prefix + "/" + name;
  return is_parameters() && !name.starts_with('/') ? "/" + name : name;
}

std::string AwsVault::address_of(const std::string& name) const {
  return (is_parameters() ? "aws-ssm://" : "aws-sm://") + name;
}

HttpRequest AwsVault::request_for(const std::string& action, const json::Value& question) const {
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
  request.timeout_s = options_.timeout_s;
  request.connect_timeout_s = std::min(options_.timeout_s, 5.0);
  request.total_timeout_s = options_.timeout_s;
  request.body_bytes_max = kAnswerBytesMax;
  request.follow_redirects = false;
  return request;
}

Result<AwsVault::Answer> AwsVault::read_answer(const HttpRequest& request, const HttpResponse& response,
                                               std::string_view what) const {
  Answer answer;
  Result<json::Value> body = json::parse_value(response.body);
  if (body.ok() && body->is_object()) answer.body = std::move(*body);
  const bool is_ok = response.status == 200 && answer.body.is_object();
  if (is_ok) return answer;
  answer.error = error_name(answer.body);
  // What stands before the services (and moto) may refuse in XML, as AWS's older services do.
  if (answer.error.empty()) answer.error = between(response.body, "<Code>", "</Code>");
  if (answer.error.empty()) {
    return Status::error(Code::kConfigUnreadable,
                         fmt::format("{} answered {} to the question for {}", title(), response.status, what))
        .hint("is endpoint_url that of this service?");
  }
  // What AWS says may repeat what was sent.
  std::vector<std::string> secrets = secrets_of(request);
  secrets.push_back(access_->keys.secret_access_key);
  if (!access_->keys.session_token.empty()) secrets.push_back(access_->keys.session_token);
  const std::string message = answer.body.text_or("message", answer.body.text_or("Message", ""));
  answer.message = body_excerpt(message, secrets, 300);
  for (std::string& secret : secrets) wipe(secret);
  return answer;
}

Result<AwsVault::Answer> AwsVault::call(const std::string& action, const json::Value& question, std::string_view what) {
  if (!access_) {
    Result<AwsVaultAccess> access = find_access_();
    if (!access.ok()) {
      return Status::error(Code::kConfigUnreadable, fmt::format("{} cannot be asked for {}", title(), what))
          .caused_by(std::move(access).status());
    }
    access_ = std::move(*access);
  }
  RetryPolicy policy;
  policy.attempts_max = options_.attempts;
  policy.backoff_s = 0.25;
  policy.backoff_s_limit = 5;
  const std::int64_t begin_us = env_.steady_us();
  for (std::uint32_t made = 1;; ++made) {
    HttpRequest request = request_for(action, question);
    LODE_TRY(sign_aws_v4(request, access_->keys, {access_->region, is_parameters() ? "ssm" : "secretsmanager"},
                         env_.now_us()));
    Result<HttpResponse> response = http_.send(request, {});
    policy.is_temporary.reset();
    if (response.ok() && response->status == 400) {
      const Result<json::Value> body = json::parse_value(response->body);
      if (body.ok() && is_throttling(error_name(*body))) policy.is_temporary = true;
    }
    const RetryDecision decision = decide(policy, made, response, env_.now_us());
    if (decision.retry) {
      std::this_thread::sleep_for(std::chrono::duration<double>(decision.wait_s));
      continue;
    }
    if (response.ok()) {
      Result<Answer> answer = read_answer(request, *response, what);
      wipe(response->body);
      return answer;
    }
    const double seconds = static_cast<double>(env_.steady_us() - begin_us) / 1e6;
    return Status::error(Code::kConfigUnreadable, fmt::format("{} cannot be asked for {}", title(), what))
        .caused_by(no_answer_error(std::move(response).status(), {made, seconds}));
  }
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

Status AwsVault::fetch(const std::string& name, VaultEntry& entry) {
  entry.why = is_parameters() ? "no such parameter" : "no such secret";
  if (!can_be_name(name, is_parameters() ? "/_.-" : "/_+=.@-")) {
    entry.why = "cannot be a name there";
    return {};
  }
  const std::string action = is_parameters() ? "GetParameter" : "GetSecretValue";
  const json::Value question =
      is_parameters() ? object_of({{"Name", name}, {"WithDecryption", true}}) : object_of({{"SecretId", name}});
  LODE_ASSIGN(Answer answer, call(action, question, fmt::format("'{}'", name)));
  if (answer.error.empty()) {
    const json::Value* text =
        is_parameters() ? answer.body.find_path({"Parameter", "Value"}) : answer.body.find("SecretString");
    const bool has_text = text != nullptr && text->is_text();
    if (has_text) entry.text = text->as_text();
    wipe(answer.body);
    if (!has_text) return Status::error(Code::kConfigUnreadable, fmt::format("{} is no text", address_of(name)));
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

Result<std::vector<std::string>> AwsVault::list() {
  const std::string action = is_parameters() ? "DescribeParameters" : "ListSecrets";
  const std::string what = fmt::format("the list of {}", is_parameters() ? "parameters" : "secrets");
  std::vector<std::string> names;
  std::string token;
  do {
    json::Value question = object_of({{"MaxResults", is_parameters() ? 50 : 100}});
    if (!token.empty()) question.set("NextToken", token);
    LODE_ASSIGN(const Answer answer, call(action, question, what));
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

}  // namespace lode
