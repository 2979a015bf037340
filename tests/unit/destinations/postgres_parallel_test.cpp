// PostgreSQL: rows that are staged over several connections at once.
#include <algorithm>
#include <csignal>

#include "destinations/builtin.h"
#include "load/loader.h"
#include "support/catch.h"
#include "support/child.h"
#include "support/number_package.h"
#include "support/postgres_server.h"

using namespace lode;
using namespace lode::test;

namespace {

using Lines = std::vector<std::string>;
constexpr LoadRetry kOnce{.attempts_max = 1};
constexpr int kJobs = 4;
constexpr int kRows = 5000;

// A destination that takes every load for big.
std::unique_ptr<Destination> connect(const std::string& dataset, const json::Value& options = json::Value::object(),
                                     const std::string& url = PostgresServer::get().url()) {
  json::Value spec = json::Value::object({{"type", "postgres"}, {"url", url}, {"parallel_load_bytes_min", 0}});
  for (const auto& [key, value] : options.members()) spec.set(key, value);
  auto made = make_destination(spec, dataset, Env::real());
  INFO(made.status().render());
  REQUIRE(made.ok());
  const Status connected = (*made)->connect();
  INFO(connected.render());
  REQUIRE(connected.ok());
  return std::move(*made);
}

void must(const Status& status) {
  INFO(status.render());
  REQUIRE(status.ok());
}

Lines query(const std::string& sql) { return PostgresSession().query(sql); }
std::string count(const std::string& dataset) { return query("SELECT count(*) FROM " + dataset + ".numbers")[0]; }
Lines left_behind(const std::string& dataset) {
  return query("SELECT tablename FROM pg_tables WHERE schemaname = '" + dataset + "_staging'");
}

// How many jobs were under way at the same time.
class Watcher : public JobListener {
 public:
  void job_started(const Job&) override { most_ = std::max(most_, ++under_way_); }
  void job_loaded(const Job&) override { --under_way_; }
  void job_failed(const Job&) override { --under_way_; }
  int most() const { return most_; }

 private:
  int under_way_ = 0;
  int most_ = 0;
};

int jobs_at_once(Destination& destination, const LoadPackage& package) {
  must(destination.begin(package.load_id()));
  must(destination.migrate(package.schema()).status());
  std::vector<const Job*> jobs;
  for (const Job& job : package.jobs()) jobs.push_back(&job);
  Watcher watcher;
  must(destination.load_jobs(jobs, package.schema(), {}, watcher));
  destination.rollback();
  return watcher.most();
}

}  // namespace

TEST_CASE("postgres: staged jobs are loaded at the same time, as many as allowed") {
  ScratchFolder folder;
  const std::string dataset = PostgresServer::get().new_dataset();
  const LoadPackage merged = numbers(folder, "1.000001", kJobs, kRows, Schema("shop"), "merge");
  CHECK(jobs_at_once(*connect(dataset), merged) > 1);
  CHECK(jobs_at_once(*connect(dataset, json::Value::object({{"max_parallel_load_jobs", 1}})), merged) == 1);
  CHECK(jobs_at_once(*connect(dataset, json::Value::object({{"parallel_load_bytes_min", 1 << 30}})), merged) == 1);
  // Rows that are not staged belong to the transaction, which has one connection.
  const LoadPackage appended = numbers(folder, "1.000002", kJobs, kRows, Schema("shop"), "append");
  CHECK(jobs_at_once(*connect(dataset), appended) == 1);
  CHECK(left_behind(dataset).empty());
}

TEST_CASE("postgres: of rows with one key the first counts, however they came") {
  ScratchFolder folder;
  const std::string dataset = PostgresServer::get().new_dataset();
  TestPackage package(folder.path(), "1.000001");
  package.table("numbers", "merge",
                {column("id", DataType::kBigint, {"primary_key"}), column("text", DataType::kText)});
  // The second job is there long before the first one, whose last row has the key.
  std::vector<Row> rows;
  for (int id = 1; id < kRows; ++id) rows.push_back({id, "some text that takes some room in the file"});
  rows.push_back({0, "first"});
  package.rows("numbers", {"id", "text"}, rows);
  package.rows("numbers", {"id", "text"}, {{0, "second"}});
  must(load_package(package.seal(), *connect(dataset), Env::real(), kOnce));
  CHECK(query("SELECT text FROM " + dataset + ".numbers WHERE id = 0") == Lines{"first"});
  CHECK(count(dataset) == std::to_string(kRows));
  CHECK(left_behind(dataset).empty());
}

