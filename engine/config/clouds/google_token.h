// Access tokens of Google: for given credentials, or for those that the machine has by itself.
// Sources: Google's "Application Default Credentials", AIP-4110 to 4117; RFC 7523, RFC 8693.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/clouds/access_token.h"
#include "config/clouds/cloud_call.h"

namespace lode {

/// What signs in to Google: the contents of a file of Google's, fields of the kinds gcp_service_account and gcp_oauth,
/// or the metadata server.
struct GoogleIdentity {
  json::Value fields;      ///< null: the metadata server. Wiped
  std::string source;      ///< where it stands: "GOOGLE_APPLICATION_CREDENTIALS (/etc/key.json)"
  std::string project_id;  ///< as far as it is known; "" if not

  GoogleIdentity() = default;
  GoogleIdentity(GoogleIdentity&&) = default;
  GoogleIdentity& operator=(GoogleIdentity&&) = default;
  ~GoogleIdentity() { wipe(fields); }
};

/// What the machine has, as Google's own libraries look for it: the file that GOOGLE_APPLICATION_CREDENTIALS names,
/// gcloud's application_default_credentials.json (in CLOUDSDK_CONFIG or ~/.config/gcloud), the metadata server (at
/// GCE_METADATA_HOST; not with NO_GCE_CHECK=true). Only the last is asked over the network, and only if `ask_network`.
/// The project: GOOGLE_CLOUD_PROJECT, else as the credentials or gcloud's settings say. nullopt: there is nothing, and
/// `looked` has a line for each place. Errors: kConfigUnreadable, kConfigInvalid for a file that is named and will not
/// do.
Result<std::optional<GoogleIdentity>> find_google_identity(const CloudAccess& access, bool ask_network,
                                                           std::vector<std::string>& looked);

/// A new token for the fields of an identity (null: the metadata server): "service_account", "authorized_user",
/// "external_account" with a subject token out of a file or from a URL, "impersonated_service_account"; fields without
/// a type are told by what they have. `scopes`: none is https://www.googleapis.com/auth/cloud-platform, where scopes
/// are needed. Errors: kConfigInvalid for fields that will not do, kHttpAuth when Google says no, and those of
/// HttpTransport::send(). They hold no secrets.
Result<AccessToken> fetch_google_token(const CloudAccess& access, const GoogleIdentity& identity,
                                       const std::vector<std::string>& scopes);

/// The same for fields as the configuration has them. null: find_google_identity(), and it is an error (kConfigMissing,
/// with all places) if there is none. Blocks; nothing is kept: see AccessTokenCache.
Result<AccessToken> fetch_google_token(const CloudAccess& access, const json::Value& credentials,
                                       const std::vector<std::string>& scopes);

/// "169.254.169.254", or what GCE_METADATA_HOST says.
std::string google_metadata_host(Env& env);
std::string google_metadata_url(Env& env, std::string_view path);

}  // namespace lode
