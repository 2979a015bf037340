// Who is let in, ETags, and how the server starts and ends.
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <thread>

#include "api_client.h"
#include "support/catch.h"

namespace lode::test {

TEST_CASE("Without the bearer token every endpoint answers 401 and says what it wants") {
  Api api;
  for (const char* target : {"/v1/players", "/v1/matches", "/v1/matches/m-0000001/events", "/v1/purchases",
                             "/v1/inventory", "/v1/items", "/v1/leaderboard", "/v1/studio"}) {
    INFO(target);
    const Answer answer = api.get_without_token(target);
    CHECK(answer.status == 401);
    CHECK(answer.header("WWW-Authenticate") == "Bearer realm=\"demo\"");
    CHECK(answer.json()["error"]["code"].get_string().value() == "unauthorized");
    CHECK(api.get_without_token(target, {{"Authorization", "Bearer wrong"}}).status == 401);
    CHECK(api.get_without_token(target, {{"X-Api-Key", "demo-token"}}).status == 401);
    CHECK(api.get(target).status == 200);
  }
  CHECK(api.http.Post("/v1/search", "{}", "application/json")->status == 401);
}

TEST_CASE("The keyed endpoint takes the key as header or in the query, and no bearer token") {
  Api api({"--token", "s3cret/+="});
  CHECK(api.get_without_token("/v1/keyed/items", {{"X-Api-Key", "s3cret/+="}}).status == 200);
  CHECK(api.get_without_token("/v1/keyed/items?api_key=s3cret%2F%2B%3D").status == 200);
  CHECK(api.get_without_token("/v1/keyed/items?api_key=wrong").status == 401);
  const Answer refused = api.get_without_token("/v1/keyed/items", {{"Authorization", "Bearer s3cret/+="}});
  CHECK(refused.status == 401);
  CHECK(refused.header("WWW-Authenticate") == "ApiKey realm=\"demo\"");
  CHECK(api.get("/v1/items").status == 401);  // the token is another one here
}

TEST_CASE("A known ETag is answered with 304 and no body, until something changes") {
  Api api({"--players", "40"});
  for (const char* target : {"/v1/players", "/v1/matches", "/v1/matches/m-0000001/events", "/v1/purchases",
                             "/v1/inventory", "/v1/items", "/v1/leaderboard", "/v1/studio"}) {
    INFO(target);
    const std::string tag = api.get(target).header("ETag");
    REQUIRE(tag.size() == 18);
    const Answer same = api.get(target, {{"If-None-Match", tag}});
    CHECK(same.status == 304);
    CHECK(same.header("ETag") == tag);
    CHECK(api.get(target, {{"If-None-Match", "\"other\", W/" + tag}}).status == 304);
    CHECK(api.get(target, {{"If-None-Match", "*"}}).status == 304);
    CHECK(api.get(target, {{"If-None-Match", "\"other\""}}).status == 200);
  }
  const std::string tag = api.get("/v1/players?per_page=1000").header("ETag");
  REQUIRE(api.post("/admin/advance", "").status == 200);
  CHECK(api.get("/v1/players?per_page=1000", {{"If-None-Match", tag}}).status == 200);
}

TEST_CASE("What there is not is answered with 404 and JSON") {
  Api api;
  for (const char* target : {"/v1/nothing", "/nothing", "/admin/nothing"}) {
    INFO(target);
    const Answer answer = api.get(target);
    CHECK(answer.status == 404);
    CHECK(answer.json()["error"]["code"].get_string().value() == "not_found");
  }
  CHECK(api.post("/v1/players", "{}").status == 404);
  CHECK(api.get("/").json()["endpoints"].get_array().size() > 10);
}

TEST_CASE("Statistics count requests by path and status, and show the last ones") {
  Api api;
  api.get("/v1/matches/m-0000001/events");
  api.get("/v1/matches/m-0000002/events");
  api.get("/v1/items?page=2");
  api.get_without_token("/v1/items");
  CHECK(api.stat("by_path", "/v1/matches/{id}/events") == 2);
  CHECK(api.stat("by_path", "/v1/items") == 2);
  CHECK(api.stat("by_status", "200") == 3);
  CHECK(api.stat("by_status", "401") == 1);
  const Document requests = api.get("/admin/requests").json();
  REQUIRE(requests.root.get_array().size() == 4);
  CHECK(requests.root.at(2)["target"].get_string().value() == "/v1/items?page=2");
  REQUIRE(api.post("/admin/stats/reset", "").status == 200);
  CHECK(api.get("/admin/stats").json()["requests"].get_int64().value() == 0);
}

TEST_CASE("Statistics know how many requests were in flight at once") {
  Api api;
  constexpr int kClients = 5;
  std::vector<int> statuses(kClients);
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&, i] {
      httplib::Client client("127.0.0.1", api.process.port());
      client.set_read_timeout(600, 0);
      client.set_bearer_token_auth(DemoApiProcess::kToken);
      const httplib::Result result = client.Get("/v1/items?fault=slow%3Ams%3D600000");  // until the server ends
      if (result) statuses[static_cast<std::size_t>(i)] = result->status;
    });
  }
  std::int64_t in_flight = 0;
  while (in_flight < kClients) in_flight = api.get("/admin/stats").json()["in_flight_max"];
  CHECK(in_flight == kClients);
  CHECK(api.process.stop() == 0);
  for (std::thread& client : clients) client.join();
  CHECK(statuses == std::vector<int>(kClients, 200));  // what is under way is finished
}

TEST_CASE("The server ends with code 0 although a client holds its connection open") {
  Api api;
  REQUIRE(api.get("/v1/studio").status == 200);
  CHECK(api.process.stop() == 0);
  CHECK(api.get("/v1/studio").status == 0);
}

TEST_CASE("The port file holds the port") {
  char folder[] = "/tmp/demo_api_test_XXXXXX";
  REQUIRE(mkdtemp(folder) != nullptr);
  const std::string path = std::string(folder) + "/port";
  {
    DemoApiProcess api({"--port-file", path});
    int port = 0;
    std::ifstream(path) >> port;
    CHECK(port == api.port());
  }
  std::remove(path.c_str());
  rmdir(folder);
}

TEST_CASE("Servers run side by side, and a killed one is gone") {
  Api one, two;
  CHECK(one.process.port() != two.process.port());
  one.process.kill();
  CHECK(one.get("/v1/studio").status == 0);
  CHECK(two.get("/v1/studio").status == 200);
}

}  // namespace lode::test
