// Redirects: what to ask next, and what not to send along. Pure functions.
#pragma once

#include <string>

#include "base/result.h"
#include "http/message.h"

namespace lode {

/// Whether `response` sends the client elsewhere: a redirect status with a Location.
bool is_redirect(const HttpResponse& response);

/// What an answer asks the client to send next.
struct Redirect {
  std::string method;
  std::string url;
  bool drops_body = false;        ///< and what describes it: Content-Type and the like
  bool keeps_credentials = true;  ///< false: without Authorization, Cookie and Host
};

/// The rules of follow_redirect(), as a plan. Errors: kHttpBadUrl. REQUIRES: is_redirect(response)
Result<Redirect> redirect_of(const HttpRequest& request, const HttpResponse& response);

/// Changes `request` to the one that `response` asks for. The rules of browsers and of Python's requests: 303 becomes
/// GET, so do 302, and 301 after POST, all without a body (HEAD stays HEAD); 307 and 308 keep method and body.
/// Credentials go only to the same server, or to its https twin. Errors: kHttpBadUrl. REQUIRES: is_redirect(response)
Status follow_redirect(HttpRequest& request, const HttpResponse& response);

}  // namespace lode
