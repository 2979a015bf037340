// Keeping secrets out of messages.
#include "http/redact.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "http/form.h"
#include "http/url.h"

namespace lode {
namespace {

// Shorter texts occur by chance: replacing "1" everywhere would ruin a message and hide nothing.
constexpr std::size_t kSecretBytesMin = 4;

constexpr std::array<std::string_view, 32> kSecretNames = {
    "api_key",     "apikey",        "key",        "token",         "access_token", "refresh_token", "id_token",
    "auth_token",  "secret",        "password",   "passwd",        "pwd",          "passphrase",    "client_secret",
    "client_id",   "authorization", "auth",       "credential",    "credentials",  "signature",     "sig",
    "private_key", "secret_key",    "access_key", "session_token", "sessionid",    "session_id",    "jwt",
    "bearer",      "cookie",        "set_cookie", "assertion"};
constexpr std::array<std::string_view, 15> kSecretEndings = {
    "_secret",         "_password",       "_api_key",    "_apikey",    "_signature",
    "_credential",     "_access_token",   "_auth_token", "_assertion", "subject_token",
    "_metadata_token", "identity_header", "accesstoken", "accesskey",  "sessiontoken"};

std::string canonical(std::string_view name) {
  std::string out = to_lower(name);
  std::replace(out.begin(), out.end(), '-', '_');
  if (out.starts_with("x_")) out.erase(0, 2);    // X-Api-Key
  if (out.starts_with("amz_")) out.erase(0, 4);  // X-Amz-Signature
  if (out.starts_with("proxy_")) out.erase(0, 6);
  return out;
}

void add_secret(std::vector<std::string>& secrets, std::string secret) {
  if (secret.size() >= kSecretBytesMin && std::find(secrets.begin(), secrets.end(), secret) == secrets.end()) {
    secrets.push_back(std::move(secret));
  }
}

// A header's value, and for "Bearer abc" also "abc": servers quote either.
void add_header_secret(std::vector<std::string>& secrets, std::string_view value) {
  add_secret(secrets, std::string(value));
  const std::size_t space = value.find(' ');
  if (space == std::string_view::npos) return;
  const std::string_view token = trim(value.substr(space));
  add_secret(secrets, std::string(token));
  std::string plain;
  if (equal_ignoring_case(value.substr(0, space), "basic") && base64_decode(token, plain)) {
    const std::size_t colon = plain.find(':');
    if (colon != std::string::npos) add_secret(secrets, plain.substr(colon + 1));
  }
}

// Where a quoted JSON text that starts at `at` (its opening quote) ends: the index of the closing quote, or the size.
std::size_t closing_quote(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i;
    }
  }
  return text.size();
}

// "token": "abc"  ->  "token": "***"
std::string redact_json_fields(std::string_view text) {
  std::string out;
  std::size_t copied = 0;
  for (std::size_t i = text.find('"'); i < text.size(); i = text.find('"', i)) {
    const std::size_t end = closing_quote(text, i);
    std::size_t next = end + 1;
    const bool is_secret = end < text.size() && is_secret_name(text.substr(i + 1, end - i - 1));
    while (next < text.size() && (text[next] == ' ' || text[next] == '\t')) ++next;
    if (!is_secret || next >= text.size() || text[next] != ':') {
      i = std::min(end + 1, text.size());
      continue;
    }
    ++next;
    while (next < text.size() && (text[next] == ' ' || text[next] == '\t')) ++next;
    if (next >= text.size() || text[next] != '"') {
      i = std::min(next, text.size());
      continue;
    }
    const std::size_t value_end = closing_quote(text, next);
    out.append(text.substr(copied, next + 1 - copied)).append("***");
    copied = value_end;
    i = std::min(value_end + 1, text.size());
  }
  return out.append(text.substr(copied));
}

// token=abc&x=1  ->  token=***&x=1, wherever such a pair stands in a text.
std::string redact_form_pairs(std::string_view text) {
  std::string out;
  std::size_t copied = 0;
  const auto is_name_char = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  for (std::size_t i = text.find('='); i < text.size(); i = text.find('=', i + 1)) {
    std::size_t start = i;
    while (start > copied && is_name_char(text[start - 1])) --start;
    if (start == i || !is_secret_name(text.substr(start, i - start))) continue;
    const std::size_t end = std::min(text.find_first_of("& \t\r\n\"'<>,;)", i + 1), text.size());
    if (end == i + 1) continue;
    out.append(text.substr(copied, i + 1 - copied)).append("***");
    copied = end;
  }
  return out.append(text.substr(copied));
}

bool looks_like_text(std::string_view body) {
  return is_utf8(body) && std::none_of(body.begin(), body.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
         });
}

}  // namespace

bool is_secret_name(std::string_view name) {
  const std::string text = canonical(name);
  return std::find(kSecretNames.begin(), kSecretNames.end(), text) != kSecretNames.end() ||
         std::any_of(kSecretEndings.begin(), kSecretEndings.end(),
                     [&](std::string_view ending) { return text.ends_with(ending); });
}

// The values behind secret names of "a=1&b=2", as they stand there and decoded.
static void add_form_secrets(std::vector<std::string>& secrets, std::string_view form) {
  for (const std::string_view pair : split(form, '&')) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || !is_secret_name(form_decode(pair.substr(0, equals)))) continue;
    add_secret(secrets, std::string(pair.substr(equals + 1)));
    add_secret(secrets, form_decode(pair.substr(equals + 1)));
  }
}

std::vector<std::string> secrets_of(const HttpRequest& request) {
  std::vector<std::string> secrets;
  for (const auto& [name, value] : request.headers) {
    if (is_secret_name(name)) add_header_secret(secrets, value);
  }
  const std::size_t mark = request.url.find('?');
  if (mark != std::string::npos) add_form_secrets(secrets, std::string_view(request.url).substr(mark + 1));
  const std::string* type = find_header(request.headers, "Content-Type");
  if (type != nullptr && to_lower(*type).starts_with("application/x-www-form-urlencoded"))
    add_form_secrets(secrets, request.body);
  if (const Result<Url> url = parse_url(request.url); url.ok()) {
    const std::size_t colon = url->userinfo.find(':');
    add_secret(secrets, percent_decode(colon == std::string::npos ? url->userinfo : url->userinfo.substr(colon + 1)));
  }
  // Longest first: a secret that contains another is replaced whole.
  std::sort(secrets.begin(), secrets.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  return secrets;
}

std::string redact(std::string_view text, const std::vector<std::string>& secrets) {
  std::string out = redact_form_pairs(redact_json_fields(text));
  for (const std::string& secret : secrets) out = replace_all(std::move(out), secret, "***");
  return out;
}

std::string body_excerpt(std::string_view body, const std::vector<std::string>& secrets, std::size_t bytes_max) {
  // Redaction sees more than is shown, so that a secret is not cut in half and missed.
  constexpr std::size_t kSlack = 4096;
  std::size_t end = std::min(body.size(), bytes_max + kSlack);
  while (end > 0 && end < body.size() && (static_cast<unsigned char>(body[end]) & 0xC0) == 0x80) --end;
  const std::string_view head = body.substr(0, end);
  if (!looks_like_text(head)) return fmt::format("({}, not text)", show_bytes(body.size()));
  std::string text = redact(head, secrets);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return shorten(trim(text), bytes_max);
}

}  // namespace lode
