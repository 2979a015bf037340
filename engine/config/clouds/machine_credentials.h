// What the machine itself adds to credentials of the clouds: CredentialKind::complete of their kinds.
#pragma once

#include <initializer_list>

#include "config/credentials.h"

namespace lode {

/// Where one of `needed` is missing: what find_google_identity() finds; the project is set, if it is known.
Status complete_google(json::Value& fields, std::initializer_list<const char*> needed, Completion& completion);

/// Where a key is missing: what find_aws_keys() finds. The region: AWS_REGION, AWS_DEFAULT_REGION, the profile's.
Status complete_aws(json::Value& fields, Completion& completion);

/// Where key and SAS token, or the principal's fields, are missing, whatever gives tokens here is assumed to be allowed
/// to use the account: nobody can know before.
Status complete_azure_account(json::Value& fields, Completion& completion);
Status complete_azure_principal(json::Value& fields, Completion& completion);

}  // namespace lode
