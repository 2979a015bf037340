// PackageLoader against a destination that fails as it is told.
#include "load/loader.h"

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/text.h"
#include "support/catch.h"
#include "support/scratch.h"
#include "support/test_package.h"

using namespace lode;
using namespace lode::test;

namespace {

using Lines = std::vector<std::string>;

constexpr LoadRetry kQuick{.attempts_max = 3, .backoff_ms_first = 1, .backoff_ms_limit = 2};

// Counts rows as a database would: those of the transaction become visible with the commit.
class ScriptedDestination : public Destination {
 public:
  Lines calls;
  std::map<std::string, std::deque<Code>> failures;  // by call: answers to come; kOk or none left: it works
  bool loses_reply = false;                          // the next commit works and then reports a failure
  std::uint64_t rows_committed = 0;
  std::string committed;
  Capabilities facts;

  const Capabilities& capabilities() const override { return facts; }
  std::string display() const override { return "scripted"; }
  std::string_view dlt_type() const override { return "scripted"; }
  Status connect() override { return {}; }
  Result<std::optional<PipelineState>> saved_state(std::string_view) override { return std::optional<PipelineState>(); }
  Result<std::optional<Schema>> saved_schema(std::string_view) override { return std::optional<Schema>(); }
  Result<std::string> newest_load_id() override { return std::string(); }
  void close() noexcept override {}

  Result<bool> is_loaded(std::string_view load_id) override {
    LODE_TRY(answer("is_loaded"));
    return committed == load_id;
  }
  Status begin(std::string_view) override {
    pending_ = 0;
    return answer("begin");
  }
  Status drop_tables(const std::vector<std::string>& tables, std::string_view schema) override {
    return answer("drop " + join(tables, ",") + " of " + std::string(schema));
  }
  Status empty_tables(const std::vector<std::string>& tables) override { return answer("empty " + join(tables, ",")); }
  Result<SchemaChange> migrate(const Schema&) override {
    LODE_TRY(answer("migrate"));
    return SchemaChange();
  }
  Status load(const Job& job, const Schema&, std::stop_token) override {
    LODE_TRY(answer("load " + job.table));
    pending_ += job.rows;
    return {};
  }
  Status commit(const CommitRecord& record, const Schema&, const std::vector<std::string>&) override {
    LODE_TRY(answer("commit"));
    rows_committed += pending_;
    committed = record.load_id;
    if (std::exchange(loses_reply, false)) return Status::error(Code::kDestinationUnavailable, "connection lost");
    return {};
  }
  void rollback() noexcept override {
    if (!calls.empty() && calls.back() != "rollback") calls.push_back("rollback");
    pending_ = 0;
  }
  std::vector<std::string> take_warnings() override { return {"odd"}; }

  std::size_t count(const std::string& call) const {
    return static_cast<std::size_t>(std::count(calls.begin(), calls.end(), call));
  }

 private:
  Status answer(const std::string& call) {
    calls.push_back(call);
    std::deque<Code>& coming = failures[call];
    if (coming.empty()) return {};
    const Code code = coming.front();
    coming.pop_front();
    return code == Code::kOk ? Status() : Status::error(code, "as told");
  }
  std::uint64_t pending_ = 0;
};

LoadPackage two_jobs(const ScratchFolder& folder) {
  TestPackage package(folder.path(), "1.000001");
  package.table("orders", "append", {column("id", DataType::kBigint)});
  package.table("lines", "append", {column("id", DataType::kBigint)});
  package.rows("orders", {"id"}, {{1}, {2}, {3}});
  package.rows("lines", {"id"}, {{1}, {2}});
  return package.seal();
}

}  // namespace

TEST_CASE("loader: begin, migrate, each job, commit") {
  ScratchFolder folder;
  ScriptedDestination destination;
  const LoadPackage package = two_jobs(folder);
  std::vector<std::uint64_t> seen;
  PackageLoader loader(destination, Env::real(), {}, kQuick);
  loader.on_progress([&](const LoadProgress& progress) {
    CHECK(progress.jobs_total == 2);
    seen.push_back(progress.rows_done);
  });
  REQUIRE(loader.load(package).ok());
  CHECK(destination.calls == Lines{"is_loaded", "begin", "migrate", "load orders", "load lines", "commit"});
  CHECK(seen == std::vector<std::uint64_t>{3, 5});
  CHECK(loader.rows_loaded() == 5);
  CHECK(loader.warnings() == Lines{"odd"});
}

