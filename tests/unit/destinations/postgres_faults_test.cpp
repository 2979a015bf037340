// PostgreSQL when things go wrong: refusals, other sessions, lost connections, crashes, death.
#include <chrono>
#include <csignal>
#include <thread>

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

Result<std::unique_ptr<Destination>> connect(const std::string& url, const std::string& dataset,
                                             std::int64_t lock_timeout_ms = 10'000) {
  const json::Value spec =
      json::Value::object({{"type", "postgres"}, {"url", url}, {"lock_timeout_ms", lock_timeout_ms}});
  LODE_ASSIGN(std::unique_ptr<Destination> destination, make_destination(spec, dataset, Env::real()));
  LODE_TRY(destination->connect());
  return destination;
}

std::unique_ptr<Destination> must_connect(const std::string& dataset, std::int64_t lock_timeout_ms = 10'000) {
  Result<std::unique_ptr<Destination>> destination = connect(PostgresServer::get().url(), dataset, lock_timeout_ms);
  INFO(destination.status().render());
  REQUIRE(destination.ok());
  return std::move(*destination);
}

void must(const Status& status) {
  INFO(status.render());
  REQUIRE(status.ok());
}

std::string count(const std::string& dataset) {
  PostgresSession session;
  const auto lines = session.query_if_there("SELECT count(*) FROM \"" + dataset + "\".numbers");
  return lines ? (*lines)[0] : "0";
}

// Ends the sessions of the programs that are loading.
void terminate_loaders() {
  PostgresSession().run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lode'");
}

}  // namespace

TEST_CASE("postgres: whom the server does not let in") {
  PostgresServer& server = PostgresServer::get();
  PostgresSession admin;
  admin.run("DROP ROLE IF EXISTS locked");
  admin.run("CREATE ROLE locked LOGIN PASSWORD 'sesame'");
  const Status none = connect(server.url("locked"), "data").status();
  CHECK(none.code() == Code::kDestinationLogin);
  CHECK(none.message().find("wants a password") != std::string::npos);
  std::string url = server.url("locked");
  url.insert(url.find('@'), ":wrong-secret");
  const Status wrong = connect(url, "data").status();
  CHECK(wrong.code() == Code::kDestinationLogin);
  CHECK(wrong.message().find("password authentication failed") != std::string::npos);
  CHECK(wrong.render().find("SQLSTATE: 28P01") != std::string::npos);
  CHECK(wrong.render().find("wrong-secret") == std::string::npos);
  const Status nobody = connect(server.url("nobody_at_all"), "data").status();
  CHECK(nobody.code() == Code::kDestinationLogin);
  url = server.url("locked");
  url.insert(url.find('@'), ":sesame");
  const Status no_right = connect(url, "data_not_mine").status();
  CHECK(no_right.code() == Code::kDestinationReadOnly);
  CHECK(no_right.message().find("may not make dataset 'data_not_mine'") != std::string::npos);
  admin.run("CREATE SCHEMA data_of_locked AUTHORIZATION locked");
  must(connect(url, "data_of_locked").status());
  admin.run("DROP SCHEMA data_of_locked; DROP ROLE locked");
}

TEST_CASE("postgres: no server, no database, a server that can only be read") {
  ScratchFolder empty;
  const Status no_server = connect("postgresql:///x?host=" + empty.path().string(), "data").status();
  CHECK(no_server.code() == Code::kDestinationUnavailable);
  CHECK(no_server.retryable());
  std::string url = PostgresServer::get().url();
  url.replace(url.find("/postgres?"), 10, "/absent?");
  const Status no_database = connect(url, "data").status();
  CHECK(no_database.code() == Code::kDestinationRefused);
  CHECK(no_database.hint_text().find("createdb") != std::string::npos);
  const Status read_only =
      connect(PostgresServer::get().url() + "&options=-cdefault_transaction_read_only%3Don", "data").status();
  CHECK(read_only.code() == Code::kDestinationReadOnly);
  const Status no_tls =
      connect(PostgresServer::get().url() + "&hostaddr=127.0.0.1&port=1&sslmode=require", "data").status();
  CHECK(no_tls.code() == Code::kDestinationUnavailable);
}

