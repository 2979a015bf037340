// Keeping secrets out of messages. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace lode {

/// Whether a parameter, header or field of this name usually holds a secret: "api_key", "X-Api-Key", "client_secret",
/// "authorization", … Names of cursors ("page_token", "next_token") are not secret.
bool is_secret_name(std::string_view name);

/// What must not be shown of `request`: values of its secret headers, query parameters and form fields, its URL's
/// password.
std::vector<std::string> secrets_of(const HttpRequest& request);

/// `text` with every occurrence of a secret, and the values of secret-looking JSON fields and form parameters, as
/// "***".
std::string redact(std::string_view text, const std::vector<std::string>& secrets);

/// The beginning of a body for a message: one line, redacted, at most about `bytes_max` bytes. Says so when it is not
/// text.
std::string body_excerpt(std::string_view body, const std::vector<std::string>& secrets, std::size_t bytes_max = 500);

}  // namespace lode
