// CloudCall: asking endpoints that give out tokens or keys.
#include "config/clouds/cloud_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>

#include "base/text.h"
#include "config/secret.h"
#include "http/redact.h"
#include "http/retry.h"
#include "http/url.h"
#include "json/parse.h"
#include "json/write.h"

namespace lode {
namespace {

constexpr std::uint64_t kAnswerBytesMax = 1u << 20;  // tokens have some KiB

// What an answer says about itself: OAuth's error and error_description, or Google's {"error": {"message": …}}.
std::string words_of(const json::Value& answer) {
  if (!answer.is_object()) return "";
  const json::Value* error = answer.find("error");
  const json::Value& inner = error != nullptr && error->is_object() ? *error : answer;
  std::string words;
  for (const char* name : {"error", "status", "code", "Code", "error_description", "message", "Message"}) {
    const std::string text = inner.text_or(name, "");
    if (!text.empty()) words += (words.empty() ? "" : ": ") + text;
  }
  return words;
}

}  // namespace

CloudCall::CloudCall(std::string who_answers, std::string method, std::string url) : who(std::move(who_answers)) {
  request.method = std::move(method);
  request.url = std::move(url);
  request.timeout_s = 15;
  request.connect_timeout_s = 5;
  request.total_timeout_s = 30;
  request.body_bytes_max = kAnswerBytesMax;
  request.follow_redirects = false;  // what is sent is for this endpoint alone
}

CloudCall::~CloudCall() {
  wipe(request.body);
  for (auto& header : request.headers) wipe(header.second);
  for (std::string& secret : secrets) wipe(secret);
}

void CloudCall::send_form(const FormPairs& form) {
  request.body = form_encode(form);
  set_header(request.headers, "Content-Type", "application/x-www-form-urlencoded");
}

void CloudCall::send_json(const json::Value& body) {
  request.body = json::write(body);
  set_header(request.headers, "Content-Type", "application/json");
}

bool wait_unless_stopped(double seconds, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, std::chrono::duration<double>(seconds), [] { return false; });
  return !stop.stop_requested();
}

Result<HttpResponse> ask(const CloudAccess& access, const CloudCall& call) {
  if (access.is_quiet) return Status::error(Code::kCancelled, fmt::format("{} is not asked now", call.who));
  HttpRequest request = call.request;
  if (call.is_local) request.connect_timeout_s = std::min(request.connect_timeout_s, 1.0);
  RetryPolicy policy;
  policy.attempts_max = 3;
  policy.backoff_s = 0.25;
  policy.backoff_s_limit = 5;
  const std::int64_t begin_us = access.env.steady_us();
  for (std::uint32_t made = 1;; ++made) {
    Result<HttpResponse> response = access.http.send(request, access.stop);
    const bool is_away = !response.ok() && call.is_local;
    const RetryDecision decision = decide(policy, made, response, access.env.now_us());
    if (decision.retry && !is_away) {
      if (!access.http.is_network() || wait_unless_stopped(decision.wait_s, access.stop)) continue;
      response = Status::error(Code::kCancelled, fmt::format("{} was asked, and stopped", call.who));
    }
    wipe(request.body);
    if (response.ok()) return response;
    const double seconds = static_cast<double>(access.env.steady_us() - begin_us) / 1e6;
    return no_answer_error(std::move(response).status(), {made, seconds});
  }
}

Status refusal(const CloudCall& call, const HttpResponse& response) {
  std::vector<std::string> secrets = secrets_of(call.request);
  for (const std::string& secret : call.secrets) {
    secrets.push_back(secret);
    secrets.push_back(form_encode(secret));  // an answer may repeat the question
  }
  Status error =
      Status::error(Code::kHttpAuth, fmt::format("{} answered {}", call.who, response.status))
          .with("asked", fmt::format("{} {}", call.request.method, redact(sanitise_url(call.request.url), secrets)));
  const Result<json::Value> answer = json::parse_value(response.body);
  const std::string words = answer.ok() ? words_of(*answer) : "";
  const std::string said = body_excerpt(words.empty() ? response.body : words, secrets, 300);
  if (!said.empty() && response.status != 200) error.with("said", said);
  if (response.status == 200) error.note("the answer is not what this endpoint gives; is the address right?");
  for (std::string& secret : secrets) wipe(secret);
  return error;
}

Result<json::Value> json_of(const CloudCall& call, HttpResponse response) {
  if (response.status == 200) {
    Result<json::Value> answer = json::parse_value(response.body);
    if (answer.ok() && answer->is_object()) {
      wipe(response.body);
      return answer;
    }
  }
  Status error = refusal(call, response);
  wipe(response.body);
  return error;
}

Result<json::Value> ask_for_json(const CloudAccess& access, const CloudCall& call) {
  LODE_ASSIGN(HttpResponse response, ask(access, call));
  return json_of(call, std::move(response));
}

double seconds_of(const json::Value& answer, std::string_view name, double fallback) {
  const json::Value* value = answer.find(name);
  if (value == nullptr) return fallback;
  double seconds = fallback;
  if (value->is_int()) {
    seconds = static_cast<double>(value->as_int());
  } else if (value->is_double()) {
    seconds = value->as_double();
  } else if (value->is_text()) {
    const std::string& text = value->as_text();
    const bool is_number =
        !text.empty() && text.size() < 16 && text.find_first_not_of("0123456789") == std::string::npos;
    if (is_number) seconds = std::stod(text);
  }
  constexpr double kSecondsMax = 9e12;  // as microseconds within 64 bits
  return std::isfinite(seconds) ? std::clamp(seconds, 0.0, kSecondsMax) : fallback;
}

bool can_be_host(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

}  // namespace lode
