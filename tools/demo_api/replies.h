// What the layers around an endpoint do to its reply.
#pragma once

#include <string>
#include <string_view>

#include "endpoints.h"
#include "faults.h"

namespace lode::demo_api {

/// The reply that stands in the place of the endpoint's own, for a failure that needs no body of it: an error status,
/// 204, a web page, nothing, a redirect to `path` and `query`.
Reply failure_reply(const FaultRule& failure, const std::string& base_url, const std::string& path, Query query);
bool replaces_reply(FaultKind kind);

/// Adds the ETag of the body, or makes it a 304 when `if_none_match` names that.
void apply_etag(Reply& reply, std::string_view if_none_match);

/// Compresses the body.
void apply_gzip(Reply& reply);

}  // namespace lode::demo_api
