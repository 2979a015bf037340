// HttpClient: sends requests over kept connections, follows redirects, and says what went wrong.
#include "http/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "http/connection.h"
#include "http/pool.h"
#include "http/proxy.h"
#include "http/redact.h"
#include "http/redirect.h"
#include "http/response_parser.h"
#include "http/stop_event.h"
#include "http/tls.h"
#include "http/url.h"

namespace lode {
namespace {

// Requests that must not be sent twice use only connections that rested shorter than any server's patience.
constexpr std::int64_t kFreshIdleUs = 1'000'000;
// Larger bodies are not copied behind the headers but sent on their own.
constexpr std::size_t kJoinBytesMax = 64 * 1024;

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

// The request as it goes over the wire, without its body.
std::string head_of(const HttpRequest& request, const Url& url, const std::optional<Proxy>& proxy,
                    const std::string& user_agent) {
  const bool through_proxy = proxy && !url.is_https();
  std::string head = fmt::format("{} {} HTTP/1.1\r\n", request.method, through_proxy ? url.text() : url.target());
  const auto add = [&](std::string_view name, std::string_view value) {
    if (find_header(request.headers, name) == nullptr) head.append(name).append(": ").append(value).append("\r\n");
  };
  add("Host", url.host_header());
  add("User-Agent", user_agent);
  add("Accept-Encoding", "gzip, deflate");
  add("Accept", "*/*");
  add("Connection", "keep-alive");
  if (!url.userinfo.empty()) add("Authorization", "Basic " + base64_encode(percent_decode(url.userinfo)));
  if (through_proxy && !proxy->authorization.empty()) add("Proxy-Authorization", proxy->authorization);
  const bool has_length = find_header(request.headers, "Transfer-Encoding") == nullptr &&
                          (!request.body.empty() || (request.method != "GET" && request.method != "HEAD"));
  if (has_length) add("Content-Length", std::to_string(request.body.size()));
  for (const auto& [name, value] : request.headers) head.append(name).append(": ").append(trim(value)).append("\r\n");
  return head.append("\r\n");
}

// What a transfer that did not succeed means, given how far the answer had come.
Status transfer_error(const Transfer& transfer, const ResponseParser& parser, const HttpResponse& response,
                      double timeout_s, bool sending) {
  const std::string waited = show_seconds(timeout_s);
  switch (transfer.kind) {
    case Transfer::Kind::kStopped:
      return cancelled();
    case Transfer::Kind::kTimeout:
      if (sending) return Status::error(Code::kHttpTimeout, fmt::format("the server took no bytes for {}", waited));
      if (!parser.has_begun()) return Status::error(Code::kHttpTimeout, fmt::format("no answer within {}", waited));
      return Status::error(Code::kHttpTimeout, fmt::format("the answer stopped for {}, after {} of its body", waited,
                                                           show_bytes(response.body.size())));
    case Transfer::Kind::kEnd:
    case Transfer::Kind::kBroken:
      break;
    case Transfer::Kind::kDone:
      LODE_ASSERT(false);
  }
  if (!parser.has_begun()) {
    const std::string why = transfer.why.empty() ? "connection closed" : transfer.why;
    return Status::error(Code::kHttpConnect, fmt::format("the server hung up without an answer: {}", why))
        .hint("run again; if it happens every time, look at the server's log");
  }
  return Status::error(Code::kHttpBody, fmt::format("the answer was cut off after {} of its body: {}",
                                                    show_bytes(response.body.size()), transfer.why));
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
  };
  struct Outcome {
    Status status;
    bool worth_a_fresh_connection = false;  // the kept one turned out to be closed
  };

