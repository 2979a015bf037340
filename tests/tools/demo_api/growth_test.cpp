// Time and filters: what an incremental load relies on.
#include <algorithm>

#include "api_client.h"
#include "support/catch.h"

namespace lode::test {
namespace {

const std::vector<std::string> kSize{"--players", "300", "--matches", "200", "--purchases", "500", "--seed", "3"};

std::string text_of(const Document& document, const char* name) { return string_of(document[name]); }

/// id -> updated_at
std::map<std::string, std::string> updates_of(const Walk& walk) {
  std::map<std::string, std::string> updates;
  for (const std::string& row : walk.rows()) {
    const Document document(row);
    updates[simdjson::to_string(document["id"].value())] = text_of(document, "updated_at");
  }
  return updates;
}

std::string newest(Api& api, const char* table) {
  return string_of(api.get("/admin/truth").json()["newest_updated_at"][table]);
}

Walk walk_table(Api& api, const std::string& table, const std::string& query) {
  if (table == "players") return walk_players(api, query);
  if (table == "matches") return walk_matches(api, query);
  return walk_purchases(api, query);
}

}  // namespace

TEST_CASE("Advancing creates rows and updates rows, all later than everything before") {
  Api api(kSize);
  for (const char* table : {"players", "matches", "purchases"}) {
    INFO(table);
    const std::string before = newest(api, table);
    const auto old_rows = updates_of(walk_table(api, table, "?per_page=100"));
    REQUIRE(api.post("/admin/advance?minutes=120", "").status == 200);
    const auto new_rows = updates_of(walk_table(api, table, "?per_page=100"));
    std::int64_t created = 0, updated = 0;
    for (const auto& [id, updated_at] : new_rows) {
      const auto old_row = old_rows.find(id);
      if (old_row != old_rows.end() && old_row->second == updated_at) continue;
      ++(old_row == old_rows.end() ? created : updated);
      CHECK(updated_at > before);
    }
    CHECK(created > 0);
    CHECK(updated > 0);
    CHECK(new_rows.size() == old_rows.size() + static_cast<std::size_t>(created));

    // An incremental load from the old cursor gets exactly these, and the rows at the cursor itself.
    const Walk walk = walk_table(api, table, "?per_page=7&updated_since=" + before);
    std::int64_t at_cursor = 0;
    for (const auto& [id, updated_at] : updates_of(walk)) {
      CHECK(updated_at >= before);
      CHECK(new_rows.at(id) == updated_at);
      at_cursor += updated_at == before;
    }
    CHECK(at_cursor ==
          std::count_if(new_rows.begin(), new_rows.end(), [&](const auto& row) { return row.second == before; }));
    CHECK(walk.rows().size() == static_cast<std::size_t>(created + updated + at_cursor));
    CHECK(walk.distinct().size() == walk.rows().size());
    const Document truth = api.get("/admin/truth?updated_since=" + before).json();
    CHECK(std::size_t(std::int64_t(truth["changed"][table])) == walk.rows().size());
    CHECK(newest(api, table) > before);
    CHECK(newest(api, table).substr(0, 19) <= string_of(truth["now"]).substr(0, 19));
  }
}

TEST_CASE("Several rows share the newest updated_at, so a cursor alone does not tell them apart") {
  Api api({"--purchases", "5000", "--players", "10", "--matches", "10"});
  REQUIRE(api.post("/admin/advance?minutes=60", "").status == 200);
  const Walk walk = walk_purchases(api, "?limit=100&updated_since=" + newest(api, "purchases"));
  CHECK(walk.rows().size() > 1);
}

TEST_CASE("updated_since includes its moment, updated_before does not") {
  Api api(kSize);
  const Document middle(walk_purchases(api, "?limit=100").rows()[250]);
  const std::string moment = text_of(middle, "updated_at");  // "...:SS.000Z"
  const std::string id = simdjson::to_string(middle["id"].value());
  const auto found = [&](const std::string& query) {
    return updates_of(walk_purchases(api, "?limit=100&" + query)).count(id) == 1;
  };
  CHECK(found("updated_since=" + moment));
  CHECK_FALSE(found("updated_since=" + moment.substr(0, moment.size() - 4) + "001Z"));
  CHECK_FALSE(found("updated_before=" + moment));
  CHECK(found("updated_before=" + moment.substr(0, moment.size() - 4) + "001Z"));
  const std::size_t before = walk_purchases(api, "?limit=100&updated_before=" + moment).rows().size();
  const std::size_t since = walk_purchases(api, "?limit=100&updated_since=" + moment).rows().size();
  CHECK(before + since == 500);
}

TEST_CASE("Times are understood in every spelling of ISO 8601 that clients use") {
  Api api({"--purchases", "20000"});  // so many that an hour's difference shows
  const auto count = [&](const std::string& time) {
    const Answer answer = api.get("/admin/truth?updated_since=" + time);
    REQUIRE(answer.status == 200);
    return std::int64_t(answer.json()["changed"]["purchases"]);
  };
  const std::int64_t expected = count("2025-09-01T00:00:00Z");
  CHECK(expected < count("2025-08-31T23:00:00Z"));
  CHECK(expected > count("2025-09-01T01:00:00Z"));
  for (const char* time :
       {"2025-09-01", "2025-09-01T00:00:00", "2025-09-01T00:00:00.000000Z", "2025-09-01%2000:00:00",
        "2025-09-01T02:00:00%2B02:00", "2025-09-01T02:00:00+02:00", "2025-08-31T19:30:00-0430", "2025-09-01T00:00Z"}) {
    INFO(time);
    CHECK(count(time) == expected);
  }
  for (const char* time : {"", "yesterday", "2025-13-01", "2025-02-30", "2025-09-01T25:00:00Z", "2025-09-01T00:00:00.Z",
                           "2025-09-01T00:00:00Zulu", "1756684800"}) {
    INFO(time);
    CHECK(api.get("/v1/purchases?updated_since=" + std::string(time)).status == 400);
    CHECK(api.get("/v1/players?updated_before=" + std::string(time)).status == 400);
  }
}

TEST_CASE("Players and matches can be had in the order of their changes") {
  Api api(kSize);
  const auto order = [&](const char* query) {
    std::vector<std::string> times;
    for (const std::string& row : walk_players(api, query).rows())
      times.push_back(text_of(Document(row), "updated_at"));
    return times;
  };
  const std::vector<std::string> rising = order("?per_page=70&sort=updated_at");
  CHECK(rising.size() == 300);
  CHECK(std::is_sorted(rising.begin(), rising.end()));
  const std::vector<std::string> falling = order("?per_page=70&sort=-updated_at");
  CHECK(std::equal(rising.begin(), rising.end(), falling.rbegin(), falling.rend()));
  const std::vector<std::string> by_id = order("?per_page=70");
  CHECK_FALSE(std::is_sorted(by_id.begin(), by_id.end()));
}

TEST_CASE("Time that passes in the middle of a walk by cursor loses no row") {
  Api api(kSize);
  const auto all = updates_of(walk_purchases(api, "?limit=100"));
  Document page = api.get("/v1/purchases?limit=200").json();
  std::set<std::string> seen;
  const auto take = [&] {
    for (const simdjson::dom::element row : page["purchases"].get_array())
      seen.insert(simdjson::to_string(row["id"].value()));
  };
  take();
  REQUIRE(api.post("/admin/advance?minutes=600", "").status == 200);
  while (!page["meta"]["next_cursor"].is_null()) {
    const std::string cursor = string_of(page["meta"]["next_cursor"]);
    page = api.get("/v1/purchases?limit=50&cursor=" + percent_encoded(cursor)).json();
    take();
  }
  for (const auto& [id, updated_at] : all) CHECK(seen.count(id) == 1);
  CHECK(seen.size() == static_cast<std::size_t>(api.truth("rows", "purchases")));
}

TEST_CASE("Minutes that make no sense are refused") {
  Api api(kSize);
  for (const char* minutes : {"0", "-5", "soon", "600000", ""}) {
    INFO(minutes);
    CHECK(api.post("/admin/advance?minutes=" + std::string(minutes), "").status == 400);
  }
  CHECK(api.get("/admin/truth").json()["generation"].get_int64().value() == 0);
}

}  // namespace lode::test
