// HttpGate: holds requests back that would come too fast for a server.
#include "runtime/http_gate.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "http/url.h"

namespace lode {

HttpGate::HttpGate(std::string server, const HttpLimits& limits, EventLoop& loop, Env& env, const Log& log)
    : server_(std::move(server)),
      limits_(limits),
      loop_(loop),
      env_(env),
      log_(log),
      bucket_(limits, env.steady_us()) {}

void HttpGate::enter(Go go) {
  waiting_.push_back(std::move(go));
  let_in();
}

void HttpGate::let_in() {
  while (!waiting_.empty() && (limits_.concurrency == 0 || inside_ < limits_.concurrency)) {
    const std::int64_t now_us = env_.steady_us();
    if (now_us < closed_until_us_) return let_in_after(static_cast<double>(closed_until_us_ - now_us) / 1e6);
    if (const double wait_s = bucket_.take(now_us); wait_s > 0) return let_in_after(wait_s);
    const Go go = std::move(waiting_.front());
    waiting_.pop_front();
    ++inside_;
    // Whoever drops the ticket may be on another thread, and the gate may be gone by then.
    go(Ticket(this, [weak = weak_from_this(), &loop = loop_](void*) {
      if (weak.expired()) return;
      loop.post([weak] {
        if (const std::shared_ptr<HttpGate> gate = weak.lock()) gate->leave();
      });
    }));
  }
}

void HttpGate::let_in_after(double wait_s) {
  if (std::exchange(has_timer_, true)) return;
  loop_.post_after(static_cast<std::int64_t>(wait_s * 1e6) + 1, [weak = weak_from_this()] {
    const std::shared_ptr<HttpGate> gate = weak.lock();
    if (!gate) return;
    gate->has_timer_ = false;
    gate->let_in();
  });
}

void HttpGate::leave() {
  --inside_;
  let_in();
}

void HttpGate::note(const HttpResponse& response) {
  const double wait_s = used_up_for_s(response, env_.now_us());
  if (wait_s <= 0 || wait_s > limits_.wait_s_limit) return;
  const std::int64_t until_us = env_.steady_us() + static_cast<std::int64_t>(wait_s * 1e6);
  if (until_us <= closed_until_us_) return;
  closed_until_us_ = until_us;
  log_.info(fmt::format("{}: its limit of requests is used up; waiting {}", server_, show_seconds(wait_s)));
}

std::shared_ptr<HttpGate> HttpGates::at(const std::string& url, const HttpLimits& limits) {
  const Result<Url> parsed = parse_url(url);
  const std::string server = parsed.ok() ? parsed->host_and_port() : "";
  const std::string key = fmt::format("{} {} {} {} {} {}", server, limits.concurrency, limits.requests, limits.per_s,
                                      limits.burst, limits.wait_s_limit);
  std::shared_ptr<HttpGate>& gate = gates_[key];
  if (!gate) gate = std::make_shared<HttpGate>(server, limits, loop_, env_, log_);
  return gate;
}

}  // namespace lode
