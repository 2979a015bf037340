// The endpoints under /v1: which there are, who may use them, and what each answers when nothing goes wrong.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "paging.h"
#include "query.h"
#include "studio.h"

namespace lode::demo_api {

/// A request as an endpoint sees it. All references outlive the call; the studio does not change during it.
struct Call {
  const Studio& studio;
  const Query& query;
  std::string path;     ///< "/v1/players"
  std::string path_id;  ///< what the path has in the place of {id}; "" where there is no such place
  std::string body;
  std::string base_url;  ///< "http://127.0.0.1:8080", as the client knows this server
  RepeatedPages repeated;
};

struct Reply {
  int status = 200;
  std::string body;
  std::string content_type = "application/json; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  bool page_again = false;  ///< the page is served for the second time because a fault wants it so
};

/// {"error": {"code": ..., "message": ..., "status": ...}}
Reply error_reply(int status, std::string_view code, std::string_view message);

enum class Access { kBearer, kApiKey };

struct Route {
  std::string_view method;
  std::string_view name;     ///< "/v1/matches/{id}/events"
  std::string_view pattern;  ///< the same as a regular expression
  Access access;
  Reply (*answer)(const Call& call);
};

/// All of them. Nothing else exists under /v1.
std::span<const Route> routes();

}  // namespace lode::demo_api
