// HttpClient: sends requests over kept connections, follows redirects, and says what went wrong.
#include "http/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "http/body_decoder.h"
#include "http/connection.h"
#include "http/exchange.h"
#include "http/pool.h"
#include "http/proxy.h"
#include "http/redact.h"
#include "http/redirect.h"
#include "http/stop_event.h"
#include "http/tls.h"
#include "http/url.h"

namespace lode {
namespace {

// Requests that must not be sent twice use only connections that rested shorter than any server's patience.
constexpr std::int64_t kFreshIdleUs = 1'000'000;

Status cancelled() { return Status::error(Code::kCancelled, "cancelled"); }

bool may_repeat(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS";
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7F && std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
  });
}

// What reaches the wire unchecked could smuggle in headers or a whole request.
Status check_sendable(const HttpRequest& request) {
  if (!is_token(request.method)) {
    return Status::error(Code::kInvalidArgument,
                         fmt::format("'{}' is not an HTTP method", shorten(request.method, 40)));
  }
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) {
      return Status::error(Code::kInvalidArgument, fmt::format("'{}' is not a header name", shorten(name, 40)));
    }
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      return Status::error(Code::kInvalidArgument,
                           fmt::format("header '{}' has a line break or a NUL in its value", name))
          .hint("a token read from a file often ends with a line break");
    }
  }
  return {};
}

// What the request says, and what goes out when it says nothing else.
RequestHead head_of(const HttpRequest& request, const Url& url, const std::optional<Proxy>& proxy,
                    const std::string& user_agent) {
  const bool through_proxy = proxy && !url.is_https();
  RequestHead head{through_proxy ? url.text() : url.target(), request.headers};
  const auto add = [&](std::string_view name, std::string value) {
    if (find_header(head.headers, name) == nullptr) head.headers.emplace_back(name, std::move(value));
  };
  add("Host", url.host_header());
  add("User-Agent", user_agent);
  add("Accept-Encoding", std::string(kAcceptedEncodings));
  add("Accept", "*/*");
  add("Connection", "keep-alive");
  if (!url.userinfo.empty()) add("Authorization", "Basic " + base64_encode(percent_decode(url.userinfo)));
  if (through_proxy && !proxy->authorization.empty()) add("Proxy-Authorization", proxy->authorization);
  return head;
}

}  // namespace

struct HttpClient::Impl {
  Impl(Env& environment, HttpClientOptions settings)
      : env(environment),
        options(std::move(settings)),
        proxies(environment),
        pool(options.idle_per_server_max, static_cast<std::int64_t>(options.idle_timeout_s * 1e6)) {
    if (options.user_agent.empty()) options.user_agent = "lode/" LODE_VERSION;
  }

  // One request to one server, not yet redirected.
  struct Hop {
    const HttpRequest& request;
    Url url;
    std::optional<Proxy> proxy;
    std::string server;  // names the connections that can carry it
    Patience& patience;
    BodyFile* file;  // null: none
  };
  struct Outcome {
    Status status;
    bool worth_a_fresh_connection = false;  // the kept one turned out to be closed
  };

  Result<HttpResponse> send_once(const HttpRequest& request, Patience& patience, BodyFile* file, const StopEvent& stop);
  Result<std::unique_ptr<Connection>> open(const Hop& hop, const StopEvent& stop);
  Status open_tunnel(Connection& connection, const Hop& hop, const StopEvent& stop);
  Outcome ask(std::unique_ptr<Connection> connection, const Hop& hop, const StopEvent& stop, HttpResponse& response);
  Result<std::shared_ptr<TlsContext>> tls_context();

  Env& env;
  HttpClientOptions options;
  Proxies proxies;
  ConnectionPool pool;
  std::mutex tls_mutex;
  std::shared_ptr<TlsContext> tls;  // loaded at the first https request: it takes milliseconds
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> bytes_in{0};
};

Result<std::shared_ptr<TlsContext>> HttpClient::Impl::tls_context() {
  const std::lock_guard lock(tls_mutex);
  if (tls == nullptr) {
    LODE_ASSIGN(tls, TlsContext::load(env, options.ca_path));
  }
  return tls;
}

Result<std::unique_ptr<Connection>> HttpClient::Impl::open(const Hop& hop, const StopEvent& stop) {
  const Endpoint server{hop.url.host, hop.url.port};
  Result<std::unique_ptr<Connection>> connection =
      Connection::open(hop.proxy ? hop.proxy->endpoint : server, hop.patience.connect_s(), stop);
  if (!connection.ok()) {
    Status status = std::move(connection).status();
    if (hop.proxy) status.note("the proxy comes from HTTP_PROXY, HTTPS_PROXY or ALL_PROXY");
    return status;
  }
  ++connections;
  if (!hop.url.is_https()) return connection;
  if (hop.proxy) LODE_TRY(open_tunnel(**connection, hop, stop));
  LODE_ASSIGN(std::shared_ptr<TlsContext> context, tls_context());
  LODE_TRY((*connection)
               ->start_tls(std::move(context), server, {hop.request.verify_tls, hop.request.certificate},
                           hop.patience.connect_s(), stop));
  return connection;
}

