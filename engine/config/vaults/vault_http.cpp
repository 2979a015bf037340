// VaultHttp: what all vaults behind HTTP share.
#include "config/vaults/vault_http.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/clouds/cloud_call.h"
#include "config/secret.h"
#include "http/redact.h"
#include "http/retry.h"
#include "json/parse.h"

namespace lode {
namespace {

constexpr std::uint64_t kAnswerBytesMax = 4u << 20;  // a secret has 64 KiB or less, a page of a list some hundred names

RetryPolicy policy_of(const VaultPatience& patience) {
  RetryPolicy policy;
  policy.attempts_max = patience.attempts;
  policy.backoff_s = 0.25;
  policy.backoff_s_limit = 5;  // somebody waits for the script to begin
  return policy;
}

void wipe_request(HttpRequest& request) {
  for (auto& header : request.headers) wipe(header.second);
  wipe(request.body);
}

}  // namespace

VaultAnswer::~VaultAnswer() {
  wipe(text);
  wipe(body);
  for (std::string& secret : secrets) wipe(secret);
}

std::string VaultAnswer::show(std::string_view shown) const { return body_excerpt(shown, secrets, 300); }

bool is_vault_name(std::string_view name, std::string_view signs, std::size_t bytes_max) {
  return !name.empty() && name.size() <= bytes_max && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           signs.find(c) != std::string_view::npos;
  });
}

Status VaultHttp::cannot_ask(std::string_view what, Status why) const {
  if (why.code() == Code::kCancelled) return why;
  Status error = Status::error(Code::kConfigUnreadable, fmt::format("{} cannot be asked for {}", title_, what));
  if (std::string hint = why.hint_text(); !hint.empty()) error.hint(std::move(hint));
  return error.caused_by(std::move(why));
}

// The last word: an answer, or why there is none.
Result<VaultAnswer> VaultHttp::read(HttpRequest& request, Result<HttpResponse> response, const VaultQuestion& question,
                                    std::uint32_t attempts_made, std::int64_t begin_us) const {
  const Attempts attempts{attempts_made, static_cast<double>(env_.steady_us() - begin_us) / 1e6};
  if (!response.ok()) {
    return cannot_ask(question.what, no_answer_error(std::move(response).status(), attempts));
  }
  VaultAnswer answer;
  answer.secrets = secrets_of(request);
  answer.secrets.insert(answer.secrets.end(), question.secrets.begin(), question.secrets.end());
  if (response->status == 429 || response->status >= 500) {
    response->body = answer.show(response->body);
    return cannot_ask(question.what, status_error(request, *response, attempts, env_.now_us()));
  }
  answer.status = response->status;
  answer.headers = std::move(response->headers);
  answer.text = std::move(response->body);
  Result<json::Value> body = json::parse_value(answer.text);
  if (body.ok() && body->is_object()) answer.body = std::move(*body);
  return answer;
}

Result<VaultAnswer> VaultHttp::ask(const VaultQuestion& question, const std::stop_token& stop) {
  RetryPolicy policy = policy_of(patience_);
  const std::int64_t begin_us = env_.steady_us();
  for (std::uint32_t made = 1;; ++made) {
    if (stop.stop_requested()) return Status::error(Code::kCancelled, "cancelled");
    LODE_ASSIGN(HttpRequest request, question.make());
    request.timeout_s = request.total_timeout_s = patience_.timeout_s;
    request.connect_timeout_s = std::min(patience_.timeout_s, 5.0);
    request.body_bytes_max = kAnswerBytesMax;
    request.follow_redirects = false;
    Result<HttpResponse> response = http_.send(request, stop);
    policy.is_temporary.reset();
    if (response.ok() && question.is_busy && question.is_busy(*response)) policy.is_temporary = true;
    const RetryDecision decision = decide(policy, made, response, env_.now_us());
    if (!decision.retry) {
      Result<VaultAnswer> answer = read(request, std::move(response), question, made, begin_us);
      wipe_request(request);
      return answer;
    }
    wipe_request(request);
    if (response.ok()) wipe(response->body);
    if (http_.is_network()) wait_unless_stopped(decision.wait_s, stop);
  }
}

}  // namespace lode
