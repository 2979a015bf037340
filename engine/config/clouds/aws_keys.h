// AwsKeys: the keys of AWS that the machine has by itself, in the order of Amazon's own programs.
// Source: "Credentials" in the guides of Amazon's SDKs; where they differ, botocore, because dlt uses it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/clouds/aws_profiles.h"
#include "config/clouds/cloud_call.h"
#include "http/aws_v4.h"

namespace lode {

struct AwsKeys {
  AwsCredentials keys;       ///< wiped
  std::int64_t ends_us = 0;  ///< as Env::now_us(); 0: they last
  std::string source;        ///< "the role arn:aws:iam::1:role/loader": for messages

  AwsKeys() = default;
  AwsKeys(const AwsKeys&) = default;
  AwsKeys(AwsKeys&&) = default;
  AwsKeys& operator=(const AwsKeys&) = default;
  AwsKeys& operator=(AwsKeys&&) = default;
  ~AwsKeys();
  /// So long before they end that a request that is signed now still finds them good.
  bool must_renew(std::int64_t now_us) const { return ends_us != 0 && now_us >= ends_us - kMarginUs; }
  static constexpr std::int64_t kMarginUs = 300'000'000;
};

struct AwsSearch {
  const CloudAccess& access;
  AwsProfiles profiles = {};
  std::string profile = {};              ///< "": AWS_DEFAULT_PROFILE, AWS_PROFILE, "default"
  std::string region = {};               ///< of STS; "": its one endpoint for all regions
  bool may_probe = true;                 ///< whether the metadata service of EC2 is asked, which may not be there
  std::vector<std::string> looked = {};  ///< a line for each place that had nothing

  std::string variable(const char* name) const { return access.env.variable(name).value_or(""); }
};

/// The first that is there: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (not if `profile` is given); then the profile's
/// role (role_arn with source_profile or credential_source), web identity (AWS_WEB_IDENTITY_TOKEN_FILE and
/// AWS_ROLE_ARN, or the profile's), single sign-on (sso_session, sso_start_url), keys of ~/.aws/credentials,
/// credential_process, keys of ~/.aws/config; a container's endpoint (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI,
/// _FULL_URI); the instance's role (IMDSv2). A place that is set up and fails is an error; the next is not tried.
/// `search.profiles` must have been read. nullopt: there is nothing, and `search.looked` says where. Errors:
/// kConfigInvalid for a set-up that will not do, kConfigUnreadable, kHttpAuth when AWS says no, and those of
/// HttpTransport::send(). They hold no secrets. Blocks.
Result<std::optional<AwsKeys>> find_aws_keys(AwsSearch& search);

}  // namespace lode
