// HttpClient: sends requests and gives back what the server answered, whatever its status.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "env/env.h"
#include "http/message.h"

namespace lode {

/// Whatever answers requests: the network, or a recording. Thread-safe.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  /// One attempt, redirects included. Blocks the calling thread until the whole body is here, and returns within
  /// moments after a stop is requested. Every status is an answer, 404 and 503 too; errors mean that there is none:
  ///   kHttpConnect    unknown host, refused, unreachable, hung up before answering
  ///   kHttpTimeout    connecting, waiting for the next bytes, or the whole took longer than it may; says which
  ///   kHttpTls        certificate, name or protocol; says why
  ///   kHttpBody       the answer is cut off, cannot be decoded or is no HTTP
  ///   kHttpTooLarge   the body is larger than body_bytes_max
  ///   kHttpBadUrl     also after a redirect or for a proxy
  ///   kHttpRedirects  more than kRedirectsMax
  ///   kInvalidArgument  a method or header that cannot be sent
  ///   kCancelled
  /// Messages begin with method and URL, secrets redacted. retry.h tells which ones are worth another attempt.
  virtual Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop) = 0;
  /// False: answers are at hand, and waiting between attempts is of no use.
  virtual bool is_network() const { return true; }
};

struct HttpClientOptions {
  std::uint32_t idle_per_server_max = 16;  ///< connections kept open for each server
  double idle_timeout_s = 30;              ///< how long; less if the server says so
  std::string user_agent;                  ///< "": "lode/<version>"
  std::string ca_path;                     ///< see TlsContext::load
};

struct HttpClientStats {
  std::uint64_t requests = 0;     ///< sent, redirects and second tries on fresh connections included
  std::uint64_t connections = 0;  ///< opened
  std::uint64_t bytes_in = 0;
};

/// The network. Keeps connections open between requests. Gzip, deflate, brotli and zstd are asked for and undone;
/// certificates are checked; HTTP_PROXY, HTTPS_PROXY and NO_PROXY are respected, as they were when the client was made.
/// A request over a kept connection that the server closed meanwhile is sent again on a fresh one if its method may be
/// repeated. One client serves a whole engine. Must outlive its calls. `env` must outlive it.
class HttpClient final : public HttpTransport {
 public:
  explicit HttpClient(Env& env, HttpClientOptions options = {});
  ~HttpClient() override;
  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop) override;
  HttpClientStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lode
