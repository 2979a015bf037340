// Google's credentials of a machine: where they stand.
#include <fmt/format.h>

#include "base/text.h"
#include "config/clouds/google_token.h"
#include "config/clouds/profile_file.h"
#include "json/parse.h"

namespace lode {
namespace {

std::string variable_of(Env& env, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const auto value = env.variable(name); value && !value->empty()) return *value;
  }
  return "";
}

Result<json::Value> read_fields(Env& env, const Path& file, const std::string& source) {
  Result<std::string> text = env.read_file(file);
  if (!text.ok()) {
    return Status::error(Code::kConfigUnreadable, fmt::format("{} cannot be read", source))
        .caused_by(std::move(text).status());
  }
  Result<json::Value> fields = json::parse_value(*text);
  wipe(*text);
  if (fields.ok() && fields->is_object()) return fields;
  return Status::error(Code::kConfigInvalid, fmt::format("{} is not JSON", source))
      .hint("it must be a file of credentials that Google gave you");
}

std::optional<Path> gcloud_folder(Env& env) {
  const std::string named = variable_of(env, {"CLOUDSDK_CONFIG"});
  if (!named.empty()) return Path(named);
  const std::optional<Path> home = env.home();
  return home ? std::optional(*home / ".config" / "gcloud") : std::nullopt;
}

// What `gcloud config get project` prints, out of the files that it reads.
std::string gcloud_project(Env& env, const Path& folder) {
  if (std::string named = variable_of(env, {"CLOUDSDK_CORE_PROJECT"}); !named.empty()) return named;
  std::string active = variable_of(env, {"CLOUDSDK_ACTIVE_CONFIG_NAME"});
  if (active.empty()) {
    const Result<std::string> text = env.read_file(folder / "active_config");
    active = text.ok() ? std::string(trim(*text)) : "default";
  }
  if (active.find('/') != std::string::npos) return "";
  const Result<std::string> text = env.read_file(folder / "configurations" / ("config_" + active));
  if (!text.ok()) return "";
  const ProfileFile settings = parse_profile_file(*text);
  const ProfileSection* core = settings.find("core");
  return core != nullptr ? core->text_or("project", "") : "";
}

std::string project_of(Env& env, const json::Value& fields) {
  const std::string named = variable_of(env, {"GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT"});
  return !named.empty() ? named : fields.text_or("project_id", "");
}

Result<std::optional<GoogleIdentity>> from_variable(Env& env, std::vector<std::string>& looked) {
  const std::string file = variable_of(env, {"GOOGLE_APPLICATION_CREDENTIALS"});
  if (file.empty()) {
    looked.emplace_back("GOOGLE_APPLICATION_CREDENTIALS is not set");
    return std::optional<GoogleIdentity>();
  }
  GoogleIdentity identity;
  identity.source = fmt::format("the file '{}' (GOOGLE_APPLICATION_CREDENTIALS)", file);
  LODE_ASSIGN(identity.fields, read_fields(env, file, identity.source));
  identity.project_id = project_of(env, identity.fields);
  return std::optional<GoogleIdentity>(std::move(identity));
}

Result<std::optional<GoogleIdentity>> from_gcloud(Env& env, std::vector<std::string>& looked) {
  const std::optional<Path> folder = gcloud_folder(env);
  const Path file = folder ? *folder / "application_default_credentials.json" : Path();
  if (!folder || !env.exists(file)) {
    looked.push_back(folder ? fmt::format("{} is not there", file.string()) : "there is no home folder");
    return std::optional<GoogleIdentity>();
  }
  GoogleIdentity identity;
  identity.source = fmt::format("gcloud's file '{}'", file.string());
  LODE_ASSIGN(identity.fields, read_fields(env, file, identity.source));
  identity.project_id = project_of(env, identity.fields);
  if (identity.project_id.empty()) identity.project_id = gcloud_project(env, *folder);
  return std::optional<GoogleIdentity>(std::move(identity));
}

Result<std::optional<GoogleIdentity>> from_metadata(const CloudAccess& access, std::vector<std::string>& looked) {
  if (variable_of(access.env, {"NO_GCE_CHECK"}) == "true") {
    looked.emplace_back("the metadata server is not asked: NO_GCE_CHECK is true");
    return std::optional<GoogleIdentity>();
  }
  const std::string host = google_metadata_host(access.env);
  CloudCall call("Google's metadata server", "GET", google_metadata_url(access.env, "project/project-id"));
  call.request.headers = {{"Metadata-Flavor", "Google"}};
  call.is_local = true;
  Result<HttpResponse> response = ask(access, call);
  if (!response.ok() && response.status().code() == Code::kCancelled) return std::move(response).status();
  const std::string* flavor = response.ok() ? response->header("Metadata-Flavor") : nullptr;
  if (flavor == nullptr || *flavor != "Google") {
    looked.push_back(fmt::format("the metadata server at {}: {}", host,
                                 response.ok() ? "what answers there is not Google's" : "nothing answers"));
    return std::optional<GoogleIdentity>();
  }
  GoogleIdentity identity;
  identity.source = fmt::format("the metadata server at {}", host);
  identity.project_id = project_of(access.env, json::Value::object());
  const std::string said(trim(response->body));
  if (identity.project_id.empty() && response->status == 200 && can_be_host(replace_all(said, ":", "."))) {
    identity.project_id = said;
  }
  return std::optional<GoogleIdentity>(std::move(identity));
}

}  // namespace

std::string google_metadata_host(Env& env) {
  // The number needs no name server, which may take long where there is no metadata server.
  const std::string named = variable_of(env, {"GCE_METADATA_HOST", "GCE_METADATA_ROOT", "GCE_METADATA_IP"});
  return named.empty() ? "169.254.169.254" : named;
}

std::string google_metadata_url(Env& env, std::string_view path) {
  return fmt::format("http://{}/computeMetadata/v1/{}", google_metadata_host(env), path);
}

Result<std::optional<GoogleIdentity>> find_google_identity(const CloudAccess& access, bool ask_network,
                                                           std::vector<std::string>& looked) {
  LODE_ASSIGN(std::optional<GoogleIdentity> identity, from_variable(access.env, looked));
  if (!identity) {
    LODE_ASSIGN(identity, from_gcloud(access.env, looked));
  }
  if (identity) {
    if (identity->project_id.empty()) identity->project_id = identity->fields.text_or("quota_project_id", "");
    return identity;
  }
  if (!ask_network) return identity;
  return from_metadata(access, looked);
}

}  // namespace lode
