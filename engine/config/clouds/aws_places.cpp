// Keys of AWS over the network: STS, IAM Identity Center, containers and instances; and from a program.
#include "config/clouds/aws_places.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/iso8601.h"
#include "base/text.h"
#include "base/time.h"
#include "config/clouds/program.h"
#include "config/clouds/xml_text.h"
#include "config/secret.h"
#include "http/crypto.h"
#include "http/url.h"
#include "json/parse.h"
#include "json/write.h"

namespace lode {
namespace {

// STS answers in XML only.
Result<AwsKeys> keys_of_xml(const CloudCall& call, HttpResponse response, const std::string& source) {
  if (response.status != 200) {
    json::Value said = json::Value::object();
    for (const char* name : {"Code", "Message"}) {
      if (const auto text = xml_text(response.body, name)) said.set(name, *text);
    }
    wipe(response.body);
    if (said.size() > 0) response.body = json::write(said);
    return refusal(call, response).with("role", source);
  }
  json::Value answer = json::Value::object();
  for (const char* name : {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}) {
    if (std::optional<std::string> text = xml_text(response.body, name)) answer.set(name, std::move(*text));
  }
  wipe(response.body);
  return aws_keys_of(std::move(answer), "SessionToken", source);
}

std::string domain_of(const std::string& region) {
  return region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

Path sso_token_file(const AwsSearch& search, const std::string& name) {
  const std::optional<Path> home = search.access.env.home();
  return home ? *home / ".aws" / "sso" / "cache" / (hex_encode(sha1(name)) + ".json") : Path();
}

std::optional<std::int64_t> instant(const json::Value& fields, std::string_view name) {
  // Older programs wrote "2020-06-17T19:00:00UTC".
  const std::optional<IsoValue> value = parse_iso(replace_all(fields.text_or(name, ""), "UTC", "Z"));
  return value && value->kind == IsoValue::Kind::kTimestamp ? std::optional(value->micros) : std::nullopt;
}

// A new token in place of one that ends, kept where Amazon's programs keep it: a refresh token is good once. True:
// done.
bool renew_sso_token(const AwsSearch& search, json::Value& token, const std::string& region, const Path& file) {
  const std::int64_t now_us = search.access.env.now_us();
  for (const char* name : {"refreshToken", "clientId", "clientSecret"}) {
    if (token.text_or(name, "").empty()) return false;
  }
  if (instant(token, "registrationExpiresAt").value_or(0) <= now_us) return false;
  CloudCall call(
      "IAM Identity Center's token endpoint", "POST",
      aws_endpoint(search, "SSO_OIDC", fmt::format("https://oidc.{}.{}", region, domain_of(region))) + "/token");
  json::Value question = json::Value::object({{"grantType", "refresh_token"}});
  for (const char* name : {"clientId", "clientSecret", "refreshToken"}) question.set(name, token.text_or(name, ""));
  call.send_json(question);
  wipe(question);
  Result<json::Value> answer = ask_for_json(search.access, call);
  if (!answer.ok() || answer->text_or("accessToken", "").empty()) return false;
  token.set("accessToken", answer->text_or("accessToken", ""));
  const std::string refresh_token = answer->text_or("refreshToken", "");
  if (!refresh_token.empty()) token.set("refreshToken", refresh_token);
  constexpr double kLifeMaxS = 1e9;
  const std::int64_t life_us =
      static_cast<std::int64_t>(std::min(seconds_of(*answer, "expiresIn", 3600), kLifeMaxS)) * 1'000'000;
  token.set("expiresAt", iso_timestamp_z((now_us + life_us) / 1'000'000 * 1'000'000));
  wipe(*answer);
  std::string text = json::write(token);
  const Status written = search.access.env.write_file(file, text, 0600);
  wipe(text);
  return written.ok();
}

Result<std::string> sso_token(const AwsSearch& search, const std::string& name, const std::string& region,
                              bool can_renew) {
  const Path file = sso_token_file(search, name);
  const auto sign_in = [&](std::string_view why) {
    return Status::error(Code::kHttpAuth, fmt::format("single sign-on of AWS for '{}': {}", name, why))
        .hint("run `aws sso login`");
  };
  Result<std::string> text = search.access.env.read_file(file);
  if (!text.ok()) return sign_in("nobody has signed in");
  Result<json::Value> token = json::parse_value(*text);
  wipe(*text);
  if (!token.ok() || !token->is_object() || token->text_or("accessToken", "").empty()) {
    return sign_in(fmt::format("{} holds no token", file.string()));
  }
  const std::int64_t now_us = search.access.env.now_us();
  const std::int64_t end_us = instant(*token, "expiresAt").value_or(0);
  constexpr std::int64_t kMarginUs = 900'000'000;
  const bool is_new = can_renew && now_us > end_us - kMarginUs && renew_sso_token(search, *token, region, file);
  std::string out = token->text_or("accessToken", "");
  wipe(*token);
  if (is_new || now_us < end_us) return out;
  wipe(out);
  return sign_in("the token has ended");
}

}  // namespace

std::string aws_endpoint(const AwsSearch& search, const char* service, std::string usual) {
  std::string url;
  if (!equal_ignoring_case(search.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true")) {
    url = search.variable(("AWS_ENDPOINT_URL_" + std::string(service)).c_str());
    if (url.empty()) url = search.variable("AWS_ENDPOINT_URL");
  }
  if (url.empty()) url = std::move(usual);
  while (url.ends_with('/')) url.pop_back();
  return url;
}

Result<AwsKeys> assume_aws_role(const AwsSearch& search, AwsRole role, const AwsCredentials* by) {
  if (!search.region.empty() && !can_be_host(search.region)) {
    return Status::error(Code::kConfigInvalid, "the region of AWS is none").hint("it looks like eu-central-1");
  }
  const std::string usual = search.region.empty()
                                ? "https://sts.amazonaws.com"
                                : fmt::format("https://sts.{}.{}", search.region, domain_of(search.region));
  CloudCall call("AWS's Security Token Service", "POST", aws_endpoint(search, "STS", usual) + "/");
  if (role.session_name.empty()) role.session_name = fmt::format("lode-{}", search.access.env.now_us() / 1'000'000);
  FormPairs form = {{"Action", by != nullptr ? "AssumeRole" : "AssumeRoleWithWebIdentity"},
                    {"Version", "2011-06-15"},
                    {"RoleArn", role.arn},
                    {"RoleSessionName", role.session_name}};
  if (role.duration_s > 0) form.emplace_back("DurationSeconds", std::to_string(role.duration_s));
  if (!role.external_id.empty()) form.emplace_back("ExternalId", role.external_id);
  if (by == nullptr) form.emplace_back("WebIdentityToken", role.web_token);
  call.send_form(form);
  for (auto& pair : form) wipe(pair.second);
  if (by == nullptr) {
    call.secrets.push_back(role.web_token);
    wipe(role.web_token);
  } else {
    const std::string region = search.region.empty() ? "us-east-1" : search.region;
    LODE_TRY(sign_aws_v4(call.request, *by, {region, "sts"}, search.access.env.now_us()));
    call.secrets.push_back(by->secret_access_key);
    if (!by->session_token.empty()) call.secrets.push_back(by->session_token);
  }
  LODE_ASSIGN(HttpResponse response, ask(search.access, call));
  return keys_of_xml(call, std::move(response), "the role " + role.arn);
}

AwsAttempt find_aws_sso_keys(AwsSearch& search, const ProfileSection& profile) {
  if (!profile.has("sso_role_name") && !profile.has("sso_account_id")) {
    search.looked.emplace_back("sso_account_id and sso_role_name are not set");
    return std::optional<AwsKeys>();
  }
  const std::string session = profile.text_or("sso_session", "");
  const ProfileSection* shared = session.empty() ? &profile : search.profiles.sso_sessions.find(session);
  const auto wrong = [&](const std::string& what) {
    return Status::error(Code::kConfigInvalid, fmt::format("the profile '{}' of AWS {}", search.profile, what));
  };
  if (shared == nullptr) return wrong(fmt::format("has the sso_session '{}', which is not there", session));
  const auto setting = [&](const char* name) { return shared->text_or(name, profile.text_or(name, "")); };
  for (const char* name : {"sso_role_name", "sso_account_id", "sso_start_url", "sso_region"}) {
    if (setting(name).empty()) return wrong(fmt::format("is for single sign-on and has no {}", name));
  }
  const std::string region = setting("sso_region");
  if (!can_be_host(region)) return wrong("has an sso_region that is no region");
  LODE_ASSIGN(std::string token,
              sso_token(search, session.empty() ? setting("sso_start_url") : session, region, !session.empty()));
  CloudCall call("IAM Identity Center", "GET",
                 aws_endpoint(search, "SSO", fmt::format("https://portal.sso.{}.{}", region, domain_of(region))) +
                     "/federation/credentials?" +
                     form_encode({{"role_name", setting("sso_role_name")}, {"account_id", setting("sso_account_id")}}));
  call.request.headers = {{"x-amz-sso_bearer_token", token}};
  call.secrets.push_back(token);
  wipe(token);
  Result<json::Value> answer = ask_for_json(search.access, call);
  if (!answer.ok()) return std::move(answer).status().hint("run `aws sso login`");
  json::Value keys = json::Value::object();
  if (const json::Value* given = answer->find("roleCredentials"); given != nullptr && given->is_object()) {
    keys.set("AccessKeyId", given->text_or("accessKeyId", ""));
    keys.set("SecretAccessKey", given->text_or("secretAccessKey", ""));
    keys.set("SessionToken", given->text_or("sessionToken", ""));
    const double end_ms = seconds_of(*given, "expiration", 0);
    if (end_ms > 0 && end_ms < 1e14) keys.set("Expiration", iso_timestamp_z(static_cast<std::int64_t>(end_ms) * 1000));
  }
  wipe(*answer);
  LODE_ASSIGN(AwsKeys found, aws_keys_of(std::move(keys), "SessionToken",
                                         fmt::format("single sign-on as {}", setting("sso_role_name"))));
  return std::optional<AwsKeys>(std::move(found));
}

AwsAttempt find_aws_container_keys(AwsSearch& search) {
  const std::string path = search.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  std::string url =
      path.empty() ? search.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") : "http://169.254.170.2" + path;
  if (url.empty()) {
    search.looked.emplace_back(
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not "
        "set");
    return std::optional<AwsKeys>();
  }
  const Result<Url> parsed = parse_url(url);
  const std::string host = parsed.ok() ? parsed->host : "";
  // The proof goes to the machine itself, or over https.
  const bool is_safe =
      parsed.ok() && (parsed->is_https() || host == "localhost" || host == "::1" ||
                      (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos) ||
                      host == "169.254.170.2" || host == "169.254.170.23" || host == "fd00:ec2::23");
  if (!is_safe) {
    return Status::error(Code::kConfigInvalid,
                         "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or an address of "
                         "this machine")
        .with("it is", sanitise_url(url));
  }
  CloudCall call("the container's endpoint for keys of AWS", "GET", url);
  call.request.headers = {{"Accept", "application/json"}};
  std::string proof = search.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  const std::string file = search.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (!file.empty()) {
    Result<std::string> text = search.access.env.read_file(file);
    if (!text.ok()) {
      return Status::error(Code::kConfigUnreadable, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read")
          .caused_by(std::move(text).status());
    }
    proof = std::string(trim(*text));
    wipe(*text);
  }
  if (!proof.empty()) {
    call.request.headers.emplace_back("Authorization", proof);
    call.secrets.push_back(proof);
    wipe(proof);
  }
  LODE_ASSIGN(json::Value answer, ask_for_json(search.access, call));
  LODE_ASSIGN(AwsKeys keys, aws_keys_of(std::move(answer), "Token", "the container's endpoint"));
  return std::optional<AwsKeys>(std::move(keys));
}

AwsAttempt find_aws_instance_keys(AwsSearch& search) {
  const auto nothing = [&](std::string why) -> AwsAttempt {
    search.looked.push_back("the instance's role: " + std::move(why));
    return std::optional<AwsKeys>();
  };
  if (equal_ignoring_case(search.variable("AWS_EC2_METADATA_DISABLED"), "true")) {
    return nothing("AWS_EC2_METADATA_DISABLED is true");
  }
  std::string base = search.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (base.empty()) {
    const bool is_v6 = equal_ignoring_case(search.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"), "ipv6");
    base = is_v6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
  }
  while (base.ends_with('/')) base.pop_back();
  const auto asked = [&](const char* method, const std::string& path, HttpHeaders headers) {
    CloudCall call("the metadata service of EC2", method, base + "/latest/" + path);
    call.request.headers = std::move(headers);
    call.request.timeout_s = 2;
    call.is_local = true;
    Result<HttpResponse> response = ask(search.access, call);
    if (response.ok() && response->status != 200) response->body.clear();
    return response;
  };
  Result<HttpResponse> token = asked("PUT", "api/token", {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}});
  if (!token.ok() && token.status().code() == Code::kCancelled) return std::move(token).status();
  // Refused, or lost on the way into a container: the service's first version needs no token, where it is allowed.
  const bool has_token = token.ok() && token->status == 200;
  const bool is_gone = !token.ok() && token.status().code() == Code::kHttpConnect;
  if (is_gone) return nothing(fmt::format("nothing answers at {}", base));
  if (!has_token && equal_ignoring_case(search.variable("AWS_EC2_METADATA_V1_DISABLED"), "true")) {
    return nothing(fmt::format("{} gives no token", base));
  }
  HttpHeaders headers;
  if (has_token) headers.emplace_back("X-aws-ec2-metadata-token", token->body);
  if (token.ok()) wipe(token->body);
  const std::string roles = "meta-data/iam/security-credentials/";
  const Result<HttpResponse> names = asked("GET", roles, headers);
  if (!names.ok()) return nothing(fmt::format("nothing answers at {}", base));
  const std::string role(trim(names->body.substr(0, names->body.find('\n'))));
  if (role.empty() || role.find_first_of("/?# ") != std::string::npos) return nothing("it has none");
  Result<HttpResponse> answer = asked("GET", roles + role, headers);
  for (auto& header : headers) wipe(header.second);
  if (!answer.ok()) return nothing(fmt::format("nothing answers at {}", base));
  Result<json::Value> keys = json::parse_value(answer->body);
  wipe(answer->body);
  if (!keys.ok() || !keys->is_object()) return nothing(fmt::format("{} is not explained", role));
  Result<AwsKeys> found = aws_keys_of(std::move(*keys), "Token", fmt::format("the instance's role {}", role));
  if (!found.ok()) return nothing(found.status().message());
  return std::optional<AwsKeys>(std::move(*found));
}

Result<AwsKeys> run_aws_process(const AwsSearch& search, const std::string& command) {
  constexpr double kTimeoutS = 60;  // it may ask somebody to press a button
  const auto words = split_words(command);
  if (!words || words->empty()) {
    return Status::error(Code::kConfigInvalid, "credential_process of AWS: a quote is not closed");
  }
  const std::string source = fmt::format("credential_process ({})", words->front());
  if (search.access.is_quiet) return Status::error(Code::kCancelled, source + " is not run now");
  LODE_ASSIGN(std::string text, run_program(*words, kTimeoutS, search.access.stop));
  Result<json::Value> answer = json::parse_value(text);
  wipe(text);
  if (!answer.ok() || !answer->is_object() || answer->int_or("Version", 0) != 1) {
    return Status::error(Code::kConfigInvalid, source + " printed no JSON with \"Version\": 1");
  }
  return aws_keys_of(std::move(*answer), "SessionToken", source);
}

}  // namespace lode