TEST_CASE("postgres: who may not make the staging dataset loads over one connection") {
  ScratchFolder folder;
  PostgresSession admin;
  admin.run("DROP ROLE IF EXISTS careful");
  admin.run("CREATE ROLE careful LOGIN");
  admin.run("CREATE SCHEMA careful_data AUTHORIZATION careful");
  const LoadPackage package = numbers(folder, "1.000001", kJobs, 10, Schema("shop"), "merge");
  const auto destination = connect("careful_data", json::Value::object(), PostgresServer::get().url("careful"));
  must(load_package(package, *destination, Env::real(), kOnce));
  CHECK(count("careful_data") == std::to_string(kJobs * 10));
  CHECK(query("SELECT 1 FROM pg_namespace WHERE nspname = 'careful_data_staging'").empty());
  destination->close();
  admin.run("DROP SCHEMA careful_data CASCADE; DROP ROLE careful");
}

TEST_CASE("postgres: the staging dataset is named by its layout") {
  ScratchFolder folder;
  const std::string dataset = PostgresServer::get().new_dataset();
  const auto load = [&](const char* load_id, const char* layout) {
    const LoadPackage package = numbers(folder, load_id, kJobs, 10, Schema("shop"), "merge");
    const json::Value options = json::Value::object({{"staging_dataset_name_layout", layout}});
    must(load_package(package, *connect(dataset, options), Env::real(), kOnce));
  };
  load("1.000001", "before_%s");
  CHECK(query("SELECT nspname FROM pg_namespace WHERE nspname = 'before_" + dataset + "'").size() == 1);
  load("1.000002", "aside");
  CHECK(query("SELECT nspname FROM pg_namespace WHERE nspname = 'aside'").size() == 1);
  const json::Value same = json::Value::object({{"type", "postgres"}, {"staging_dataset_name_layout", "%s"}});
  const Status refused = make_destination(same, dataset, Env::real()).status();
  CHECK(refused.code() == Code::kConfigInvalid);
  CHECK(refused.message().find("the staging dataset has the name of the dataset, '" + dataset + "'") !=
        std::string::npos);
}

TEST_CASE("postgres: staging sessions that an administrator ends: the load begins again by itself") {
  for (const std::string disposition : {"merge", "replace"}) {
    ScratchFolder folder;
    const std::string dataset = PostgresServer::get().new_dataset();
    const LoadPackage package = numbers(folder, "1.000001", kJobs, kRows, Schema("shop"), disposition);
    const json::Value options = json::Value::object({{"replace_strategy", "staging-optimized"}});
    const auto destination = connect(dataset, options);
    int kills = 0;
    must(load_package(package, *destination, Env::real(), {.attempts_max = 3, .backoff_ms_first = 1}, {},
                      [&](const LoadProgress& progress) {
                        if (progress.jobs_done != 1 || kills++ > 0) return;
                        query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lode'");
                      }));
    CHECK(kills == 2);
    CHECK(count(dataset) == std::to_string(kJobs * kRows));
    CHECK(left_behind(dataset).empty());
  }
}

// Goal: a row is there once and no table is left, whenever the process dies. Method: die by SIGKILL after each job, and
// after the commit; then load the package again as the next run would.
TEST_CASE("postgres: killed while staging over several connections, then resumed: exactly once") {
  (void)PostgresServer::get();
  for (const std::string strategy : {"", "insert-from-staging", "staging-optimized"}) {
    const std::string disposition = strategy.empty() ? "merge" : "replace";
    json::Value options = json::Value::object();
    if (!strategy.empty()) options.set("replace_strategy", strategy);
    for (int death = 1; death <= kJobs + 1; ++death) {  // the last: after the commit
      ScratchFolder folder;
      const std::string dataset = PostgresServer::get().new_dataset();
      const LoadPackage before = numbers(folder, "1.000001", 2, 10, Schema("shop"), disposition);
      must(load_package(before, *connect(dataset, options), Env::real(), kOnce));
      const LoadPackage package = numbers(folder, "1.000002", kJobs, 500, before.schema(), disposition);
      const int outcome = run_in_child([&] {
        auto destination = connect(dataset, options);
        int jobs = 0;
        const auto die = [&](const LoadProgress&) {
          if (++jobs == death) std::raise(SIGKILL);
        };
        if (!load_package(package, *destination, Env::real(), kOnce, {}, die).ok()) return 2;
        std::raise(SIGKILL);
        return 3;
      });
      INFO(disposition << " " << strategy << ", death " << death << ", outcome " << outcome);
      REQUIRE(was_killed_by(outcome, SIGKILL));
      must(load_package(package, *connect(dataset, options), Env::real(), kOnce));
      CHECK(count(dataset) == std::to_string(kJobs * 500));
      CHECK(query("SELECT count(*) FROM " + dataset + "._dlt_loads") == Lines{"2"});
      CHECK(left_behind(dataset).empty());
    }
  }
}