TEST_CASE("loader: what goes, goes first, in every attempt") {
  ScratchFolder folder;
  ScriptedDestination destination;
  destination.failures["load lines"] = {Code::kDestinationBusy};
  const LoadPackage package = two_jobs(folder);
  PackageLoader loader(destination, Env::real(), {}, kQuick);
  REQUIRE(loader.begin(package.load_id(), {{{"a", "b"}, {"c"}}, "shop", std::nullopt}).ok());
  REQUIRE(loader.finish(package).ok());
  const Lines once{"begin", "drop a,b of shop", "empty c", "migrate", "load orders", "load lines"};
  Lines expected = once;
  expected.insert(expected.end(), {"rollback", "is_loaded"});
  expected.insert(expected.end(), once.begin(), once.end());
  expected.push_back("commit");
  CHECK(destination.calls == expected);
  CHECK(loader.attempts() == 2);
  CHECK(loader.tables_loaded().at("orders").rows == 3);
  CHECK(loader.tables_loaded().at("orders").files == 1);
  CHECK(loader.failed_job().table.empty());
}

TEST_CASE("loader: says which job failed, and forgets it with the next package") {
  ScratchFolder folder;
  ScriptedDestination destination;
  destination.failures["load lines"] = {Code::kLoadIntegrity};
  const LoadPackage package = two_jobs(folder);
  PackageLoader loader(destination, Env::real(), {}, kQuick);
  CHECK(loader.load(package).code() == Code::kLoadIntegrity);
  CHECK(loader.failed_job().table == "lines");
  CHECK(loader.failed_job().rows == 2);
  CHECK(loader.tables_loaded().empty());
  REQUIRE(loader.load(package).ok());
  CHECK(loader.failed_job().table.empty());
}

TEST_CASE("loader: without a limit it goes on until it works") {
  ScratchFolder folder;
  ScriptedDestination destination;
  destination.failures["begin"] = std::deque<Code>(20, Code::kDestinationBusy);
  const LoadRetry stubborn{.attempts_max = 0, .backoff_ms_first = 0, .backoff_ms_limit = 0};
  REQUIRE(load_package(two_jobs(folder), destination, Env::real(), stubborn).ok());
  CHECK(destination.rows_committed == 5);
}

TEST_CASE("loader: a package that is there is not loaded again") {
  ScratchFolder folder;
  ScriptedDestination destination;
  destination.committed = "1.000001";
  REQUIRE(load_package(two_jobs(folder), destination, Env::real(), kQuick).ok());
  CHECK(destination.calls == Lines{"is_loaded"});
}

TEST_CASE("loader: after a failure that can pass it begins again with the first job") {
  for (const std::string call : {"begin", "migrate", "load orders", "load lines", "commit"}) {
    ScratchFolder folder;
    ScriptedDestination destination;
    destination.failures[call] = {Code::kDestinationBusy, Code::kDestinationUnavailable};
    INFO(call << " fails twice");
    REQUIRE(load_package(two_jobs(folder), destination, Env::real(), kQuick).ok());
    CHECK(destination.rows_committed == 5);
    CHECK(destination.count("rollback") == 2);
    CHECK(destination.count("begin") == 3);
    CHECK(destination.count("is_loaded") == 3);
  }
}

TEST_CASE("loader: gives up after the last attempt and says what is kept") {
  ScratchFolder folder;
  ScriptedDestination destination;
  destination.failures["load lines"] = {Code::kDestinationBusy, Code::kDestinationBusy, Code::kDestinationBusy};
  const LoadPackage package = two_jobs(folder);
  const Status status = load_package(package, destination, Env::real(), kQuick);
  CHECK(status.code() == Code::kDestinationBusy);
  const std::string text = status.render();
  CHECK(text.find("load 1.000001: table 'lines', file 2 of 2: as told") == 0);
  CHECK(text.find("tried 3 times") != std::string::npos);
  CHECK(text.find("kept: the package, at " + package.folder().string() + "; nothing committed") != std::string::npos);
  CHECK(destination.rows_committed == 0);
  CHECK(destination.calls.back() == "rollback");
}

TEST_CASE("loader: a failure that cannot pass ends the load at once") {
  ScratchFolder folder;
  ScriptedDestination destination;
  destination.failures["load orders"] = {Code::kLoadIntegrity};
  CHECK(load_package(two_jobs(folder), destination, Env::real(), kQuick).code() == Code::kLoadIntegrity);
  CHECK(destination.count("begin") == 1);
  CHECK(destination.calls.back() == "rollback");
}

TEST_CASE("loader: a commit whose reply was lost is not repeated") {
  ScratchFolder folder;
  ScriptedDestination destination;
  destination.loses_reply = true;
  REQUIRE(load_package(two_jobs(folder), destination, Env::real(), kQuick).ok());
  CHECK(destination.rows_committed == 5);
  CHECK(destination.count("commit") == 1);
}