  Result<HttpResponse> send_once(const HttpRequest& request, const StopEvent& stop);
  Result<std::unique_ptr<Connection>> open(const Hop& hop, const StopEvent& stop);
  Status open_tunnel(Connection& connection, const Hop& hop, const StopEvent& stop);
  Outcome exchange(std::unique_ptr<Connection> connection, const Hop& hop, const StopEvent& stop,
                   HttpResponse& response);
  Status receive(Connection& connection, ResponseParser& parser, HttpResponse& response, double timeout_s,
                 const StopEvent& stop);
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
  const double timeout_s = hop.request.timeout_s;
  Result<std::unique_ptr<Connection>> connection =
      Connection::open(hop.proxy ? hop.proxy->endpoint : server, timeout_s, stop);
  if (!connection.ok()) {
    Status status = std::move(connection).status();
    if (hop.proxy) status.note("the proxy comes from HTTP_PROXY, HTTPS_PROXY or ALL_PROXY");
    return status;
  }
  ++connections;
  if (!hop.url.is_https()) return connection;
  if (hop.proxy) LODE_TRY(open_tunnel(**connection, hop, stop));
  LODE_ASSIGN(std::shared_ptr<TlsContext> context, tls_context());
  LODE_TRY((*connection)->start_tls(std::move(context), server, hop.request.verify_tls, timeout_s, stop));
  return connection;
}

Status HttpClient::Impl::open_tunnel(Connection& connection, const Hop& hop, const StopEvent& stop) {
  std::string head = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", hop.url.host_and_port());
  if (!hop.proxy->authorization.empty())
    head.append("Proxy-Authorization: ").append(hop.proxy->authorization).append("\r\n");
  HttpResponse response;
  ResponseParser parser("CONNECT", hop.request.body_bytes_max, response);
  const Transfer sent = connection.write(head.append("\r\n"), hop.request.timeout_s, stop);
  Status status = sent.kind == Transfer::Kind::kDone
                      ? receive(connection, parser, response, hop.request.timeout_s, stop)
                      : transfer_error(sent, parser, response, hop.request.timeout_s, true);
  if (status.ok() && response.status / 100 != 2) {
    status = Status::error(Code::kHttpConnect, fmt::format("answered {} {}", response.status, response.reason))
                 .hint("check the proxy's user and password, and whether it may reach this server");
  }
  if (!status.ok() && status.code() != Code::kCancelled) status.about("proxy " + hop.proxy->endpoint.text());
  return status;
}

Status HttpClient::Impl::receive(Connection& connection, ResponseParser& parser, HttpResponse& response,
                                 double timeout_s, const StopEvent& stop) {
  while (!parser.is_done()) {
    const Transfer transfer = connection.read(timeout_s, stop);
    if (transfer.kind == Transfer::Kind::kEnd && parser.has_begun()) return parser.end();
    if (transfer.kind != Transfer::Kind::kDone) return transfer_error(transfer, parser, response, timeout_s, false);
    response.bytes_in += transfer.bytes.size();
    bytes_in += transfer.bytes.size();
    LODE_ASSIGN(const std::size_t used, parser.feed(transfer.bytes));
    // Bytes behind the answer: the line is out of step and cannot be used again.
    if (used < transfer.bytes.size()) connection.idle_limit_us = -1;
  }
  return {};
}

HttpClient::Impl::Outcome HttpClient::Impl::exchange(std::unique_ptr<Connection> connection, const Hop& hop,
                                                     const StopEvent& stop, HttpResponse& response) {
  const HttpRequest& request = hop.request;
  const bool is_kept = connection->requests > 0;
  connection->idle_limit_us = static_cast<std::int64_t>(options.idle_timeout_s * 1e6);
  ++connection->requests;
  ++requests;
  ResponseParser parser(request.method, request.body_bytes_max, response);
  std::string head = head_of(request, hop.url, hop.proxy, options.user_agent);
  const bool joined = request.body.size() <= kJoinBytesMax;
  if (joined) head.append(request.body);
  Transfer sent = connection->write(head, request.timeout_s, stop);
  if (sent.kind == Transfer::Kind::kDone && !joined) sent = connection->write(request.body, request.timeout_s, stop);
  // A server may answer and close before it has read a large body: its answer is worth more than our broken pipe.
  Status status;
  if (sent.kind == Transfer::Kind::kDone || sent.kind == Transfer::Kind::kBroken) {
    status = receive(*connection, parser, response, request.timeout_s, stop);
  } else {
    status = transfer_error(sent, parser, response, request.timeout_s, true);
  }
  if (!status.ok()) {
    const bool hung_up = status.code() == Code::kHttpConnect && !parser.has_begun();
    return {std::move(status), is_kept && hung_up && may_repeat(request.method)};
  }
  if (parser.keeps_alive() && sent.kind == Transfer::Kind::kDone && connection->idle_limit_us >= 0) {
    // A second less than promised: the server's clock started earlier.
    if (parser.keep_alive_s() > 0) {
      connection->idle_limit_us =
          std::min(connection->idle_limit_us, static_cast<std::int64_t>((parser.keep_alive_s() - 1) * 1e6));
    }
    if (find_header(request.headers, "Connection") == nullptr)
      pool.put(hop.server, std::move(connection), env.steady_us());
  }
  return {};
}

Result<HttpResponse> HttpClient::Impl::send_once(const HttpRequest& request, const StopEvent& stop) {
  if (stop.requested()) return cancelled();
  LODE_TRY(check_sendable(request));
  LODE_ASSIGN(Url url, parse_url(request.url));
  LODE_ASSIGN(std::optional<Proxy> proxy, proxies.choose(url));
  Hop hop{request, std::move(url), std::move(proxy), ""};
  hop.server =
      fmt::format("{}://{}{}{}", hop.url.scheme, hop.url.host_and_port(), request.verify_tls ? "" : " unverified",
                  hop.proxy ? " via " + hop.proxy->endpoint.text() : "");
  const std::int64_t idle_max_us = may_repeat(request.method) ? INT64_MAX : kFreshIdleUs;
  if (auto kept = pool.take(hop.server, env.steady_us(), idle_max_us); kept != nullptr) {
    HttpResponse response;
    Outcome outcome = exchange(std::move(kept), hop, stop, response);
    if (outcome.status.ok()) return response;
    if (!outcome.worth_a_fresh_connection) return std::move(outcome.status);
  }
  LODE_ASSIGN(std::unique_ptr<Connection> connection, open(hop, stop));
  HttpResponse response;
  Outcome outcome = exchange(std::move(connection), hop, stop, response);
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
  std::uint64_t bytes_before = 0;
  for (std::uint32_t redirects = 0;; ++redirects) {
    Result<HttpResponse> response = impl_->send_once(asked, event);
    if (!response.ok()) {
      Status status = std::move(response).status();
      if (status.code() == Code::kCancelled) return status;
      return std::move(
          status.about(fmt::format("{} {}", asked.method, redact(sanitise_url(asked.url), secrets_of(asked)))));
    }
    response->bytes_in += bytes_before;
    bytes_before = response->bytes_in;
    if (!request.follow_redirects || !is_redirect(*response)) {
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