TEST_CASE("postgres: two loads into one dataset wait for each other") {
  ScratchFolder folder;
  const std::string dataset = PostgresServer::get().new_dataset();
  const LoadPackage package = numbers(folder, "1.000001", 1, 3);
  const auto first = must_connect(dataset);
  must(first->begin("1.000000"));
  const auto second = must_connect(dataset, 50);
  const Status busy = load_package(package, *second, Env::real(), kOnce);
  CHECK(busy.code() == Code::kDestinationBusy);
  CHECK(busy.message().find("another load into dataset '" + dataset + "' is running") != std::string::npos);
  first->rollback();
  must(load_package(package, *second, Env::real(), kOnce));
  CHECK(count(dataset) == "3");
}

TEST_CASE("postgres: the same package loaded by two programs at once is loaded once") {
  ScratchFolder folder;
  const std::string dataset = PostgresServer::get().new_dataset();
  const LoadPackage package = numbers(folder, "1.000001", 2, 100);
  // The second one asked whether the load is there before the first one committed it, and goes on afterwards.
  const auto late = must_connect(dataset);
  REQUIRE_FALSE(late->is_loaded("1.000001").value());
  must(load_package(package, *must_connect(dataset), Env::real(), kOnce));
  PackageLoader loader(*late, Env::real(), {}, {.attempts_max = 2, .backoff_ms_first = 1});
  must(loader.begin("1.000001"));
  must(loader.finish(package));
  CHECK(count(dataset) == "200");
  CHECK(PostgresSession().query("SELECT count(*) FROM " + dataset + "._dlt_loads") == Lines{"1"});
}

TEST_CASE("postgres: a lock that somebody holds on a table ends in an error in time") {
  ScratchFolder folder;
  const std::string dataset = PostgresServer::get().new_dataset();
  const LoadPackage first = numbers(folder, "1.000001", 1, 3, Schema("shop"), "replace");
  must(load_package(first, *must_connect(dataset), Env::real(), kOnce));
  PostgresSession reader;
  reader.run("BEGIN");
  reader.run("SELECT count(*) FROM " + dataset + ".numbers");
  const LoadPackage second = numbers(folder, "1.000002", 1, 4, first.schema(), "replace");
  const auto destination = must_connect(dataset, 50);
  CHECK(load_package(second, *destination, Env::real(), kOnce).code() == Code::kDestinationBusy);
  reader.run("COMMIT");
  must(load_package(second, *destination, Env::real(), kOnce));
  CHECK(count(dataset) == "4");
}

// Goal: of two that wait for each other, the load gives way and is done afterwards. Method: another program has the
// second table and, when the load has the first, asks for that too; the server's patience with the load is the shorter.
TEST_CASE("postgres: a deadlock with another program: the load begins again by itself") {
  ScratchFolder folder;
  const std::string dataset = PostgresServer::get().new_dataset();
  const auto package_of = [&](const char* load_id, Schema schema) {
    TestPackage package(folder.path(), load_id, std::move(schema));
    for (const char* table : {"numbers", "others"}) {
      package.table(table, "replace", {column("id", DataType::kBigint)});
      package.rows(table, {"id"}, {{1}, {2}});
    }
    return package.seal();
  };
  const LoadPackage first = package_of("1.000001", Schema("shop"));
  must(load_package(first, *must_connect(dataset), Env::real(), kOnce));
  const LoadPackage second = package_of("1.000002", first.schema());
  PostgresSession other;
  other.run("SET deadlock_timeout = '60s'");
  other.run("BEGIN");
  other.run("INSERT INTO " + dataset + ".others VALUES (3)");
  std::thread waiter;
  int times = 0;
  const auto destination = connect(PostgresServer::get().url() + "&options=-cdeadlock_timeout%3D50ms", dataset).value();
  const Status status = load_package(second, *destination, Env::real(), {.attempts_max = 3, .backoff_ms_first = 1}, {},
                                     [&](const LoadProgress& progress) {
                                       if (progress.jobs_done != 1 || times++ > 0) return;
                                       waiter = std::thread([&] {
                                         other.run("INSERT INTO " + dataset + ".numbers VALUES (3)");
                                         other.run("COMMIT");
                                       });
                                     });
  waiter.join();
  must(status);
  CHECK(times == 2);
  PostgresSession session;
  CHECK(session.query("SELECT id FROM " + dataset + ".numbers ORDER BY id") == Lines{"1", "2"});
  CHECK(session.query("SELECT id FROM " + dataset + ".others ORDER BY id") == Lines{"1", "2"});
}