Status HttpClient::Impl::open_tunnel(Connection& connection, const Hop& hop, const StopEvent& stop) {
  HttpRequest request;
  request.method = "CONNECT";
  request.timeout_s = hop.request.timeout_s;
  const std::string server = hop.url.host_and_port();
  RequestHead head{server, {{"Host", server}, {"User-Agent", options.user_agent}}};
  if (!hop.proxy->authorization.empty()) head.headers.emplace_back("Proxy-Authorization", hop.proxy->authorization);
  HttpResponse response;
  Status status = exchange(connection, request, head, hop.patience, stop, response).status;
  bytes_in += response.bytes_in;
  if (status.ok() && response.status / 100 != 2) {
    status = Status::error(Code::kHttpConnect, fmt::format("answered {} {}", response.status, response.reason))
                 .hint("check the proxy's user and password, and whether it may reach this server");
  }
  if (!status.ok() && status.code() != Code::kCancelled) status.about("proxy " + hop.proxy->endpoint.text());
  return status;
}

HttpClient::Impl::Outcome HttpClient::Impl::ask(std::unique_ptr<Connection> connection, const Hop& hop,
                                                const StopEvent& stop, HttpResponse& response) {
  const HttpRequest& request = hop.request;
  const bool is_kept = connection->requests > 0;
  ++connection->requests;
  ++requests;
  Exchange result = exchange(*connection, request, head_of(request, hop.url, hop.proxy, options.user_agent),
                             hop.patience, stop, response, hop.file);
  bytes_in += response.bytes_in;
  if (!result.status.ok()) {
    const bool hung_up = result.status.code() == Code::kHttpConnect && !result.answered;
    return {std::move(result.status), is_kept && hung_up && may_repeat(request.method)};
  }
  if (result.reusable && find_header(request.headers, "Connection") == nullptr) {
    // A second less than promised: the server's clock started earlier.
    const double limit_s =
        result.keep_alive_s > 0 ? std::min(options.idle_timeout_s, result.keep_alive_s - 1) : options.idle_timeout_s;
    connection->idle_limit_us = static_cast<std::int64_t>(limit_s * 1e6);
    pool.put(hop.server, std::move(connection), env.steady_us());
  }
  return {};
}

Result<HttpResponse> HttpClient::Impl::send_once(const HttpRequest& request, Patience& patience, BodyFile* file,
                                                 const StopEvent& stop) {
  if (stop.requested()) return cancelled();
  LODE_TRY(check_sendable(request));
  LODE_ASSIGN(Url url, parse_url(request.url));
  LODE_ASSIGN(std::optional<Proxy> proxy, proxies.choose(url));
  Hop hop{request, std::move(url), std::move(proxy), "", patience, file};
  hop.server =
      fmt::format("{}://{}{}{}{}", hop.url.scheme, hop.url.host_and_port(), request.verify_tls ? "" : " unverified",
                  request.certificate.file.empty() ? "" : " as " + request.certificate.file,
                  hop.proxy ? " via " + hop.proxy->endpoint.text() : "");
  const std::int64_t idle_max_us = may_repeat(request.method) ? INT64_MAX : kFreshIdleUs;
  if (auto kept = pool.take(hop.server, env.steady_us(), idle_max_us); kept != nullptr) {
    HttpResponse response;
    Outcome outcome = ask(std::move(kept), hop, stop, response);
    if (outcome.status.ok()) return response;
    if (!outcome.worth_a_fresh_connection) return std::move(outcome.status);
  }
  LODE_ASSIGN(std::unique_ptr<Connection> connection, open(hop, stop));
  HttpResponse response;
  Outcome outcome = ask(std::move(connection), hop, stop, response);
  if (!outcome.status.ok()) return std::move(outcome.status);
  return response;
}

HttpClient::HttpClient(Env& env, HttpClientOptions options) : impl_(std::make_unique<Impl>(env, std::move(options))) {}
HttpClient::~HttpClient() = default;

HttpClientStats HttpClient::stats() const { return {impl_->requests, impl_->connections, impl_->bytes_in}; }

Result<HttpResponse> HttpClient::send(const HttpRequest& request, const std::stop_token& stop) {
  const StopEvent event(stop);
  const std::int64_t start_us = impl_->env.steady_us();
  HttpRequest asked = request;
  Patience patience(request);
  std::optional<BodyFile> file;
  if (!request.body_file.empty()) file.emplace(impl_->env, request.body_file);
  std::uint64_t bytes_before = 0;
  for (std::uint32_t redirects = 0;; ++redirects) {
    Result<HttpResponse> response = impl_->send_once(asked, patience, file ? &*file : nullptr, event);
    if (!response.ok()) {
      Status status = std::move(response).status();
      if (status.code() == Code::kCancelled) return status;
      return std::move(
          status.about(fmt::format("{} {}", asked.method, redact(sanitise_url(asked.url), secrets_of(asked)))));
    }
    response->bytes_in += bytes_before;
    bytes_before = response->bytes_in;
    if (!request.follow_redirects || !is_redirect(*response)) {
      if (file && response->status / 100 == 2) LODE_TRY(file->finish());
      response->url = asked.url;
      response->redirects = redirects;
      response->seconds = static_cast<double>(impl_->env.steady_us() - start_us) / 1e6;
      return response;
    }
    if (redirects == kRedirectsMax) {
      return Status::error(Code::kHttpRedirects, fmt::format("{} {}: more than {} redirects", request.method,
                                                             sanitise_url(request.url), kRedirectsMax))
          .with("the last one points to", sanitise_url(*response->header("Location")))
          .hint("the server sends the client in a circle, often because it misses a cookie or a login");
    }
    LODE_TRY(follow_redirect(asked, *response));
  }
}

}  // namespace lode
