// The endpoints under /admin: time, faults, statistics and the truth. No authentication, no faults.
#pragma once

#include <string>

#include "endpoints.h"
#include "server.h"

namespace lode::demo_api {

/// Answers /admin/... and "/"; 404 for what there is not.
Reply answer_admin(World& world, const std::string& method, const std::string& path, const Query& query,
                   const std::string& body);

}  // namespace lode::demo_api