TEST_CASE("postgres: sessions that an administrator ends in the middle: the load begins again by itself") {
  for (const std::string disposition : {"append", "replace", "merge"}) {
    ScratchFolder folder;
    const std::string dataset = PostgresServer::get().new_dataset();
    const LoadPackage package = numbers(folder, "1.000001", 3, 2000, Schema("shop"), disposition);
    const auto destination = must_connect(dataset);
    int kills = 0;
    const Status status = load_package(package, *destination, Env::real(), {.attempts_max = 3, .backoff_ms_first = 1},
                                       {}, [&](const LoadProgress& progress) {
                                         if (progress.jobs_done == 2 && kills++ == 0) terminate_loaders();
                                       });
    must(status);
    CHECK(kills == 2);
    CHECK(count(dataset) == "6000");
  }
}

TEST_CASE("postgres: a server that crashes in the middle and comes back") {
  ScratchFolder folder;
  const std::string dataset = PostgresServer::get().new_dataset();
  const LoadPackage package = numbers(folder, "1.000001", 3, 2000);
  const auto destination = must_connect(dataset);
  int crashes = 0;
  must(load_package(package, *destination, Env::real(), {.attempts_max = 5, .backoff_ms_first = 10}, {},
                    [&](const LoadProgress& progress) {
                      if (progress.jobs_done == 2 && crashes++ == 0) PostgresServer::get().crash_and_restart();
                    }));
  CHECK(count(dataset) == "6000");
  CHECK(destination->is_loaded("1.000001").value());
}

TEST_CASE("postgres: a stop reaches a COPY that waits for a lock") {
  ScratchFolder folder;
  const std::string dataset = PostgresServer::get().new_dataset();
  const LoadPackage first = numbers(folder, "1.000001", 1, 3);
  must(load_package(first, *must_connect(dataset), Env::real(), kOnce));
  const LoadPackage second = numbers(folder, "1.000002", 1, 3, first.schema());
  PostgresSession holder;
  holder.run("BEGIN");
  holder.run("LOCK TABLE " + dataset + ".numbers IN SHARE MODE");
  const auto destination = must_connect(dataset, 0);
  must(destination->begin("1.000002"));
  must(destination->migrate(second.schema()).status());
  std::stop_source stop;
  std::thread stopper([&] {
    PostgresSession watcher;
    const std::string waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY%'";
    while (watcher.query(waiting).empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    stop.request_stop();
  });
  const Status status = destination->load(second.jobs()[0], second.schema(), stop.get_token());
  stopper.join();
  CHECK(status.code() == Code::kCancelled);
  destination->rollback();
  holder.run("COMMIT");
  must(load_package(second, *destination, Env::real(), kOnce));
  CHECK(count(dataset) == "6");
}

// Goal: a row is there once, whenever the process dies. Method: die by SIGKILL after each job, and after the commit;
// then load the package again as the next run would.
TEST_CASE("postgres: killed in the middle of a load, then resumed: exactly once") {
  constexpr int kJobs = 3;
  constexpr int kRows = 500;
  (void)PostgresServer::get();
  for (const std::string disposition : {"append", "replace", "merge"}) {
    for (int death = 1; death <= kJobs + 1; ++death) {  // the last: after the commit
      ScratchFolder folder;
      const std::string dataset = PostgresServer::get().new_dataset();
      const LoadPackage before = numbers(folder, "1.000001", 1, 10, Schema("shop"), disposition);
      must(load_package(before, *must_connect(dataset), Env::real(), kOnce));
      const LoadPackage package = numbers(folder, "1.000002", kJobs, kRows, before.schema(), disposition);
      const int outcome = run_in_child([&] {
        auto destination = connect(PostgresServer::get().url(), dataset);
        if (!destination.ok()) return 1;
        int jobs = 0;
        const auto die = [&](const LoadProgress&) {
          if (++jobs == death) std::raise(SIGKILL);
        };
        if (!load_package(package, **destination, Env::real(), kOnce, {}, die).ok()) return 2;
        std::raise(SIGKILL);
        return 3;
      });
      INFO(disposition << ", death " << death << ", outcome " << outcome);
      REQUIRE(was_killed_by(outcome, SIGKILL));
      const int in_the_end = kJobs * kRows + (disposition == "append" ? 10 : 0);
      // The server may need a moment to see that the client is gone.
      must(load_package(package, *must_connect(dataset), Env::real(), kOnce));
      CHECK(count(dataset) == std::to_string(in_the_end));
      CHECK(PostgresSession().query("SELECT count(*) FROM " + dataset + "._dlt_loads") == Lines{"2"});
    }
  }
}
