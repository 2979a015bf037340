// CloudCall: one question to an endpoint that gives out tokens or keys, asked with patience; no secret reaches an
// error.
#pragma once

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "env/env.h"
#include "http/client.h"
#include "http/form.h"
#include "json/value.h"

namespace lode {

/// What is needed to ask: cheap to copy. Both must outlive the calls.
struct CloudAccess {
  HttpTransport& http;
  Env& env;
  std::stop_token stop = {};
  /// Only what needs no waiting: asking, or running a program, fails at once with kCancelled.
  bool is_quiet = false;
};

struct CloudCall {
  std::string who;  ///< "Google's token endpoint": for messages
  HttpRequest request;
  std::vector<std::string> secrets = {};  ///< further ones than secrets_of(request) finds; wiped with the call
  /// The machine's own service, on a link-local address: it answers at once or it is not there.
  bool is_local = false;

  CloudCall(std::string who, std::string method, std::string url);
  ~CloudCall();
  CloudCall(const CloudCall&) = delete;
  CloudCall& operator=(const CloudCall&) = delete;
  void send_form(const FormPairs& form);
  void send_json(const json::Value& body);
};

/// Whatever it answers. Tries again while it is busy or, unless it is local, away; waits at most some seconds between
/// attempts. The caller wipes the body. Errors: as HttpTransport::send().
Result<HttpResponse> ask(const CloudAccess& access, const CloudCall& call);

/// The error for an answer that is not what was asked for: who answered what, what it said, redacted. Code: kHttpAuth.
Status refusal(const CloudCall& call, const HttpResponse& response);

/// The JSON object of an answer of 200; anything else is refusal().
Result<json::Value> json_of(const CloudCall& call, HttpResponse response);

/// ask() and json_of().
Result<json::Value> ask_for_json(const CloudAccess& access, const CloudCall& call);

/// A number, or text that is one, as endpoints write expires_in; `fallback` for all else.
double seconds_of(const json::Value& answer, std::string_view name, double fallback);

/// Whether `text` may be a part of a host name: letters, digits, '-', '.'.
bool can_be_host(std::string_view text);

/// Waits, unless a stop is requested first. False: it was.
bool wait_unless_stopped(double seconds, const std::stop_token& stop);

}  // namespace lode
