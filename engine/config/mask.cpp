// How values are shown to people: secrets masked.
#include "config/mask.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "config/encryption/encrypted_value.h"
#include "config/vaults/vaults.h"
#include "json/write.h"

namespace lode {
namespace {

// What services begin their keys with. Only these are shown: the beginning of a password says too much.
constexpr std::array<std::string_view, 34> kKnownStarts = {
    "sk_live_", "sk_test_", "pk_live_", "pk_test_",    "rk_live_", "rk_test_", "whsec_", "ghp_",  "gho_",
    "ghu_",     "ghs_",     "ghr_",     "github_pat_", "glpat-",   "xoxb-",    "xoxp-",  "xoxa-", "xapp-",
    "AKIA",     "ASIA",     "AIza",     "ya29.",       "1//",      "SG.",      "shpat_", "sk-",   "npm_",
    "pypi-",    "hf_",      "dop_v1_",  "key-",        "pat-",     "lin_api_", "secret_"};
constexpr std::size_t kRestMin = 8;  // a key with less behind its beginning would be half shown
constexpr std::string_view kStars = "***************";

constexpr std::array<std::string_view, 28> kHarmless = {"host",
                                                        "port",
                                                        "database",
                                                        "drivername",
                                                        "region_name",
                                                        "location",
                                                        "project_id",
                                                        "token_uri",
                                                        "auth_uri",
                                                        "bucket_url",
                                                        "scopes",
                                                        "type",
                                                        "dataset_name",
                                                        "schema",
                                                        "warehouse",
                                                        "role",
                                                        "catalog",
                                                        "endpoint_url",
                                                        "base_url",
                                                        "profile_name",
                                                        "sftp_port",
                                                        "connect_timeout",
                                                        "destination_type",
                                                        "azure_storage_account_name",
                                                        "azure_account_host",
                                                        "http_path",
                                                        "server_hostname",
                                                        "client_type"};

// As people name them in configuration, beyond what stands in requests.
constexpr std::array<std::string_view, 16> kSecretWords = {
    "password", "passwd",      "pwd",        "passphrase", "secret",      "token",         "api_key",   "apikey",
    "auth_key", "private_key", "access_key", "credential", "credentials", "client_secret", "sas_token", "account_key"};

}  // namespace

std::string mask_secret(std::string_view secret) {
  for (const std::string_view start : kKnownStarts) {
    if (secret.starts_with(start) && secret.size() >= start.size() + kRestMin) {
      return std::string(start) + std::string(kStars);
    }
  }
  return std::string(kStars);
}

std::string mask_url(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos || text.find_first_of(" \n") < scheme) return std::string(text);
  const std::size_t start = scheme + 3;
  std::string out(text.substr(0, start));
  std::string_view rest = text.substr(start);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const std::size_t authority = std::min(rest.find('/'), rest.size());
  // A password may have '@' or '/' in it that was not encoded: up to the last '@', nothing of it is shown.
  const std::size_t at = rest.rfind('@');
  if (at != std::string_view::npos) {
    const std::size_t colon = rest.find(':');
    out += std::string(rest.substr(0, std::min(colon, at))) + (colon < at ? ":***" : "") + "@";
    rest.remove_prefix(at + 1);
  } else if (authority == 0 && rest.empty()) {
    return out;
  }
  return out + std::string(rest);
}

bool is_harmless_name(std::string_view name) {
  return std::find(kHarmless.begin(), kHarmless.end(), to_lower(name)) != kHarmless.end();
}

bool is_secret_key(std::string_view name) {
  const std::string word = to_lower(name);
  return std::any_of(kSecretWords.begin(), kSecretWords.end(), [&](std::string_view secret) {
    return word == secret ||
           (word.size() > secret.size() && word.ends_with(secret) && word[word.size() - secret.size() - 1] == '_');
  });
}

std::string show_value(std::string_view key, const json::Value& value, bool among_secrets) {
  const bool is_secret = is_secret_key(key) || (among_secrets && !is_harmless_name(key));
  if (!value.is_text()) {
    const bool is_container = value.is_list() || value.is_object();
    return is_secret && (is_container || is_secret_key(key)) ? std::string(kStars) : json::write(value);
  }
  const std::string& text = value.as_text();
  if (text.empty()) return "(empty)";
  if (is_encrypted(text)) return show_encrypted(text);
  if (Vaults::is_reference(text)) return shorten(text, 200);  // where a secret is, in full: '#' names a part of it
  const bool is_url = text.find("://") != std::string::npos && text.find("://") < 24;
  if (is_secret && !is_url) return mask_secret(text);
  return shorten(mask_url(text), 200);
}

}  // namespace lode
