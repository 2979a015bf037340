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

std::shared_ptr<HttpCall> HttpCall::start(Engine& engine, HttpRequest request, const HttpLimits& limits,
                                          std::shared_ptr<ResourceProgress> progress, Done done) {
  std::shared_ptr<HttpCall> call(new HttpCall(std::move(progress), std::move(done)));
  auto shared_request = std::make_shared<const HttpRequest>(std::move(request));
  if (!engine.http().is_network()) {
    call->send(engine, std::move(shared_request), nullptr);
    return call;
  }
  call->gate_ = engine.http_gates().at(shared_request->url, limits);
  call->gate_->enter(
      [weak = std::weak_ptr(call), &engine, request = std::move(shared_request)](HttpGate::Ticket ticket) {
        const std::shared_ptr<HttpCall> waiting = weak.lock();
        if (waiting && waiting->done_) waiting->send(engine, request, std::move(ticket));
      });
  return call;
}

HttpCall::HttpCall(std::shared_ptr<ResourceProgress> progress, Done done)
    : progress_(std::move(progress)), done_(std::move(done)) {}

HttpCall::~HttpCall() { cancel(); }

void HttpCall::cancel() {
  done_ = nullptr;
  stop_.request_stop();
}

void HttpCall::send(Engine& engine, std::shared_ptr<const HttpRequest> request, HttpGate::Ticket ticket) {
  if (progress_) ++progress_->requests;
  // The worker holds no reference to the call: an abandoned call ends at once, its request soon after.
  engine.workers().submit([weak = weak_from_this(), request = std::move(request), ticket = std::move(ticket),
                           token = stop_.get_token(), engine = &engine]() mutable {
    HttpOutcome outcome{engine->http().send(*request, token), std::nullopt};
    ticket.reset();
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
  if (outcome.response.ok() && gate_) gate_->note(*outcome.response);
  const Done done = std::exchange(done_, nullptr);
  done(std::move(outcome));
}

}  // namespace lode
