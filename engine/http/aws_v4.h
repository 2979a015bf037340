// AWS signature version 4: how requests to Amazon's services, and to those that speak like them, are signed.
// Source: "AWS Signature Version 4 for API requests" in Amazon's IAM User Guide. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "http/message.h"

namespace lode {

struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  ///< "" for keys that last
};

struct AwsScope {
  std::string region;   ///< "eu-central-1"
  std::string service;  ///< "execute-api", "s3", …
};

/// Adds Authorization, X-Amz-Date and, where needed, X-Amz-Security-Token and X-Amz-Content-Sha256 to the request, and
/// writes its query with %20 for spaces, as the signature has it. Everything else of it, headers included, must be as
/// it is sent; signing again replaces what an earlier call added. Errors: kHttpBadUrl.
Status sign_aws_v4(HttpRequest& request, const AwsCredentials& credentials, const AwsScope& scope, std::int64_t now_us);

}  // namespace lode
