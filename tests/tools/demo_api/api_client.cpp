// Pages are followed here as a client of any other make would do it; nothing is shared with the server.
#include "api_client.h"

#include <cctype>
#include <cstdio>

#include "support/catch.h"

namespace lode::test {
namespace {

// A walk that does not end is a failure, not a reason to wait.
constexpr std::size_t kPagesMax = 5000;

Answer answer_of(const httplib::Result& result) {
  if (!result) return {};
  return {result->status, result->body, result->headers};
}

/// cpp-httplib 0.11 waits for the body of a 304, which has none; so reading ends at the head of one.
Answer get_answer(httplib::Client& http, const std::string& target, const httplib::Headers& headers) {
  Answer answer;
  const httplib::Result result = http.Get(
      target, headers,
      [&](const httplib::Response& head) {
        answer.status = head.status;
        answer.headers = head.headers;
        return head.status != 304;
      },
      [&](const char* data, std::size_t size) {
        answer.body.append(data, size);
        return true;
      });
  return result || answer.status == 304 ? answer : Answer{};
}

std::string bearer() { return std::string("Bearer ") + DemoApiProcess::kToken; }

std::vector<std::string> texts_of(simdjson::dom::array rows) {
  std::vector<std::string> texts;
  for (const simdjson::dom::element row : rows) texts.push_back(simdjson::to_string(row));
  return texts;
}

/// Adds a page and says whether the walk may go on.
void add_page(Walk& walk, simdjson::dom::array rows) {
  walk.pages.push_back(texts_of(rows));
  REQUIRE(walk.pages.size() < kPagesMax);
}

/// The target of rel="next" without scheme and host; "" when there is none.
std::string next_of_link_header(const std::string& header) {
  const std::size_t rel = header.find(">; rel=\"next\"");
  if (rel == std::string::npos) return "";
  const std::size_t start = header.rfind('<', rel) + 1;
  const std::string url = header.substr(start, rel - start);
  return url.substr(url.find('/', url.find("//") + 2));
}

}  // namespace

std::string string_of(simdjson::simdjson_result<simdjson::dom::element> value) {
  return std::string(value.get_string().value());
}

std::string Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

Api::Api(std::vector<std::string> arguments) : process(std::move(arguments)), http("127.0.0.1", process.port()) {
  http.set_keep_alive(true);
  http.set_read_timeout(60, 0);
}

Answer Api::get(const std::string& target, httplib::Headers headers) {
  headers.emplace("Authorization", bearer());
  return get_answer(http, target, headers);
}

Answer Api::post(const std::string& target, const std::string& body) {
  httplib::Headers headers;
  headers.emplace("Authorization", bearer());
  return answer_of(http.Post(target, headers, body, "application/json"));
}

Answer Api::get_without_token(const std::string& target, httplib::Headers headers) {
  return get_answer(http, target, headers);
}

void Api::set_faults(const std::string& spec) { REQUIRE(post("/admin/faults", spec).status == 200); }

std::int64_t Api::truth(const std::string& group, const std::string& name) {
  return get("/admin/truth").json()[group][name].get_int64();
}

std::int64_t Api::stat(const std::string& group, const std::string& name) {
  std::int64_t count = 0;
  const Document stats = get("/admin/stats").json();
  if (stats[group][name].get(count) != simdjson::SUCCESS) return 0;
  return count;
}

std::vector<std::string> Walk::rows() const {
  std::vector<std::string> all;
  for (const auto& page : pages) all.insert(all.end(), page.begin(), page.end());
  return all;
}

std::set<std::string> Walk::distinct() const {
  const std::vector<std::string> all = rows();
  return {all.begin(), all.end()};
}

Walk walk_players(Api& api, const std::string& query) {
  Walk walk;
  for (std::string target = "/v1/players" + query; !target.empty();) {
    const Answer answer = api.get(target);
    add_page(walk, answer.json().root);
    target = next_of_link_header(answer.header("Link"));
  }
  return walk;
}

Walk walk_matches(Api& api, const std::string& query) {
  Walk walk;
  for (std::string target = "/v1/matches" + query; !target.empty();) {
    const Document page = api.get(target).json();
    add_page(walk, page["data"]);
    target.clear();
    if (page["links"]["next"].is_null()) continue;
    const std::string next = string_of(page["links"]["next"]);
    if (next.front() == '?') {
      target = "/v1/matches" + next;
    } else {
      target = next.front() == '/' ? next : next.substr(next.find('/', 7));
    }
  }
  return walk;
}

Walk walk_purchases(Api& api, const std::string& query) {
  Walk walk;
  std::string cursor;
  for (;;) {
    const Document page =
        api.get("/v1/purchases" + query + (cursor.empty() ? "" : "&cursor=" + percent_encoded(cursor))).json();
    add_page(walk, page["purchases"]);
    REQUIRE(page["meta"]["has_more"].get_bool().value() == !page["meta"]["next_cursor"].is_null());
    if (page["meta"]["next_cursor"].is_null()) return walk;
    cursor = std::string_view(page["meta"]["next_cursor"]);
  }
}

Walk walk_inventory(Api& api, std::int64_t limit) {
  Walk walk;
  std::int64_t offset = 0, total = 1;
  while (offset < total) {
    const Document page =
        api.get("/v1/inventory?offset=" + std::to_string(offset) + "&limit=" + std::to_string(limit)).json();
    add_page(walk, page["items"]);
    total = page["total"];
    offset += limit;
  }
  return walk;
}

Walk walk_items(Api& api, const std::string& path, const std::string& query) {
  Walk walk;
  std::int64_t pages = 1;
  for (std::int64_t number = 1; number <= pages; ++number) {
    const Document page = api.get(path + query + "&page=" + std::to_string(number)).json();
    REQUIRE(std::int64_t(page["page"]) == number);
    add_page(walk, page["results"]);
    pages = page["total_pages"];
  }
  return walk;
}

Walk walk_leaderboard(Api& api, const std::string& query) {
  Walk walk;
  std::string cursor;
  do {
    const Answer answer =
        api.get("/v1/leaderboard" + query + (cursor.empty() ? "" : "&cursor=" + percent_encoded(cursor)));
    add_page(walk, answer.json()["entries"]);
    cursor = answer.header("X-Next-Cursor");
  } while (!cursor.empty());
  return walk;
}

Walk walk_search(Api& api, const std::string& text, std::int64_t limit) {
  Walk walk;
  std::string cursor = "null";
  for (;;) {
    const std::string body =
        R"({"query":")" + text + R"(","limit":)" + std::to_string(limit) + R"(,"cursor":)" + cursor + "}";
    const Document page = api.post("/v1/search", body).json();
    add_page(walk, page["hits"]);
    if (page["cursor"].is_null()) return walk;
    cursor = simdjson::to_string(page["cursor"].value());
  }
}

std::string percent_encoded(const std::string& text) {
  std::string out;
  for (const char c : text) {
    char code[8];
    std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += std::isalnum(static_cast<unsigned char>(c)) ? std::string(1, c) : code;
  }
  return out;
}

}  // namespace lode::test
