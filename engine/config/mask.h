// How values are shown to people: secrets masked. Pure.
#pragma once

#include <string>
#include <string_view>

#include "json/value.h"

namespace lode {

/// "sk_live_***************": the beginning that tells what kind of key it is, if it is a known one, and as many stars
/// for every secret: the length is nobody's business.
std::string mask_secret(std::string_view secret);

/// A URL with "***" for the password and without its query, which often holds secrets; any other text as it is.
std::string mask_url(std::string_view text);

/// Whether what stands at a key of this name may be shown although it stands among secrets: host, port, database…
bool is_harmless_name(std::string_view name);

/// Whether the name says that it is a secret, as people name them: api_key, password, token…
bool is_secret_key(std::string_view name);

/// A value for "lode config show". `among_secrets`: it stands in a place for secrets.
std::string show_value(std::string_view key, const json::Value& value, bool among_secrets);

}  // namespace lode
