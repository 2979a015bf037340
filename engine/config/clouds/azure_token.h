// Access tokens of Azure: for a service principal, or for what the machine is by itself.
// Sources: Microsoft's "OAuth 2.0 client credentials flow", "How to use managed identities … to acquire an access
// token", "How to use managed identities for App Service", "Microsoft Entra Workload ID".
#pragma once

#include <string>

#include "config/clouds/access_token.h"
#include "config/clouds/cloud_call.h"

namespace lode {

/// A new token for `scope` ("https://vault.azure.net/.default"). `credentials`: fields of the kind
/// azure_service_principal (azure_tenant_id, azure_client_id, azure_client_secret), or null. Then, in the order of
/// Microsoft's own libraries, the first that is there: AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET;
/// workload identity (AZURE_FEDERATED_TOKEN_FILE); managed identity (IDENTITY_ENDPOINT of App Service, MSI_ENDPOINT,
/// else the metadata server at AZURE_POD_IDENTITY_AUTHORITY_HOST or 169.254.169.254; AZURE_CLIENT_ID says which
/// identity); whoever has run `az login`. AZURE_AUTHORITY_HOST is another cloud. Errors: kConfigMissing with all places
/// if there is nothing, kConfigInvalid for values that will not do, kHttpAuth when Azure says no, and those of
/// HttpTransport::send(). They hold no secrets. Blocks; nothing is kept: see AccessTokenCache.
Result<AccessToken> fetch_azure_token(const CloudAccess& access, const json::Value& credentials,
                                      const std::string& scope);

}  // namespace lode
