// Redirects: what to ask next, and what not to send along.
#include "http/redirect.h"

#include <fmt/format.h>

#include "base/text.h"
#include "http/redact.h"
#include "http/url.h"

namespace lode {
namespace {

bool may_keep_credentials(const Url& from, const Url& to) {
  if (from.host != to.host) return false;
  if (from.scheme == to.scheme && from.port == to.port) return true;
  return from.scheme == "http" && from.port == 80 && to.is_https() && to.port == 443;
}

}  // namespace

bool is_redirect(const HttpResponse& response) {
  switch (response.status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: {
      const std::string* location = response.header("Location");
      return location != nullptr && !location->empty();
    }
    default:
      return false;
  }
}

Result<Redirect> redirect_of(const HttpRequest& request, const HttpResponse& response) {
  LODE_ASSIGN(const Url from, parse_url(request.url));
  Result<Url> to = parse_url(resolve_url(request.url, *response.header("Location")));
  if (!to.ok()) {
    return std::move(to).status().note(
        fmt::format("{} {} sent there (status {})", request.method, sanitise_url(request.url), response.status));
  }
  const bool becomes_get = (response.status == 303 && request.method != "HEAD") ||
                           (response.status == 302 && request.method != "HEAD") ||
                           (response.status == 301 && request.method == "POST");
  const std::string userinfo = to->userinfo.empty() ? "" : to->userinfo + "@";
  return Redirect{.method = becomes_get ? "GET" : request.method,
                  .url = fmt::format("{}://{}{}{}", to->scheme, userinfo, to->host_header(), to->target()),
                  .drops_body = becomes_get,
                  .keeps_credentials = may_keep_credentials(from, *to)};
}

Status follow_redirect(HttpRequest& request, const HttpResponse& response) {
  LODE_ASSIGN(Redirect redirect, redirect_of(request, response));
  request.method = std::move(redirect.method);
  request.url = std::move(redirect.url);
  if (redirect.drops_body) {
    request.body.clear();
    for (const char* name : {"Content-Type", "Content-Length", "Transfer-Encoding", "Content-Encoding"}) {
      remove_header(request.headers, name);
    }
  }
  if (!redirect.keeps_credentials) {
    std::erase_if(request.headers, [](const auto& header) {
      return is_secret_name(header.first) || equal_ignoring_case(header.first, "Cookie") ||
             equal_ignoring_case(header.first, "Host");
    });
    request.certificate = {};
  }
  return {};
}

}  // namespace lode
