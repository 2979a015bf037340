// HTTP calls that do not block: attempts on workers, waits between them on the loop.
#include "runtime/http_call.h"

#include <fmt/format.h>

#include "base/text.h"
#include "http/url.h"
#include "json/parse.h"

namespace lode {
namespace {

bool looks_like_json(const HttpResponse& response) {
  const std::string* type = response.header("content-type");
  if (type != nullptr && type->find("json") != std::string::npos) return true;
  const std::string_view body = trim(std::string_view(response.body).substr(0, 256));
  return !body.empty() && (body.front() == '{' || body.front() == '[');
}

}  // namespace

std::shared_ptr<HttpCall> HttpCall::start(Engine& engine, HttpRequest request, RetryPolicy policy,
                                          std::shared_ptr<ResourceProgress> progress, Done done) {
  std::shared_ptr<HttpCall> call(
      new HttpCall(engine, std::move(request), policy, std::move(progress), std::move(done)));
  call->attempt();
  return call;
}

HttpCall::HttpCall(Engine& engine, HttpRequest request, RetryPolicy policy, std::shared_ptr<ResourceProgress> progress,
                   Done done)
    : engine_(engine),
      request_(std::make_shared<const HttpRequest>(std::move(request))),
      policy_(policy),
      progress_(std::move(progress)),
      done_(std::move(done)),
      start_us_(engine.env().steady_us()) {}

HttpCall::~HttpCall() { cancel(); }

void HttpCall::cancel() {
  done_ = nullptr;
  stop_.request_stop();
}

void HttpCall::attempt() {
  ++attempts_;
  if (progress_) {
    ++progress_->requests;
    if (attempts_ > 1) ++progress_->retries;
  }
  // The worker holds no reference to the call: an abandoned call ends at once, its attempt soon after.
  engine_.workers().submit([weak = weak_from_this(), request = request_, token = stop_.get_token(), engine = &engine_] {
    HttpOutcome outcome{engine->http().send(*request, token), std::nullopt};
    if (outcome.response.ok() && looks_like_json(*outcome.response)) {
      outcome.json = json::Parser().parse(outcome.response->body);
    }
    engine->loop().post([weak, outcome = std::make_shared<HttpOutcome>(std::move(outcome))] {
      if (const std::shared_ptr<HttpCall> call = weak.lock()) call->on_attempt(std::move(*outcome));
    });
  });
}

void HttpCall::on_attempt(HttpOutcome outcome) {
  if (!done_) return;
  if (outcome.response.ok() && progress_) progress_->bytes += outcome.response->bytes_in;
  const RetryDecision decision = decide(policy_, attempts_, outcome.response, engine_.env().now_us());
  if (decision.retry) {
    engine_.log().info(fmt::format("{} {}: {}; trying again in {}", request_->method, sanitise_url(request_->url),
                                   decision.why, show_seconds(decision.wait_s)));
    engine_.loop().post_after(static_cast<std::int64_t>(decision.wait_s * 1e6), [weak = weak_from_this()] {
      const std::shared_ptr<HttpCall> call = weak.lock();
      if (call && call->done_) call->attempt();
    });
    return;
  }
  outcome.attempts = attempts_;
  outcome.seconds = static_cast<double>(engine_.env().steady_us() - start_us_) / 1e6;
  const Done done = std::exchange(done_, nullptr);
  done(std::move(outcome));
}

}  // namespace lode
