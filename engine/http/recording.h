// Recording: exchanges kept as files, without secrets, and answers given from them. For tests that need no network.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "env/env.h"
#include "http/client.h"

namespace lode {

/// Takes secrets out of a text that is about to be written: those whose values only the caller knows.
using HideSecrets = std::function<std::string(std::string text)>;

/// Sends requests on, and writes each that was answered into a file of its folder,
/// "0001-get-api.example-v1-orders.json":
///   {"request": {"method", "url", "headers": {…}, "body"}, "response": {"status", "reason", "url", "headers": [[…]],
///    "json" or "text" or "base64"}}
/// A body that is JSON stands there as JSON, so that it can be read and changed. Not written: values of secret headers,
/// parameters and form fields, passwords in URLs, cookies, tokens that an answer brings, and what `hide` knows.
class Recorder final : public HttpTransport {
 public:
  /// Makes the folder. All that is given must outlive the recorder. Errors: kInvalidArgument when it holds a recording.
  static Result<std::unique_ptr<Recorder>> open(HttpTransport& network, Env& env, const Path& folder, HideSecrets hide);
  /// Errors: also those of writing the file: a recording with gaps is worse than none.
  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop) override;

 private:
  Recorder(HttpTransport& network, Env& env, Path folder, HideSecrets hide);
  HttpTransport& network_;
  Env& env_;
  const Path folder_;
  const HideSecrets hide_;
  std::atomic<unsigned> count_{0};
};

/// Answers from a recording. Requests are compared as they were written, without their secrets: method, URL and body,
/// or method and URL if no body is the same. Several answers to one request are given in their order.
class Replayer final : public HttpTransport {
 public:
  /// `env` must outlive it. Errors: kNotFound when there is no recording, kHttpReplay for a file that is none, naming
  /// it.
  static Result<std::unique_ptr<Replayer>> open(Env& env, const Path& folder, HideSecrets hide);
  /// Errors: kHttpReplay when there is no such exchange, or no more of them.
  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop) override;
  bool is_network() const override { return false; }

 private:
  struct Answers {
    std::vector<HttpResponse> responses;
    std::size_t given = 0;
  };
  Replayer(Env& env, Path folder, HideSecrets hide);
  Status read(const Path& file);
  const HttpResponse* take(const std::string& key);

  Env& env_;
  const Path folder_;
  const HideSecrets hide_;
  std::mutex mutex_;
  std::map<std::string, Answers> answers_;  // by method, URL and body; and again by method and URL
};

}  // namespace lode
