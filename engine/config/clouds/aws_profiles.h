// AwsProfiles: ~/.aws/config and ~/.aws/credentials.
// Source: "Shared config and credentials files" in Amazon's SDK guide; where it is silent, what botocore does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/clouds/profile_file.h"
#include "env/env.h"

namespace lode {

struct AwsProfiles {
  Path credentials_file;  ///< empty: there is no home folder and no variable names it
  Path config_file;
  ProfileFile credentials;             ///< sections are profiles' names
  ProfileFile config;                  ///< the same: the "profile" of "[profile shop]" is gone
  ProfileFile sso_sessions;            ///< of the config file, by name
  std::vector<ProfileSection> merged;  ///< profiles of both files; what the credentials file says wins

  AwsProfiles() = default;
  AwsProfiles(AwsProfiles&&) = default;
  AwsProfiles& operator=(AwsProfiles&&) = default;
  ~AwsProfiles();
  const ProfileSection* find(std::string_view profile) const;  ///< in `merged`; null if there is none
};

/// Files that are not there have no profiles. AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name others. Errors:
/// kConfigInvalid for a line that cannot be, by its number; kConfigUnreadable.
Result<AwsProfiles> read_aws_profiles(Env& env);

}  // namespace lode
