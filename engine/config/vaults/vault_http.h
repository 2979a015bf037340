// VaultHttp: what all vaults behind HTTP share: patience, attempts, waiting that can be stopped, and what may be shown.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "env/env.h"
#include "http/client.h"
#include "json/value.h"

namespace lode {

struct VaultPatience {
  double timeout_s = 10;       ///< of one attempt
  std::uint32_t attempts = 3;  ///< when a service is busy or away
};

struct VaultQuestion {
  std::string what;                           ///< for messages: "'dlt/sources/github'"
  std::function<Result<HttpRequest>()> make;  ///< called for every attempt, because signatures hold a time
  std::vector<std::string> secrets;           ///< besides those that the request's headers and URL show by their names
  std::function<bool(const HttpResponse&)> is_busy;  ///< besides 429 and 5xx; may be empty
};

/// Wiped when it goes, with the secrets of its question.
struct VaultAnswer {
  VaultAnswer() = default;
  ~VaultAnswer();
  VaultAnswer(VaultAnswer&&) = default;
  VaultAnswer& operator=(VaultAnswer&&) = default;
  /// The beginning of a text that came with it, for messages: without the secrets of the question, which servers
  /// repeat.
  std::string show(std::string_view text) const;

  int status = 0;
  HttpHeaders headers;
  std::string text;
  json::Value body;  ///< null if the text is no JSON object
  std::vector<std::string> secrets;
};

/// Thread-safe. `env` and `http` must outlive it.
class VaultHttp {
 public:
  /// `title`: "AWS Secrets Manager".
  VaultHttp(Env& env, HttpTransport& http, std::string title, VaultPatience patience)
      : env_(env), http_(http), title_(std::move(title)), patience_(patience) {}
  const std::string& title() const { return title_; }
  /// Any answer that is not about being busy. Timeouts and the size of answers are set here; redirects are not
  /// followed. Errors: kConfigUnreadable, saying what was asked for, when there is no answer or the service stays busy;
  /// kCancelled, within moments of a stop.
  Result<VaultAnswer> ask(const VaultQuestion& question, const std::stop_token& stop);
  /// The error for a question that could not be put.
  Status cannot_ask(std::string_view what, Status why) const;

 private:
  Result<VaultAnswer> read(HttpRequest& request, Result<HttpResponse> response, const VaultQuestion& question,
                           std::uint32_t attempts_made, std::int64_t begin_us) const;

  Env& env_;
  HttpTransport& http_;
  const std::string title_;
  const VaultPatience patience_;
};

/// What letters, digits and `signs` make up: what a service accepts as a name. Others cannot be there, and asking for
/// them is an error.
bool is_vault_name(std::string_view name, std::string_view signs, std::size_t bytes_max);

}  // namespace lode
