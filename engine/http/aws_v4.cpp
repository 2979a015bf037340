// AWS signature version 4: how requests to Amazon's services, and to those that speak like them, are signed.
#include "http/aws_v4.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <utility>
#include <vector>

#include "base/text.h"
#include "http/crypto.h"
#include "http/form.h"
#include "http/url.h"

namespace lode {
namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string escape(std::string_view text, bool keeps_slashes) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c) || (keeps_slashes && c == '/')) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// Most services see the path encoded once more and without empty segments; S3 sees it as it is sent.
std::string canonical_path(const std::string& sent, const std::string& service) {
  if (service == "s3") return sent;
  std::string path;
  for (const std::string_view segment : split(sent, '/')) {
    if (!segment.empty()) path.append("/").append(segment);
  }
  if (path.empty() || sent.ends_with('/')) path += '/';
  return escape(path, true);
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs query_pairs(const std::string& query) {
  Pairs pairs;
  if (query.empty()) return pairs;
  for (const std::string_view part : split(query, '&')) {
    const std::size_t equals = part.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    pairs.emplace_back(escape(form_decode(part.substr(0, equals)), false), escape(form_decode(value), false));
  }
  return pairs;
}

std::string query_text(const Pairs& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) text += (text.empty() ? "" : "&") + name + "=" + value;
  return text;
}

std::string single_spaced(std::string_view value) {
  std::string out;
  for (const char c : trim(value)) {
    if (c != ' ' || !out.ends_with(' ')) out += c;
  }
  return out;
}

// Headers that change between here and the server are not signed.
bool is_signed(std::string_view lower_name) {
  for (const std::string_view name : {"authorization", "connection", "expect", "transfer-encoding", "user-agent"}) {
    if (lower_name == name) return false;
  }
  return true;
}

std::string time_text(std::int64_t now_us) {
  const std::time_t seconds = static_cast<std::time_t>(now_us / 1'000'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                     utc.tm_min, utc.tm_sec);
}

std::string signing_key(const AwsCredentials& credentials, const AwsScope& scope, const std::string& date) {
  std::string key = hmac_sha256("AWS4" + credentials.secret_access_key, date);
  for (const std::string_view step :
       {std::string_view(scope.region), std::string_view(scope.service), std::string_view("aws4_request")})
    key = hmac_sha256(key, step);
  return key;
}

}  // namespace

Status sign_aws_v4(HttpRequest& request, const AwsCredentials& credentials, const AwsScope& scope,
                   std::int64_t now_us) {
  LODE_ASSIGN(const Url url, parse_url(request.url));
  const std::string target = url.target();
  Pairs pairs = query_pairs(url.query);
  const std::string userinfo = url.userinfo.empty() ? "" : url.userinfo + "@";
  const std::string path = target.substr(0, target.find('?'));
  request.url = fmt::format("{}://{}{}{}{}", url.scheme, userinfo, url.host_header(), path,
                            pairs.empty() ? "" : "?" + query_text(pairs));

  const std::string time = time_text(now_us);
  const std::string date = time.substr(0, 8);
  const std::string body_hash = hex_encode(sha256(request.body));
  remove_header(request.headers, "Authorization");
  set_header(request.headers, "X-Amz-Date", time);
  if (!credentials.session_token.empty())
    set_header(request.headers, "X-Amz-Security-Token", credentials.session_token);
  if (scope.service == "s3") set_header(request.headers, "X-Amz-Content-Sha256", body_hash);

  std::map<std::string, std::string> headers{{"host", url.host_header()}};
  for (const auto& [name, value] : request.headers) {
    if (const std::string lower = to_lower(name); is_signed(lower)) headers[lower] = single_spaced(value);
  }
  std::string header_lines;
  std::vector<std::string> header_names;
  for (const auto& [name, value] : headers) {
    header_lines += name + ":" + value + "\n";
    header_names.push_back(name);
  }
  const std::string names = join(header_names, ";");

  std::sort(pairs.begin(), pairs.end());
  const std::string canonical = request.method + "\n" + canonical_path(path, scope.service) + "\n" + query_text(pairs) +
                                "\n" + header_lines + "\n" + names + "\n" + body_hash;
  const std::string credential_scope = fmt::format("{}/{}/{}/aws4_request", date, scope.region, scope.service);
  const std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time, credential_scope, hex_encode(sha256(canonical)));
  const std::string signature = hex_encode(hmac_sha256(signing_key(credentials, scope, date), to_sign));
  set_header(request.headers, "Authorization",
             fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}", credentials.access_key_id,
                         credential_scope, names, signature));
  return {};
}

}  // namespace lode
