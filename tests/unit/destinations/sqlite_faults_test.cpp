// SQLite when things go wrong: other programs, permissions, a full disk, death.
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "destinations/builtin.h"
#include "load/loader.h"
#include "support/catch.h"
#include "support/child.h"
#include "support/number_package.h"
#include "support/scratch.h"
#include "support/sqlite_file.h"

using namespace lode;
using namespace lode::test;

namespace {

using Lines = std::vector<std::string>;
constexpr LoadRetry kOnce{.attempts_max = 1};

Result<std::unique_ptr<Destination>> connect(const Path& main_file) {
  json::Value spec = json::Value::object({{"type", "sqlite"}, {"file", main_file.string()}, {"busy_timeout_ms", 20}});
  LODE_ASSIGN(std::unique_ptr<Destination> destination, make_destination(spec, "main", Env::real()));
  LODE_TRY(destination->connect());
  return destination;
}

std::unique_ptr<Destination> must_connect(const Path& main_file) {
  Result<std::unique_ptr<Destination>> destination = connect(main_file);
  INFO(destination.status().render());
  REQUIRE(destination.ok());
  return std::move(*destination);
}

std::string count(const Path& file) {
  SqliteFile opened(file);
  if (opened.query("SELECT count(*) FROM sqlite_master WHERE name = 'numbers'")[0] == "0") return "0";
  return opened.query("SELECT count(*) FROM numbers")[0];
}

std::string integrity(const Path& file) { return SqliteFile(file).query("PRAGMA integrity_check")[0]; }

}  // namespace

TEST_CASE("sqlite: another program holds the write lock") {
  ScratchFolder folder;
  const Path file = folder / "shop.db";
  const auto destination = must_connect(file);
  SqliteFile other(file);
  other.run("CREATE TABLE t (a)");
  other.run("BEGIN IMMEDIATE");
  const LoadPackage package = numbers(folder, "1.000001", 1, 3);
  const Status status = load_package(package, *destination, Env::real(), {.attempts_max = 2, .backoff_ms_first = 1});
  CHECK(status.code() == Code::kDestinationBusy);
  CHECK(status.message().find("another program holds the write lock of " + file.string()) != std::string::npos);
  CHECK(status.render().find("tried 2 times") != std::string::npos);
  CHECK(status.render().find("waited: 0.0 s") != std::string::npos);
  other.run("COMMIT");
  REQUIRE(load_package(package, *destination, Env::real(), kOnce).ok());
  CHECK(count(file) == "3");
}

TEST_CASE("sqlite: a reader does not keep a load into a file with WAL out") {
  ScratchFolder folder;
  const Path file = folder / "shop.db";
  const LoadPackage first = numbers(folder, "1.000001", 1, 3);
  REQUIRE(load_package(first, *must_connect(file), Env::real(), kOnce).ok());
  SqliteFile reader(file);
  reader.run("BEGIN");
  CHECK(reader.query("SELECT count(*) FROM numbers") == Lines{"3"});
  REQUIRE(
      load_package(numbers(folder, "1.000002", 1, 3, first.schema()), *must_connect(file), Env::real(), kOnce).ok());
  CHECK(reader.query("SELECT count(*) FROM numbers") == Lines{"3"});
  reader.run("COMMIT");
  CHECK(reader.query("SELECT count(*) FROM numbers") == Lines{"6"});
}

TEST_CASE("sqlite: a reader of a file without WAL delays the commit; nothing is lost, nothing twice") {
  ScratchFolder folder;
  const Path file = folder / "shop.db";
  const LoadPackage first = numbers(folder, "1.000001", 1, 3);
  REQUIRE(load_package(first, *must_connect(file), Env::real(), kOnce).ok());
  SqliteFile reader(file);
  reader.run("PRAGMA journal_mode=DELETE");
  reader.run("BEGIN");
  CHECK(reader.query("SELECT count(*) FROM numbers") == Lines{"3"});
  const LoadPackage second = numbers(folder, "1.000002", 2, 3, first.schema());
  const auto destination = must_connect(file);
  CHECK(load_package(second, *destination, Env::real(), kOnce).code() == Code::kDestinationBusy);
  reader.run("COMMIT");
  CHECK(count(file) == "3");
  REQUIRE(load_package(second, *destination, Env::real(), kOnce).ok());
  CHECK(count(file) == "9");
}

