// The places that AWS's keys come from over the network: private to aws_keys.cpp.
#pragma once

#include <optional>
#include <string>

#include "config/clouds/aws_keys.h"

namespace lode {

using AwsAttempt = Result<std::optional<AwsKeys>>;

/// STS: keys of a role, for keys that may act as it, or (null) for somebody else's token.
struct AwsRole {
  std::string arn;
  std::string session_name;  ///< "": one of ours
  std::string external_id;
  std::int64_t duration_s = 0;  ///< 0: what the role says
  std::string web_token;        ///< wiped by assume_aws_role()
};
Result<AwsKeys> assume_aws_role(const AwsSearch& search, AwsRole role, const AwsCredentials* by);

/// IAM Identity Center: keys for the token that `aws sso login` left.
AwsAttempt find_aws_sso_keys(AwsSearch& search, const ProfileSection& profile);

/// The endpoint of a container (ECS, EKS).
AwsAttempt find_aws_container_keys(AwsSearch& search);

/// The metadata service of an instance (EC2).
AwsAttempt find_aws_instance_keys(AwsSearch& search);

/// What credential_process prints.
Result<AwsKeys> run_aws_process(const AwsSearch& search, const std::string& command);

/// {"AccessKeyId", "SecretAccessKey", <token_name>, "Expiration"}, which is wiped. Errors: kHttpAuth, naming `source`.
Result<AwsKeys> aws_keys_of(json::Value answer, std::string_view token_name, std::string source);

/// AWS_ENDPOINT_URL_<service>, AWS_ENDPOINT_URL (neither with AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true), or `usual`;
/// without a '/' at its end.
std::string aws_endpoint(const AwsSearch& search, const char* service, std::string usual);

}  // namespace lode