TEST_CASE("loader: a stop while it waits to try again") {
  ScratchFolder folder;
  ScriptedDestination destination;
  destination.failures["begin"] = {Code::kDestinationBusy};
  std::stop_source stop;
  stop.request_stop();
  const LoadRetry patient{.attempts_max = 5, .backoff_ms_first = 600'000, .backoff_ms_limit = 600'000};
  const Status status = load_package(two_jobs(folder), destination, Env::real(), patient, stop.get_token());
  CHECK(status.code() == Code::kCancelled);
  CHECK(destination.rows_committed == 0);
}

TEST_CASE("early load: the transaction begins with the first job, jobs are loaded once") {
  ScratchFolder folder;
  ScriptedDestination destination;
  TestPackage package(folder.path(), "1.000001");
  package.table("orders", "append", {column("id", DataType::kBigint)});
  PackageLoader loader(destination, Env::real(), {}, kQuick);
  REQUIRE(loader.begin("1.000001").ok());
  CHECK(destination.calls.empty());
  REQUIRE(loader.add_job(package.rows("orders", {"id"}, {{1}}), package.schema).ok());
  CHECK(destination.calls == Lines{"begin", "migrate", "load orders"});
  package.rows("orders", {"id"}, {{2}, {3}});
  REQUIRE(loader.finish(package.seal()).ok());
  CHECK(destination.count("load orders") == 2);
  CHECK(destination.count("begin") == 1);
  CHECK(destination.rows_committed == 3);
}

TEST_CASE("early load: a busy destination puts everything off to the end") {
  ScratchFolder folder;
  for (const std::string call : {"begin", "load orders"}) {
    INFO(call);
    ScriptedDestination destination;
    destination.failures[call] = {Code::kOk, Code::kDestinationBusy};
    if (call == "begin") destination.failures[call] = {Code::kDestinationBusy};
    TestPackage package(folder.path(), "1.000001");
    package.table("orders", "append", {column("id", DataType::kBigint)});
    PackageLoader loader(destination, Env::real(), {}, kQuick);
    REQUIRE(loader.begin("1.000001").ok());
    for (int i = 0; i < 3; ++i) REQUIRE(loader.add_job(package.rows("orders", {"id"}, {{i}}), package.schema).ok());
    REQUIRE(loader.commit(package.schema).ok());
    CHECK(destination.rows_committed == 3);
  }
}

TEST_CASE("early load: other failures are reported at once and undone") {
  ScratchFolder folder;
  ScriptedDestination destination;
  destination.failures["load orders"] = {Code::kOk, Code::kDiskFull};
  TestPackage package(folder.path(), "1.000001");
  package.table("orders", "append", {column("id", DataType::kBigint)});
  PackageLoader loader(destination, Env::real(), {}, kQuick);
  REQUIRE(loader.begin("1.000001").ok());
  REQUIRE(loader.add_job(package.rows("orders", {"id"}, {{1}}), package.schema).ok());
  const Status status = loader.add_job(package.rows("orders", {"id"}, {{2}}), package.schema);
  CHECK(status.code() == Code::kDiskFull);
  CHECK(status.message() == "load 1.000001: table 'orders': as told");
  CHECK(destination.calls.back() == "rollback");
}

TEST_CASE("early load: abort leaves nothing, and another package can begin") {
  ScratchFolder folder;
  ScriptedDestination destination;
  PackageLoader loader(destination, Env::real(), {}, kQuick);
  {
    TestPackage package(folder.path(), "1.000001");
    package.table("orders", "append", {column("id", DataType::kBigint)});
    REQUIRE(loader.begin("1.000001").ok());
    REQUIRE(loader.add_job(package.rows("orders", {"id"}, {{1}}), package.schema).ok());
    loader.abort();
    CHECK(destination.calls.back() == "rollback");
    CHECK(loader.rows_loaded() == 0);
  }
  TestPackage package(folder.path(), "1.000002");
  package.table("orders", "append", {column("id", DataType::kBigint)});
  REQUIRE(loader.begin("1.000002").ok());
  REQUIRE(loader.add_job(package.rows("orders", {"id"}, {{2}, {3}}), package.schema).ok());
  REQUIRE(loader.commit(package.schema).ok());
  CHECK(destination.rows_committed == 2);
  CHECK(destination.committed == "1.000002");
}

TEST_CASE("loader: a merge is refused where the destination has none") {
  ScratchFolder folder;
  ScriptedDestination destination;
  destination.facts.merge_strategies = {};
  TestPackage package(folder.path(), "1.000001");
  package.table("orders", "merge", {column("id", DataType::kBigint, {"primary_key"})});
  package.rows("orders", {"id"}, {{1}});
  const Status status = load_package(package.seal(), destination, Env::real(), kQuick);
  CHECK(status.code() == Code::kDestinationRefused);
  CHECK(status.message().find("scripted cannot merge") != std::string::npos);
  CHECK(destination.count("load orders") == 0);
}
