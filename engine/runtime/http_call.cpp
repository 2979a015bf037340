// HTTP calls that do not block: sent by a worker, answered on the loop.
#include "runtime/http_call.h"

#include "base/text.h"
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

std::shared_ptr<HttpCall> HttpCall::start(Engine& engine, HttpRequest request,
                                          std::shared_ptr<ResourceProgress> progress, Done done) {
  std::shared_ptr<HttpCall> call(new HttpCall(std::move(progress), std::move(done)));
  call->send(engine, std::move(request));
  return call;
}

HttpCall::HttpCall(std::shared_ptr<ResourceProgress> progress, Done done)
    : progress_(std::move(progress)), done_(std::move(done)) {}

HttpCall::~HttpCall() { cancel(); }

void HttpCall::cancel() {
  done_ = nullptr;
  stop_.request_stop();
}

void HttpCall::send(Engine& engine, HttpRequest request) {
  if (progress_) ++progress_->requests;
  // The worker holds no reference to the call: an abandoned call ends at once, its request soon after.
  engine.workers().submit(
      [weak = weak_from_this(), request = std::move(request), token = stop_.get_token(), engine = &engine] {
        HttpOutcome outcome{engine->http().send(request, token), std::nullopt};
        if (outcome.response.ok() && looks_like_json(*outcome.response)) {
          outcome.json = json::Parser().parse(outcome.response->body);
        }
        engine->loop().post([weak, outcome = std::make_shared<HttpOutcome>(std::move(outcome))] {
          if (const std::shared_ptr<HttpCall> call = weak.lock()) call->finish(std::move(*outcome));
        });
      });
}

void HttpCall::finish(HttpOutcome outcome) {
  if (!done_) return;
  if (outcome.response.ok() && progress_) progress_->bytes += outcome.response->bytes_in;
  const Done done = std::exchange(done_, nullptr);
  done(std::move(outcome));
}

}  // namespace lode
