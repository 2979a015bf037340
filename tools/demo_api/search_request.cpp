// The only JSON that the server reads.
#include "search_request.h"

#include <simdjson.h>

namespace lode::demo_api {

std::string read_search_request(const std::string& body, SearchRequest& request) {
  simdjson::dom::parser parser;
  simdjson::dom::object fields;
  if (parser.parse(body).get(fields) != simdjson::SUCCESS) return "the body must be a JSON object";
  for (const auto& [name, value] : fields) {
    if (name != "query" && name != "cursor" && name != "limit") {
      return "unknown field " + std::string(name) + "; there are query, limit and cursor";
    }
    if (value.is_null()) continue;
    if (name != "limit") {
      std::string_view text;
      if (value.get(text) != simdjson::SUCCESS) return std::string(name) + " must be text";
      (name == "query" ? request.query : request.cursor) = text;
    } else if (value.get(request.limit) != simdjson::SUCCESS || request.limit < 1) {
      return "limit must be 1 or more";
    }
  }
  return "";
}

}  // namespace lode::demo_api
