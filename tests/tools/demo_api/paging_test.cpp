// Whichever way an endpoint pages, a client that follows it gets every row exactly once.
#include "api_client.h"
#include "support/catch.h"

namespace lode::test {
namespace {

// No number here is a multiple of a page size in use, except where a test says so.
const std::vector<std::string> kSize{"--players", "230", "--matches", "90", "--purchases", "410", "--seed", "11"};

void check_complete(Api& api, const Walk& walk, const std::string& table) {
  INFO(table);
  const auto rows = static_cast<std::size_t>(api.truth("rows", table));
  REQUIRE(rows > 0);
  CHECK(walk.rows().size() == rows);
  CHECK(walk.distinct().size() == rows);
}

/// Page `number` (from 1) is there two times in a row, the others once; all rows are there.
void check_repeated(Api& api, const Walk& walk, const std::string& table, std::size_t number) {
  INFO(table);
  REQUIRE(walk.pages.size() > number);
  const auto rows = static_cast<std::size_t>(api.truth("rows", table));
  CHECK(walk.pages[number] == walk.pages[number - 1]);
  CHECK(walk.distinct().size() == rows);
  CHECK(walk.rows().size() == rows + walk.pages[number].size());
}

}  // namespace

TEST_CASE("Link header: every player once") {
  Api api(kSize);
  const Walk walk = walk_players(api, "?per_page=50");
  CHECK(walk.pages.size() == 5);
  check_complete(api, walk, "players");
  check_complete(api, walk_players(api, "?per_page=1000"), "players");
  check_complete(api, walk_players(api, "?limit=23"), "players");  // a multiple: no empty page at the end
  CHECK(walk_players(api, "?limit=23").pages.size() == 10);
}

TEST_CASE("JSON link: every match once, with whole and relative links") {
  Api api(kSize);
  for (const char* style : {"", "&links=full", "&links=path", "&links=query"}) {
    INFO(style);
    const Walk walk = walk_matches(api, std::string("?per_page=20") + style);
    CHECK(walk.pages.size() == 5);
    check_complete(api, walk, "matches");
  }
  const Document page = api.get("/v1/matches", {{"Host", "api.studio.example:99"}}).json();
  const std::string_view next = page["links"]["next"];
  CHECK(next == "http://api.studio.example:99/v1/matches?page=2");
}

TEST_CASE("Body cursor: every purchase once, oldest change first") {
  Api api(kSize);
  const Walk walk = walk_purchases(api, "?limit=33");
  check_complete(api, walk, "purchases");
  std::string last;
  for (const std::string& row : walk.rows()) {
    const Document purchase(row);
    const std::string updated_at = string_of(purchase["updated_at"]);
    REQUIRE(last <= updated_at);
    last = updated_at;
  }
}

TEST_CASE("Offset and limit: every inventory row once, and the total") {
  Api api(kSize);
  check_complete(api, walk_inventory(api, 77), "inventory");
  const Document page = api.get("/v1/inventory?offset=455&limit=10").json();
  CHECK(page["items"].get_array().size() == 5);
  CHECK(std::int64_t(page["items"].at(0)["slot_id"]) == 456);
  CHECK(api.get("/v1/inventory?offset=460&limit=10").json()["items"].get_array().size() == 0);
}

TEST_CASE("Page number: every item once, with a bearer token or an API key") {
  Api api(kSize);
  check_complete(api, walk_items(api, "/v1/items", "?per_page=25"), "items");
  check_complete(api, walk_items(api, "/v1/keyed/items", "?per_page=30&api_key=demo-token"), "items");
  CHECK(api.get("/v1/items?page=99").json()["results"].get_array().size() == 0);
}

TEST_CASE("Header cursor: every rank once") {
  Api api(kSize);
  const Walk walk = walk_leaderboard(api, "?limit=60");
  check_complete(api, walk, "leaderboard");
  std::int64_t rank = 0, score = 1'000'000;
  for (const std::string& row : walk.rows()) {
    const Document entry(row);
    CHECK(std::int64_t(entry["rank"]) == ++rank);
    REQUIRE(std::int64_t(entry["score"]) <= score);
    score = entry["score"];
  }
}

TEST_CASE("Cursor in the request's body: every hit once") {
  Api api(kSize);
  check_complete(api, walk_search(api, "", 31), "search");
  const Walk some = walk_search(api, "Zoë", 3);
  CHECK(some.rows().size() > 3);
  CHECK(some.rows().size() < 100);
  CHECK(some.distinct().size() == some.rows().size());
}

TEST_CASE("Events: one page a match, the same as in the list of matches") {
  Api api(kSize);
  std::int64_t events = 0;
  for (const std::string& row : walk_matches(api, "?per_page=50").rows()) {
    const Document match(row);
    const std::string id = string_of(match["id"]);
    const Document page = api.get("/v1/matches/" + id + "/events").json();
    REQUIRE(simdjson::to_string(page["events"].value()) == simdjson::to_string(match["events"].value()));
    events += static_cast<std::int64_t>(page["events"].get_array().size());
  }
  CHECK(events == api.truth("rows", "match_events"));
  CHECK(api.get("/v1/matches/m-0000091/events").status == 404);
  CHECK(api.get("/v1/matches/m-1/events").status == 404);
}

TEST_CASE("The default page sizes differ from endpoint to endpoint and are cut to 10,000") {
  Api api({"--players", "12000", "--matches", "60", "--purchases", "300"});
  CHECK(api.get("/v1/players").json().root.get_array().size() == 50);
  CHECK(api.get("/v1/players?per_page=20000").json().root.get_array().size() == 10'000);
  CHECK(api.get("/v1/matches").json()["data"].get_array().size() == 25);
  CHECK(api.get("/v1/purchases").json()["purchases"].get_array().size() == 100);
}

TEST_CASE("Empty tables have one empty page") {
  Api api({"--players", "0", "--matches", "0", "--purchases", "0"});
  CHECK(walk_players(api, "?per_page=10").pages == std::vector<std::vector<std::string>>{{}});
  CHECK(walk_matches(api, "?per_page=10").pages == std::vector<std::vector<std::string>>{{}});
  CHECK(walk_purchases(api, "?limit=10").pages == std::vector<std::vector<std::string>>{{}});
  CHECK(walk_inventory(api, 10).rows().empty());
  CHECK(walk_leaderboard(api, "?limit=10").rows().empty());
  CHECK(api.post("/admin/advance?minutes=600", "").status == 200);
  CHECK(api.truth("rows", "players") == 0);
}

TEST_CASE("Requests for pages that make no sense are refused") {
  Api api(kSize);
  for (const char* target : {"/v1/players?page=0", "/v1/players?per_page=0", "/v1/items?page=two", "/v1/items?limit=-5",
                             "/v1/inventory?offset=-1", "/v1/purchases?cursor=bogus", "/v1/purchases?cursor=Y34x",
                             "/v1/leaderboard?cursor=%00", "/v1/players?sort=name", "/v1/matches?page=99999999999"}) {
    INFO(target);
    CHECK(api.get(target).status == 400);
  }
  for (const char* body :
       {"", "[]", R"({"limit":0})", R"({"limit":"ten"})", R"({"curser":null})", R"({"cursor":"x"})"}) {
    INFO(body);
    CHECK(api.post("/v1/search", body).status == 400);
  }
}

TEST_CASE("Fault duplicate: a page comes two times in a row, whichever way of paging, and none is lost") {
  Api api(kSize);
  api.set_faults("duplicate:page=2");
  check_repeated(api, walk_players(api, "?per_page=50"), "players", 2);
  check_repeated(api, walk_matches(api, "?per_page=20"), "matches", 2);
  check_repeated(api, walk_purchases(api, "?limit=33"), "purchases", 2);
  check_repeated(api, walk_inventory(api, 77), "inventory", 2);
  check_repeated(api, walk_items(api, "/v1/items", "?per_page=25"), "items", 2);
  check_repeated(api, walk_leaderboard(api, "?limit=60"), "leaderboard", 2);
  check_repeated(api, walk_search(api, "", 31), "search", 2);
  CHECK(api.stat("faults", "duplicate") == 7);

  api.set_faults("duplicate:page=1");
  check_repeated(api, walk_purchases(api, "?limit=33"), "purchases", 1);
  api.set_faults("duplicate:page=6,path=/v1/items");  // the last one, which is short
  check_repeated(api, walk_items(api, "/v1/items", "?per_page=25"), "items", 6);
  check_complete(api, walk_players(api, "?per_page=50"), "players");
  api.set_faults("duplicate:page=13");
  check_repeated(api, walk_purchases(api, "?limit=33"), "purchases", 13);
  api.set_faults("duplicate:page=6");
  check_repeated(api, walk_inventory(api, 77), "inventory", 6);
}

TEST_CASE("Fault duplicate with every: each second page comes two times") {
  Api api(kSize);
  api.set_faults("duplicate:every=2");
  const Walk walk = walk_players(api, "?per_page=50");
  REQUIRE(walk.pages.size() == 7);
  CHECK(walk.pages[1] == walk.pages[2]);
  CHECK(walk.pages[4] == walk.pages[5]);
  CHECK(walk.distinct().size() == 230);
}

}  // namespace lode::test