TEST_CASE("sqlite: a file or folder that may not be written is found when connecting") {
  ScratchFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  const Path locked_file = folder / "file.db";
  SqliteFile(locked_file).run("CREATE TABLE t (a)");
  std::filesystem::permissions(locked_file, std::filesystem::perms(0444));
  std::filesystem::create_directory(folder / "locked");
  std::filesystem::permissions(folder / "locked", std::filesystem::perms(0555));
  const int outcome = run_in_child([&] {
    if (!become_ordinary_user()) return 1;
    const Status file = connect(locked_file).status();
    if (file.code() != Code::kDestinationReadOnly || file.message().find(locked_file.string()) == std::string::npos)
      return 2;
    const Status in_folder = connect(folder / "locked" / "new.db").status();
    return in_folder.code() == Code::kDestinationReadOnly ? 0 : 3;
  });
  CHECK(exited_with(outcome, 0));
}

TEST_CASE("sqlite: a folder that is not there, a file that is no database") {
  ScratchFolder folder;
  const Status no_folder = connect(folder / "absent" / "shop.db").status();
  CHECK(no_folder.code() == Code::kNotFound);
  CHECK(no_folder.hint_text().find("mkdir -p") != std::string::npos);
  REQUIRE(Env::real().write_file(folder / "text.db", std::string(4096, 'x')).ok());
  const Status no_database = connect(folder / "text.db").status();
  CHECK(no_database.code() == Code::kDestinationRefused);
  CHECK(no_database.message() == (folder / "text.db").string() + " is not a SQLite database");
}

// The limit on the size of files stands for a full disk: writing beyond it fails in the same way.
TEST_CASE("sqlite: a full disk leaves the dataset as it was, and the package") {
  ScratchFolder folder;
  const Path file = folder / "shop.db";
  const LoadPackage first = numbers(folder, "1.000001", 1, 1000);
  REQUIRE(load_package(first, *must_connect(file), Env::real(), kOnce).ok());
  const LoadPackage second = numbers(folder, "1.000002", 4, 5000, first.schema());
  const int outcome = run_in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{300'000, 300'000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    auto destination = connect(file);
    if (!destination.ok()) return 2;
    const Status status = load_package(second, **destination, Env::real(), kOnce);
    if (status.code() != Code::kDiskFull) return 3;
    return status.render().find("kept: the package, at " + second.folder().string()) != std::string::npos ? 0 : 4;
  });
  CHECK(exited_with(outcome, 0));
  CHECK(integrity(file) == "ok");
  CHECK(count(file) == "1000");
  REQUIRE(load_package(second, *must_connect(file), Env::real(), kOnce).ok());
  CHECK(count(file) == "21000");
}

// Goal: a row is there once, whenever the process dies. Method: die by SIGKILL after each job, and after the commit;
// then load the package again as the next run would.
TEST_CASE("sqlite: killed in the middle of a load, then resumed: exactly once") {
  constexpr int kJobs = 4;
  constexpr int kRows = 3000;  // enough for pages to reach the disk before the commit
  for (const std::string disposition : {"append", "replace", "merge"}) {
    for (const bool is_new_file : {true, false}) {
      for (int death = 1; death <= kJobs + 1; ++death) {  // the last: after the commit
        ScratchFolder folder;
        const Path file = folder / "shop.db";
        Schema schema("shop");
        if (!is_new_file) {
          const LoadPackage before = numbers(folder, "1.000001", 1, 10, schema, disposition);
          REQUIRE(load_package(before, *must_connect(file), Env::real(), kOnce).ok());
          schema = before.schema();
        }
        const LoadPackage package = numbers(folder, "1.000002", kJobs, kRows, schema, disposition);
        const int outcome = run_in_child([&] {
          auto destination = connect(file);
          if (!destination.ok()) return 1;
          int jobs = 0;
          const auto die = [&](const LoadProgress&) {
            if (++jobs == death) std::raise(SIGKILL);
          };
          if (!load_package(package, **destination, Env::real(), kOnce, {}, die).ok()) return 2;
          std::raise(SIGKILL);
          return 3;
        });
        INFO(disposition << (is_new_file ? ", new file" : ", old file") << ", death " << death << ", outcome "
                         << outcome);
        REQUIRE(was_killed_by(outcome, SIGKILL));
        const std::string rows_before = is_new_file ? "0" : "10";
        const int added = kJobs * kRows;
        const int in_the_end = added + (disposition == "append" && !is_new_file ? 10 : 0);
        CHECK(count(file) == (death <= kJobs ? rows_before : std::to_string(in_the_end)));
        CHECK(integrity(file) == "ok");
        // The package is read from disk, as a new process would.
        const LoadPackage again = LoadPackage::open(Env::real(), package.folder()).value();
        REQUIRE(load_package(again, *must_connect(file), Env::real(), kOnce).ok());
        CHECK(count(file) == std::to_string(in_the_end));
        CHECK(SqliteFile(file).query("SELECT count(*) FROM _dlt_loads WHERE load_id = '1.000002'") == Lines{"1"});
      }
    }
  }
}
