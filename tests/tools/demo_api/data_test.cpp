// The data: the same for the same seed, every kind of value in it, and counts that are true.
#include "api_client.h"
#include "support/catch.h"

namespace lode::test {
namespace {

const std::vector<std::string> kSize{"--players", "150", "--matches", "60", "--purchases", "200"};

std::vector<std::string> sized(std::vector<std::string> more) {
  more.insert(more.begin(), kSize.begin(), kSize.end());
  return more;
}

/// What the server says to a range of requests, heads of interest included.
std::vector<std::string> sample(Api& api) {
  std::vector<std::string> all;
  for (const char* target : {"/v1/players?per_page=1000", "/v1/matches?per_page=40", "/v1/matches/m-0000007/events",
                             "/v1/purchases?limit=70", "/v1/inventory?offset=30&limit=300", "/v1/items?page=2",
                             "/v1/leaderboard", "/v1/studio", "/admin/truth"}) {
    const Answer answer = api.get(target, {{"Host", "same.example"}});
    REQUIRE(answer.status == 200);
    all.push_back(answer.body + answer.header("ETag") + answer.header("Link") + answer.header("X-Next-Cursor"));
  }
  all.push_back(api.post("/v1/search", R"({"query":"Zo"})").body);
  return all;
}

/// Counts the elements of lists as a loader makes tables of them. Written apart from the server's own counting.
void count_lists(simdjson::dom::element value, const std::string& path, std::map<std::string, std::int64_t>& counts) {
  if (value.is_object()) {
    for (const auto& [name, field] : simdjson::dom::object(value)) {
      count_lists(field, path + "__" + std::string(name), counts);
    }
  } else if (value.is_array()) {
    for (const simdjson::dom::element element : simdjson::dom::array(value)) {
      ++counts[path];
      count_lists(element, element.is_array() ? path + "__list" : path, counts);
    }
  }
}

struct Seen {
  bool null = false, text = false, integer = false, real = false, empty_list = false, empty_object = false;
};
void see(simdjson::dom::element value, Seen& seen) {
  seen.null |= value.is_null();
  seen.text |= value.is_string();
  seen.integer |= value.is_int64();
  seen.real |= value.is_double();
  seen.empty_list |= value.is_array() && value.get_array().size() == 0;
  seen.empty_object |= value.is_object() && value.get_object().size() == 0;
}

}  // namespace

TEST_CASE("Two servers with the same seed serve the same bytes, with another seed others") {
  Api one(sized({"--seed", "5"})), same(sized({"--seed", "5"})), other(sized({"--seed", "6"}));
  const std::vector<std::string> expected = sample(one);
  CHECK(sample(same) == expected);
  CHECK(sample(one) == expected);  // and asking changes nothing
  const std::vector<std::string> different = sample(other);
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(different[i] != expected[i]);
}

TEST_CASE("Time passes in the same way on two servers") {
  Api one(sized({"--seed", "5"})), two(sized({"--seed", "5"})),
      started_later(sized({"--seed", "5", "--generation", "2"}));
  const std::vector<std::string> before = sample(one);
  for (Api* api : {&one, &two}) {
    REQUIRE(api->post("/admin/advance?minutes=60", "").status == 200);
    REQUIRE(api->post("/admin/advance", "").status == 200);  // 60 is the default
  }
  CHECK(sample(one) == sample(two));
  CHECK(sample(one) == sample(started_later));
  CHECK(sample(one) != before);
}

TEST_CASE("The truth counts every list in every row") {
  Api api(sized({"--generation", "3"}));
  std::map<std::string, std::int64_t> counts;
  const auto count = [&](const Walk& walk, const std::string& table) {
    for (const std::string& row : walk.rows()) count_lists(Document(row).root, table, counts);
  };
  count(walk_players(api, "?per_page=100"), "players");
  count(walk_matches(api, "?per_page=100"), "matches");
  count(walk_purchases(api, "?limit=100"), "purchases");
  count(walk_inventory(api, 100), "inventory");
  count(walk_items(api, "/v1/items", "?per_page=100"), "items");
  count_lists(api.get("/v1/studio").json().root, "studio", counts);

  std::map<std::string, std::int64_t> expected;
  const Document truth = api.get("/admin/truth").json();
  for (const auto& [table, rows] : simdjson::dom::object(truth["nested_rows"])) {
    expected[std::string(table)] = rows;
  }
  CHECK(counts == expected);
  CHECK(expected.count("players__heatmap__list") == 1);
  CHECK(expected.count("matches__teams__roster__loadout") == 1);
}

TEST_CASE("The truth knows the sum of all amounts") {
  Api api(kSize);
  std::int64_t cents = 0;
  for (const std::string& row : walk_purchases(api, "?limit=100").rows()) {
    std::string amount = string_of(Document(row)["amount"]);
    REQUIRE(amount.at(amount.size() - 3) == '.');
    amount.erase(amount.size() - 3, 1);
    cents += std::stoll(amount);
  }
  std::string total = string_of(api.get("/admin/truth").json()["purchases_amount_total"]);
  total.erase(total.size() - 3, 1);
  CHECK(cents == std::stoll(total));
}

TEST_CASE("Players hold every kind of value") {
  Api api(kSize);
  std::map<std::string, Seen> seen;
  bool line_break = false, quote = false, beyond_ascii = false, empty_text = false;
  std::int64_t with_pass = 0, number = 0;
  for (const std::string& row : walk_players(api, "?per_page=50").rows()) {
    const Document player(row);
    ++number;
    for (const auto& [name, value] : simdjson::dom::object(player.root)) see(value, seen[std::string(name)]);
    see(player["profile"]["settings"].value(), seen["settings"]);
    CHECK(std::int64_t(player["account_id"]) > (std::int64_t{1} << 53));
    const std::string_view handle = player["handle"];
    quote |= handle.find('"') != std::string_view::npos;
    beyond_ascii |= handle.find("🦊") != std::string_view::npos;
    std::string_view bio;
    if (player["bio"].get(bio) == simdjson::SUCCESS) {
      line_break |= bio.find('\n') != std::string_view::npos;
      empty_text |= bio.empty();
    }
    const bool has_pass = player["season_pass"].error() == simdjson::SUCCESS;
    CHECK(has_pass == (number > 75));  // in later pages only
    with_pass += has_pass;
  }
  CHECK(with_pass == 75);
  CHECK((line_break && quote && beyond_ascii && empty_text));
  CHECK((seen["email"].null && seen["email"].text));
  CHECK((seen["legacy_ref"].integer && seen["legacy_ref"].text));
  CHECK((seen["rating"].real && !seen["rating"].integer));
  CHECK((seen["balance"].text && !seen["balance"].real));
  CHECK((seen["tags"].empty_list && seen["heatmap"].empty_list && seen["settings"].empty_object));
}

TEST_CASE("Matches keep whole floats floats, and integers of 63 bits exact") {
  Api api(kSize);
  std::int64_t live = 0, largest = 0;
  for (const std::string& row : walk_matches(api, "?per_page=50").rows()) {
    const Document match(row);
    CHECK(match["map"]["size_m"]["width"].is_int64());
    CHECK(match["map"]["size_m"]["height"].is_double());
    CHECK(match["spectators"].get_array().size() == 0);
    CHECK(match["ended_at"].is_null() == match["winner"].is_null());
    live += match["ended_at"].is_null();
    largest = std::max<std::int64_t>(largest, match["world_seed"]);
  }
  CHECK(live > 0);
  CHECK(largest > (std::int64_t{1} << 62));
}

TEST_CASE("Text beyond ASCII comes both as it is and escaped") {
  Api api(kSize);
  const std::string body = api.get("/v1/players?per_page=1000").body;
  CHECK(body.find("Jürgen") != std::string::npos);
  CHECK(body.find("\\u65e5\\u672c") != std::string::npos);
  CHECK(body.find("\\ud83c\\udfae") != std::string::npos);  // a surrogate pair
}

}  // namespace lode::test
