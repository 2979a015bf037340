// CloudVaultHttp: questions to a cloud's vault, with an access token.
#include "config/vaults/cloud_vault.h"

#include <fmt/format.h>

#include "config/secret.h"

namespace lode {

std::string error_message_of(const VaultAnswer& answer) {
  const json::Value* message = answer.body.is_object() ? answer.body.find_path({"error", "message"}) : nullptr;
  return message != nullptr && message->is_text() ? answer.show(message->as_text()) : "";
}

Result<AccessToken> CloudVaultHttp::token(const std::string& what, const std::stop_token& stop) {
  Result<AccessToken> token = tokens_.get("", [&] { return fetch_token_(stop); });
  if (!token.ok()) return http_.cannot_ask(what, std::move(token).status());
  return token;
}

Result<VaultAnswer> CloudVaultHttp::get(const std::string& url, const std::string& what, const std::stop_token& stop) {
  for (bool is_second = false;; is_second = true) {
    LODE_ASSIGN(const AccessToken bearer, token(what, stop));
    VaultQuestion question;
    question.what = what;
    question.make = [&]() -> Result<HttpRequest> {
      HttpRequest request;
      request.url = url;
      request.headers = {{"Accept", "application/json"},
                         {"Authorization", "Bearer " + std::string(bearer.text.reveal())}};
      return request;
    };
    LODE_ASSIGN(VaultAnswer answer, http_.ask(question, stop));
    if (answer.status != 401) return answer;
    tokens_.forget("");
    if (!is_second) continue;
    Status error = Status::error(Code::kConfigUnreadable, fmt::format("{} cannot be asked for {}: it does not take the "
                                                                      "access token of {}",
                                                                      title(), what, bearer.source));
    if (const std::string message = error_message_of(answer); !message.empty()) error.note(message);
    return error.hint("are these credentials of the same cloud, and the same tenant or project?");
  }
}

Status CloudVaultHttp::unexpected(const VaultAnswer& answer, const std::string& what) const {
  Status error = Status::error(Code::kConfigUnreadable,
                               fmt::format("{} answered {} to the question for {}", title(), answer.status, what));
  if (const std::string message = error_message_of(answer); !message.empty()) return error.note(message);
  return error.hint("is its address that of this service?");
}

}  // namespace lode
