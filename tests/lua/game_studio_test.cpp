// pipelines/game_studio as its users run it, against the demo API into SQLite: what is in the tables is what the API
// says.
#include <poll.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "c/lode.h"
#include "env/env.h"
#include "http/client.h"
#include "json/parse.h"
#include "support/catch.h"
#include "support/demo_api_process.h"

namespace lode::test {
namespace {

class Folder {
 public:
  Folder() : path_((std::filesystem::temp_directory_path() / "lode_game_studio_XXXXXX").string()) {
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// One run in an engine of its own, as `lode run` does it. Returns the error's text, "" if all went well.
std::string run_pipeline(const DemoApiProcess& api, const Folder& folder) {
  const std::string script = "pipelines/game_studio/init.lua";
  std::ifstream file(script, std::ios::binary);
  const std::string source{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  REQUIRE(!source.empty());

  const std::string home = folder.file("home");
  lode_options options;
  lode_options_init(&options);
  options.work_folder = home.c_str();
  options.project_folder = home.c_str();
  options.find_config = [](void*, const char* key) {
    return std::string(key) == "sources.game_studio.token" ? DemoApiProcess::kToken : nullptr;
  };
  options.on_print = [](void*, const char*) {};
  lode_engine* const engine = lode_open(&options, nullptr);
  REQUIRE(engine != nullptr);
  REQUIRE(lode_load(engine, script.c_str(), source.c_str(), nullptr) == 0);
  const std::string run_options = R"({"destination": "sqlite:///)" + folder.file("studio.db") +
                                  R"(", "args": {"base_url": ")" + api.url() + R"("}})";
  lode_run* const run = lode_start(engine, script.c_str(), run_options.c_str(), nullptr);
  REQUIRE(run != nullptr);
  pollfd wake{lode_wake_fd(engine), POLLIN, 0};
  while (lode_tick(engine, 0) > 0) poll(&wake, 1, 1000);
  const lode_error* error = nullptr;
  const std::string text = lode_run_done(run, &error) == 1 ? "" : lode_error_text(error);
  lode_run_free(run);
  lode_close(engine);
  return text;
}

json::Value ask_api(const DemoApiProcess& api, const std::string& path, const std::string& method = "GET") {
  HttpClient client(Env::real());
  HttpRequest request;
  request.method = method;
  // Faults are for the pipeline, not for who checks it.
  request.url = api.url(path + (path.find('?') == std::string::npos ? "?" : "&") + "fault=none");
  request.headers = {{"Authorization", std::string("Bearer ") + DemoApiProcess::kToken}};
  const Result<HttpResponse> response = client.send(request, {});
  REQUIRE(response.ok());
  REQUIRE(response->status == 200);
  Result<json::Value> value = json::parse_value(response->body);
  REQUIRE(value.ok());
  return std::move(*value);
}

// The first column of the first row, as text.
std::string ask_tables(const Folder& folder, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open_v2(folder.file("studio__game_studio_data.db").c_str(), &db, SQLITE_OPEN_READONLY, nullptr) ==
          SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  INFO(sql << ": " << sqlite3_errmsg(db));
  REQUIRE(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  std::string answer = text != nullptr ? text : "NULL";
  sqlite3_finalize(statement);
  sqlite3_close(db);
  return answer;
}

std::string count_of(const Folder& folder, const std::string& table) {
  return ask_tables(folder, "SELECT count(*) FROM \"" + table + "\"");
}

// What the tables must hold at this moment of the studio's time.
void check_tables(const DemoApiProcess& api, const Folder& folder) {
  const json::Value truth = ask_api(api, "/admin/truth");
  const auto rows = [&](const char* table) { return std::to_string(truth.find("rows")->int_or(table, -1)); };
  const auto nested = [&](const char* table) { return std::to_string(truth.find("nested_rows")->int_or(table, -1)); };
  CHECK(count_of(folder, "players") == rows("players"));
  CHECK(count_of(folder, "players__tags") == nested("players__tags"));
  CHECK(count_of(folder, "players__devices") == nested("players__devices"));
  CHECK(count_of(folder, "purchases") == rows("purchases"));
  CHECK(count_of(folder, "purchases__lines") == nested("purchases__lines"));
  CHECK(count_of(folder, "inventory") == rows("inventory"));
  CHECK(count_of(folder, "items") == rows("items"));
  CHECK(ask_tables(folder, "SELECT printf('%.2f', sum(amount)) FROM purchases") ==
        truth.text_or("purchases_amount_total", ""));

  // Matches that have ended, and their events.
  std::size_t ended = 0;
  std::size_t events = 0;
  const json::Value matches = ask_api(api, "/v1/matches?per_page=10000");
  for (const json::Value& match : matches.find("data")->items()) {
    if (match.find("ended_at")->is_null()) continue;
    ++ended;
    events += match.find("events")->size();
  }
  CHECK(count_of(folder, "matches") == std::to_string(ended));
  CHECK(count_of(folder, "match_events") == std::to_string(events));
  CHECK(ask_tables(folder, "SELECT count(*) FROM match_events WHERE match_id NOT IN (SELECT id FROM matches)") == "0");

  // What the maps did.
  CHECK(ask_tables(folder, "SELECT count(*) FROM pragma_table_info('players') WHERE name LIKE '%last_login_ip%'") ==
        "0");
  CHECK(ask_tables(folder, "SELECT count(*) FROM players WHERE is_veteran <> (level >= 50)") == "0");
  CHECK(ask_tables(folder, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'matches__events%'") == "0");
}

}  // namespace

TEST_CASE("the demo pipeline loads what the API has, and later what has changed") {
  DemoApiProcess api({"--players", "130", "--matches", "70", "--purchases", "260"});
  const Folder folder;
  REQUIRE(run_pipeline(api, folder) == "");
  check_tables(api, folder);

  // Nothing has changed: nothing is loaded again.
  const std::string loaded = ask_tables(folder, "SELECT max(_dlt_load_id) FROM players");
  REQUIRE(run_pipeline(api, folder) == "");
  CHECK(ask_tables(folder, "SELECT max(_dlt_load_id) FROM players") == loaded);
  check_tables(api, folder);

  ask_api(api, "/admin/advance?minutes=600", "POST");
  REQUIRE(run_pipeline(api, folder) == "");
  CHECK(ask_tables(folder, "SELECT max(_dlt_load_id) FROM players") > loaded);
  check_tables(api, folder);
}

TEST_CASE("the demo pipeline gets through faults that pass") {
  DemoApiProcess api({"--players", "130", "--matches", "40", "--purchases", "260", "--faults",
                      "503:times=1,per=url;reset:path=/v1/players,times=1"});
  const Folder folder;
  REQUIRE(run_pipeline(api, folder) == "");
  check_tables(api, folder);
}

TEST_CASE("the demo pipeline says what is wrong with its token") {
  DemoApiProcess api({"--token", "another"});
  const Folder folder;
  const std::string text = run_pipeline(api, folder);
  INFO(text);
  CHECK(text.find("401") != std::string::npos);
  CHECK(text.find("[http.status]") != std::string::npos);
  CHECK(text.find("pipelines/game_studio/init.lua:") != std::string::npos);
}

}  // namespace lode::test
