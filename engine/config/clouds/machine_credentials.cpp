// What the machine itself adds to credentials of the clouds.
#include "config/clouds/machine_credentials.h"

#include <algorithm>

#include "config/clouds/aws_keys.h"
#include "config/clouds/google_token.h"

namespace lode {
namespace {

bool has_text(const json::Value& fields, std::string_view name) { return !fields.text_or(name, "").empty(); }

bool lacks_any(const json::Value& fields, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* name) { return fields.find(name) == nullptr; });
}

// Where there is no network, nobody answers.
class Nobody final : public HttpTransport {
 public:
  Result<HttpResponse> send(const HttpRequest&, const std::stop_token&) override {
    return Status::error(Code::kHttpConnect, "there is no network here");
  }
};

// `nobody` must outlive what comes out.
CloudAccess access_of(const Machine& machine, Nobody& nobody) {
  if (machine.http == nullptr) return {nobody, machine.env, machine.stop, true};
  return {*machine.http, machine.env, machine.stop};
}

void take_variable(json::Value& fields, Env& env, const char* field, const char* variable) {
  if (has_text(fields, field)) return;
  if (const auto value = env.variable(variable); value && !value->empty()) fields.set(field, *value);
}

void take_entry(json::Value& fields, const ProfileSection* profile, const char* field, const char* entry) {
  if (profile == nullptr || has_text(fields, field)) return;
  const std::string value = profile->text_or(entry, "");
  if (!value.empty()) fields.set(field, value);
}

std::string profile_of(const json::Value& fields, Env& env) {
  std::string profile = fields.text_or("profile_name", "");
  for (const char* variable : {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"}) {
    if (profile.empty()) profile = env.variable(variable).value_or("");
  }
  return profile.empty() ? "default" : profile;
}

}  // namespace

Status complete_google(json::Value& fields, std::initializer_list<const char*> needed, Completion& completion) {
  if (!lacks_any(fields, needed)) return {};
  Nobody nobody;
  const CloudAccess access = access_of(completion.machine, nobody);
  const bool may_probe = completion.reach == Completion::Reach::kProbed && completion.machine.may_probe;
  LODE_ASSIGN(const std::optional<GoogleIdentity> identity,
              find_google_identity(access, may_probe && !access.is_quiet, completion.looked));
  if (!identity) {
    completion.facts.wants_network = may_probe && access.is_quiet;
    return {};
  }
  completion.facts.is_default = true;
  completion.facts.source = identity->source;
  if (!has_text(fields, "project_id") && !identity->project_id.empty()) fields.set("project_id", identity->project_id);
  return {};
}

Status complete_aws(json::Value& fields, Completion& completion) {
  Env& env = completion.machine.env;
  take_variable(fields, env, "region_name", "AWS_REGION");
  take_variable(fields, env, "region_name", "AWS_DEFAULT_REGION");
  const std::string profile = profile_of(fields, env);
  Result<AwsProfiles> profiles = read_aws_profiles(env);
  if (profiles.ok()) {
    take_entry(fields, profiles->find(profile), "region_name", "region");
    take_entry(fields, profiles->find(profile), "endpoint_url", "endpoint_url");
  }
  // A key without its secret is a mistake, and not for others to mend.
  if (has_text(fields, "aws_access_key_id") || has_text(fields, "aws_secret_access_key")) return {};
  if (!profiles.ok()) return std::move(profiles).status();
  Nobody nobody;
  const CloudAccess access = access_of(completion.machine, nobody);
  const bool may_probe = completion.reach == Completion::Reach::kProbed && completion.machine.may_probe;
  AwsSearch search{access, std::move(*profiles), fields.text_or("profile_name", ""), fields.text_or("region_name", ""),
                   may_probe && !access.is_quiet};
  Result<std::optional<AwsKeys>> found = find_aws_keys(search);
  completion.looked = std::move(search.looked);
  const bool is_unasked = access.is_quiet && !found.ok() && found.status().code() == Code::kCancelled;
  completion.facts.wants_network = is_unasked || (may_probe && access.is_quiet && found.ok() && !*found);
  if (!found.ok()) return std::move(found).status();
  if (!*found) return {};
  const AwsKeys& keys = **found;
  fields.set("aws_access_key_id", keys.keys.access_key_id);
  fields.set("aws_secret_access_key", keys.keys.secret_access_key);
  if (!keys.keys.session_token.empty()) fields.set("aws_session_token", keys.keys.session_token);
  completion.facts.is_default = true;
  completion.facts.source = keys.source;
  completion.facts.ends_us = keys.ends_us;
  return {};
}

namespace {

void assume_azure(const json::Value& fields, Completion& completion) {
  if (completion.reach == Completion::Reach::kSetUp || !has_text(fields, "azure_storage_account_name")) return;
  completion.facts.is_default = true;
  completion.facts.source = "what gives this machine tokens of Azure";
}

}  // namespace

Status complete_azure_account(json::Value& fields, Completion& completion) {
  if (has_text(fields, "azure_storage_account_key") || has_text(fields, "azure_storage_sas_token")) return {};
  assume_azure(fields, completion);
  return {};
}

Status complete_azure_principal(json::Value& fields, Completion& completion) {
  if (lacks_any(fields, {"azure_tenant_id", "azure_client_id", "azure_client_secret"}))
    assume_azure(fields, completion);
  return {};
}

}  // namespace lode
