// AwsKeys: the places in their order, and what a profile says.
#include "config/clouds/aws_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/iso8601.h"
#include "base/text.h"
#include "config/clouds/aws_places.h"
#include "config/secret.h"

namespace lode {
namespace {

constexpr std::size_t kRolesMax = 10;  // a chain of roles that is longer is a mistake

AwsAttempt nothing(AwsSearch& search, std::string why) {
  search.looked.push_back(std::move(why));
  return std::optional<AwsKeys>();
}

AwsAttempt some(Result<AwsKeys> keys) {
  if (!keys.ok()) return std::move(keys).status();
  return std::optional<AwsKeys>(std::move(*keys));
}

Status wrong(const std::string& profile, std::string_view what) {
  return Status::error(Code::kConfigInvalid, fmt::format("the profile '{}' of AWS {}", profile, what));
}

// What is found under one name, or the other.
std::string either(const ProfileSection& section, const char* a, const char* b) {
  return section.has(a) ? section.text_or(a, "") : section.text_or(b, "");
}

AwsAttempt from_variables(AwsSearch& search) {
  AwsKeys keys;
  keys.keys.access_key_id = search.variable("AWS_ACCESS_KEY_ID");
  if (keys.keys.access_key_id.empty()) return nothing(search, "AWS_ACCESS_KEY_ID is not set");
  keys.keys.secret_access_key = search.variable("AWS_SECRET_ACCESS_KEY");
  if (keys.keys.secret_access_key.empty()) {
    return Status::error(Code::kConfigMissing, "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not");
  }
  keys.keys.session_token = search.variable("AWS_SECURITY_TOKEN");
  if (keys.keys.session_token.empty()) keys.keys.session_token = search.variable("AWS_SESSION_TOKEN");
  keys.source = "AWS_ACCESS_KEY_ID";
  const std::optional<IsoValue> end = parse_iso(search.variable("AWS_CREDENTIAL_EXPIRATION"));
  if (end && end->kind == IsoValue::Kind::kTimestamp) keys.ends_us = end->micros;
  return std::optional<AwsKeys>(std::move(keys));
}

AwsAttempt static_keys(AwsSearch& search, const ProfileFile& file, const Path& path, const std::string& profile) {
  const ProfileSection* section = file.find(profile);
  if (section == nullptr || !section->has("aws_access_key_id")) {
    return nothing(search, fmt::format("{}: no keys of the profile '{}'",
                                       path.empty() ? "no home folder" : path.string(), profile));
  }
  AwsKeys keys;
  keys.keys.access_key_id = section->text_or("aws_access_key_id", "");
  keys.keys.secret_access_key = section->text_or("aws_secret_access_key", "");
  keys.keys.session_token = either(*section, "aws_security_token", "aws_session_token");
  keys.source = path.string();
  if (keys.keys.access_key_id.empty() || keys.keys.secret_access_key.empty()) {
    return wrong(profile, "has one of aws_access_key_id and aws_secret_access_key without the other")
        .with("in", path.string());
  }
  return std::optional<AwsKeys>(std::move(keys));
}

bool has_role(const ProfileSection& profile) {
  return profile.has("role_arn") && !profile.has("web_identity_token_file");
}

bool has_keys(const ProfileSection& profile) {
  return profile.has("aws_access_key_id") || profile.has("aws_secret_access_key");
}

AwsAttempt from_web_identity(AwsSearch& search, const ProfileSection& profile, bool variables_count) {
  const auto setting = [&](const char* variable, const char* name) {
    const auto value = variables_count ? search.access.env.variable(variable) : std::nullopt;
    return value ? *value : profile.text_or(name, "");
  };
  const std::string file = setting("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
  if (file.empty()) {
    return nothing(search, variables_count ? "AWS_WEB_IDENTITY_TOKEN_FILE is not set, nor web_identity_token_file"
                                           : "web_identity_token_file is not set");
  }
  AwsRole role;
  role.arn = setting("AWS_ROLE_ARN", "role_arn");
  role.session_name = setting("AWS_ROLE_SESSION_NAME", "role_session_name");
  if (role.arn.empty()) {
    return Status::error(Code::kConfigMissing,
                         "there is a web identity for AWS (AWS_WEB_IDENTITY_TOKEN_FILE) and no "
                         "role")
        .hint("set AWS_ROLE_ARN, or role_arn in the profile");
  }
  Result<std::string> token = search.access.env.read_file(file);
  if (!token.ok()) {
    return Status::error(Code::kConfigUnreadable, "the web identity token of AWS cannot be read")
        .caused_by(std::move(token).status());
  }
  role.web_token = std::string(trim(*token));
  wipe(*token);
  return some(assume_aws_role(search, std::move(role), nullptr));
}

AwsAttempt from_process(AwsSearch& search, const ProfileSection& profile) {
  const std::string command = profile.text_or("credential_process", "");
  if (command.empty()) return nothing(search, "credential_process is not set");
  return some(run_aws_process(search, command));
}

// What a profile has without acting as somebody else.
AwsAttempt from_profile(AwsSearch& search, const std::string& name, bool variables_count) {
  static const ProfileSection kNone;
  const ProfileSection* found = search.profiles.find(name);
  const ProfileSection& profile = found != nullptr ? *found : kNone;
  LODE_ASSIGN(std::optional<AwsKeys> keys, from_web_identity(search, profile, variables_count));
  if (!keys) {
    LODE_ASSIGN(keys, find_aws_sso_keys(search, profile));
  }
  if (!keys) {
    LODE_ASSIGN(keys, static_keys(search, search.profiles.credentials, search.profiles.credentials_file, name));
  }
  if (!keys && profile.has("login_session")) {
    return wrong(name, "was made by `aws login`, which is not understood")
        .hint("credential_process = aws configure export-credentials --profile " + name +
              " --format process, in another profile, gives its keys");
  }
  if (!keys) {
    LODE_ASSIGN(keys, from_process(search, profile));
  }
  if (!keys) {
    LODE_ASSIGN(keys, static_keys(search, search.profiles.config, search.profiles.config_file, name));
  }
  return keys;
}

AwsAttempt from_role(AwsSearch& search, const std::string& name, std::vector<std::string> visited);

AwsAttempt from_credential_source(AwsSearch& search, const std::string& name, const std::string& source) {
  AwsAttempt found = std::optional<AwsKeys>();
  if (equal_ignoring_case(source, "Environment")) {
    found = from_variables(search);
  } else if (equal_ignoring_case(source, "EcsContainer")) {
    found = find_aws_container_keys(search);
  } else if (equal_ignoring_case(source, "Ec2InstanceMetadata")) {
    found = find_aws_instance_keys(search);
  } else {
    return wrong(name, fmt::format("has the credential_source '{}'", source))
        .hint("there are Environment, Ec2InstanceMetadata, EcsContainer");
  }
  if (!found.ok() || *found) return found;
  return wrong(name, fmt::format("takes its keys from {}, and there are none", source));
}

// Keys that may act as the profile's role.
AwsAttempt source_keys(AwsSearch& search, const ProfileSection& profile, std::vector<std::string> visited) {
  const std::string source = profile.text_or("source_profile", "");
  const std::string place = profile.text_or("credential_source", "");
  if (source.empty() == place.empty()) {
    return wrong(profile.name, place.empty() ? "has a role_arn and neither source_profile nor credential_source"
                                             : "has both source_profile and credential_source");
  }
  if (source.empty()) return from_credential_source(search, profile.name, place);
  const ProfileSection* from = search.profiles.find(source);
  if (from == nullptr)
    return wrong(profile.name, fmt::format("has the source_profile '{}', which is not there", source));
  const bool was_visited = std::find(visited.begin(), visited.end(), source) != visited.end();
  // A profile may act with keys of its own.
  const bool is_loop = was_visited && !(source == profile.name && has_keys(*from));
  if (is_loop || visited.size() > kRolesMax)
    return wrong(profile.name, "has source_profiles that go around in circles");
  if (has_keys(*from) || !has_role(*from)) {
    LODE_ASSIGN(std::optional<AwsKeys> keys, from_profile(search, source, false));
    if (keys) return keys;
    return wrong(profile.name, fmt::format("has the source_profile '{}', which has no keys", source));
  }
  visited.push_back(source);
  return from_role(search, source, std::move(visited));
}

AwsAttempt from_role(AwsSearch& search, const std::string& name, std::vector<std::string> visited) {
  const ProfileSection* profile = search.profiles.find(name);
  if (profile == nullptr || !has_role(*profile)) {
    return nothing(search, fmt::format("the profile '{}' has no role_arn", name));
  }
  if (profile->has("mfa_serial")) {
    return wrong(name, "wants a code of somebody's device (mfa_serial)")
        .hint(
            "get keys for a while with `aws sts get-session-token`, and put them into AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN");
  }
  AwsRole role;
  role.arn = profile->text_or("role_arn", "");
  role.session_name = profile->text_or("role_session_name", "");
  role.external_id = profile->text_or("external_id", "");
  const std::string seconds = profile->text_or("duration_seconds", "");
  std::from_chars(seconds.data(), seconds.data() + seconds.size(), role.duration_s);
  LODE_ASSIGN(const std::optional<AwsKeys> by, source_keys(search, *profile, std::move(visited)));
  return some(assume_aws_role(search, std::move(role), &by->keys));
}

}  // namespace

AwsKeys::~AwsKeys() {
  wipe(keys.secret_access_key);
  wipe(keys.session_token);
}

Result<AwsKeys> aws_keys_of(json::Value answer, std::string_view token_name, std::string source) {
  AwsKeys keys;
  keys.keys.access_key_id = answer.text_or("AccessKeyId", "");
  keys.keys.secret_access_key = answer.text_or("SecretAccessKey", "");
  keys.keys.session_token = answer.text_or(token_name, "");
  const std::string end_text = answer.text_or("Expiration", "");
  wipe(answer);
  const std::optional<IsoValue> end = parse_iso(end_text);
  const bool has_end = end && end->kind == IsoValue::Kind::kTimestamp;
  if (keys.keys.access_key_id.empty() || keys.keys.secret_access_key.empty() || (!end_text.empty() && !has_end)) {
    return Status::error(Code::kHttpAuth, fmt::format("{} gave no keys of AWS", source));
  }
  if (has_end) keys.ends_us = end->micros;
  keys.source = std::move(source);
  return keys;
}

Result<std::optional<AwsKeys>> find_aws_keys(AwsSearch& search) {
  const bool is_named = !search.profile.empty();
  for (const char* variable : {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"}) {
    if (search.profile.empty()) search.profile = search.variable(variable);
  }
  if (!search.profile.empty() && search.profiles.find(search.profile) == nullptr) {
    return Status::error(Code::kConfigInvalid, fmt::format("there is no profile '{}' of AWS", search.profile))
        .note(fmt::format("looked in {} and {}", search.profiles.credentials_file.string(),
                          search.profiles.config_file.string()));
  }
  if (search.profile.empty()) search.profile = "default";
  std::optional<AwsKeys> keys;
  if (!is_named) {
    LODE_ASSIGN(keys, from_variables(search));
  }
  if (!keys) {
    LODE_ASSIGN(keys, from_role(search, search.profile, {search.profile}));
  }
  if (!keys) {
    LODE_ASSIGN(keys, from_profile(search, search.profile, !is_named));
  }
  if (!keys) {
    LODE_ASSIGN(keys, find_aws_container_keys(search));
  }
  if (!keys && search.may_probe) {
    LODE_ASSIGN(keys, find_aws_instance_keys(search));
  }
  return keys;
}

}  // namespace lode
