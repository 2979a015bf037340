// HTTP calls that do not block: sent by a worker, answered on the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include "extract/progress.h"
#include "http/message.h"
#include "json/document.h"
#include "runtime/engine.h"

namespace lode {

/// What a call ended with.
struct HttpOutcome {
  Result<HttpResponse> response;  ///< of the last attempt; any status
  /// The body parsed, when it looks like JSON: done on the worker so that the engine's thread never parses.
  std::optional<Result<std::shared_ptr<const json::Document>>> json;
};

/// One request, sent once: whoever made it decides about another attempt (http/retry.h). Made and used on the engine's
/// thread. Dropping the last reference cancels it.
class HttpCall : public std::enable_shared_from_this<HttpCall> {
 public:
  using Done = std::function<void(HttpOutcome)>;
  /// `done` is called once, on the engine's thread, in a later tick; not after cancel(). `progress` may be null.
  static std::shared_ptr<HttpCall> start(Engine& engine, HttpRequest request, const HttpLimits& limits,
                                         std::shared_ptr<ResourceProgress> progress, Done done);
  ~HttpCall();
  void cancel();

 private:
  HttpCall(std::shared_ptr<ResourceProgress> progress, Done done);
  void send(Engine& engine, std::shared_ptr<const HttpRequest> request, HttpGate::Ticket ticket);
  void finish(HttpOutcome outcome);

  const std::shared_ptr<ResourceProgress> progress_;
  Done done_;
  std::shared_ptr<HttpGate> gate_;
  std::stop_source stop_;
};

}  // namespace lode
