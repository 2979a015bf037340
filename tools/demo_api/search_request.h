// The JSON body of POST /v1/search.
#pragma once

#include <cstdint>
#include <string>

namespace lode::demo_api {

struct SearchRequest {
  std::string query;        ///< part of a handle; "" finds every player
  std::int64_t limit = 40;  ///< rows a page, at least 1
  std::string cursor;       ///< "": the first page
};

/// Fields that are absent or null keep their value. Returns "", or what is wrong with the body.
std::string read_search_request(const std::string& body, SearchRequest& request);

}  // namespace lode::demo_api
