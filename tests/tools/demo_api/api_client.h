// A client of the demo API for its own tests: requests, JSON, and walks over all pages of an endpoint.
#pragma once

#include <httplib.h>
#include <simdjson.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/demo_api_process.h"

namespace lode::test {

/// Parsed JSON that keeps its own memory.
struct Document {
  explicit Document(const std::string& text) : parser(std::make_unique<simdjson::dom::parser>()) {
    root = parser->parse(text);
  }
  auto operator[](std::string_view name) const { return root[name]; }
  std::unique_ptr<simdjson::dom::parser> parser;
  simdjson::dom::element root;
};

/// Text, which the value must be.
std::string string_of(simdjson::simdjson_result<simdjson::dom::element> value);

struct Answer {
  int status = 0;  ///< 0: no whole reply arrived
  std::string body;
  httplib::Headers headers;
  std::string header(const std::string& name) const;
  Document json() const { return Document(body); }
};

/// A server and a client that is let in. Fails the running test when the server does not answer at all.
class Api {
 public:
  explicit Api(std::vector<std::string> arguments = {});
  Answer get(const std::string& target, httplib::Headers headers = {});
  Answer post(const std::string& target, const std::string& body);
  Answer get_without_token(const std::string& target, httplib::Headers headers = {});
  void set_faults(const std::string& spec);
  std::int64_t truth(const std::string& group, const std::string& name);
  std::int64_t stat(const std::string& group, const std::string& name);  ///< 0 when nothing was counted

  DemoApiProcess process;
  httplib::Client http;
};

/// What a client gets that goes through all pages of an endpoint: the pages' rows as JSON text, in order.
struct Walk {
  std::vector<std::vector<std::string>> pages;
  std::vector<std::string> rows() const;
  std::set<std::string> distinct() const;
};

/// Each follows the endpoint's own way of paging until the endpoint says that there is no more.
Walk walk_players(Api& api, const std::string& query);
Walk walk_matches(Api& api, const std::string& query);
Walk walk_purchases(Api& api, const std::string& query);
Walk walk_inventory(Api& api, std::int64_t limit);
Walk walk_items(Api& api, const std::string& path, const std::string& query);
Walk walk_leaderboard(Api& api, const std::string& query);
Walk walk_search(Api& api, const std::string& text, std::int64_t limit);

std::string percent_encoded(const std::string& text);

}  // namespace lode::test
