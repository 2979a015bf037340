// HttpGate: holds requests back that would come too fast for a server.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "env/env.h"
#include "http/rate_limit.h"
#include "runtime/event_loop.h"

namespace lode {

/// Requests to one server that keep to the same limits, from whichever pipeline they come. Everything on the engine's
/// thread, but a ticket may be dropped anywhere.
class HttpGate : public std::enable_shared_from_this<HttpGate> {
 public:
  /// Held while a request is under way.
  using Ticket = std::shared_ptr<void>;
  using Go = std::function<void(Ticket)>;
  HttpGate(std::string server, const HttpLimits& limits, EventLoop& loop, Env& env, const Log& log);

  /// Calls `go` now, or when the limits allow it; in order.
  void enter(Go go);
  /// What the server says of its own limits.
  void note(const HttpResponse& response);

 private:
  void let_in();
  void let_in_after(double wait_s);
  void leave();

  const std::string server_;
  const HttpLimits limits_;
  EventLoop& loop_;
  Env& env_;
  const Log& log_;
  TokenBucket bucket_;
  std::deque<Go> waiting_;
  std::uint32_t inside_ = 0;
  std::int64_t closed_until_us_ = 0;  // on the steady clock: the server's word
  bool has_timer_ = false;
};

/// The gates of an engine, made when they are asked for.
class HttpGates {
 public:
  HttpGates(EventLoop& loop, Env& env, const Log& log) : loop_(loop), env_(env), log_(log) {}
  /// For the server of `url`.
  std::shared_ptr<HttpGate> at(const std::string& url, const HttpLimits& limits);

 private:
  EventLoop& loop_;
  Env& env_;
  const Log& log_;
  std::map<std::string, std::shared_ptr<HttpGate>> gates_;
};

}  // namespace lode
