// Goal: whatever write fails, and however, a run loses no row, doubles none, and the next run needs no help.
//
// Method: a pipeline with a cursor has loaded some rows. Its next run meets a machine on which the n-th write goes
// wrong: of load packages, of the working folder, of SQLite's database and journals. Then it runs again on the real
// machine, and the tables must be those of a run that nothing disturbed. For each n until no write is left to fail, for
// each way to fail, and for each write disposition.
#include <filesystem>

#include "json/parse.h"
#include "runtime/pipeline_run.h"
#include "support/catch.h"
#include "support/faulty_env.h"
#include "support/faulty_sqlite.h"
#include "support/scratch.h"
#include "support/sqlite_file.h"

namespace lode::test {
namespace {

using Lines = std::vector<std::string>;

struct Scenario {
  const char* name;
  const char* disposition;
  bool has_cursor;
};

constexpr Scenario kScenarios[] = {{"append", "append", true}, {"merge", "merge", true}, {"replace", "replace", false}};

Page page_of(const std::string& rows) {
  Page page;
  page.rows.document = std::move(*json::Parser().parse(rows));
  const json::Ref list = page.rows.document->root(0);
  json::Ref item = list.first_child();
  for (std::size_t i = 0; i < list.size(); ++i, item = item.next()) page.rows.rows.push_back(item);
  page.bytes = rows.size();
  return page;
}

// Rows as from a server: nothing that could be read again, so the package is sealed.
Status run(Env& env, const Path& folder, const Scenario& scenario, const std::string& rows) {
  EngineOptions engine_options;
  engine_options.home_folder = folder / "home";
  engine_options.project_folder = folder;
  engine_options.workers = 1;
  engine_options.log = Log([](LogLevel, std::string_view) {});  // what cannot be saved is said, a thousand times here
  LODE_ASSIGN(const std::unique_ptr<Engine> engine, Engine::open(std::move(engine_options), env));
  auto resource = std::make_shared<Resource>();
  resource->name = "orders";
  resource->hints = json::Value::object({{"write_disposition", scenario.disposition}, {"primary_key", "id"}});
  if (scenario.has_cursor) {
    resource->incremental.emplace();
    resource->incremental->cursor_path = "id";
  }
  resource->open = [rows](ResourceContext&) -> Result<std::unique_ptr<Pipe>> {
    std::vector<Page> pages;
    pages.push_back(page_of(rows));
    return pages_pipe(std::move(pages));
  };
  auto source = std::make_shared<Source>();
  source->name = "shop";
  source->resources = {std::move(resource)};
  PipelineSpec spec;
  spec.name = "p";
  spec.dataset = "data";
  spec.destination = "sqlite:///" + (folder / "out.db").string();
  spec.source = source;
  std::optional<Status> outcome;
  const auto started =
      PipelineRun::start(*engine, std::move(spec), [&](PipelineRun& ended) { outcome = ended.status(); });
  while (!outcome) {
    engine->loop().wait(1'000'000);
    engine->loop().run_ready(0);
  }
  return *outcome;
}

constexpr const char* kBefore = R"([{"id":1,"lines":[{"sku":"a"}]},{"id":2}])";
constexpr const char* kAfter =
    R"([{"id":1,"lines":[{"sku":"a"}]},{"id":2},{"id":3,"lines":[{"sku":"b"},{"sku":"c"}]},{"id":4,"note":"new"}])";

Lines look(const Path& folder) {
  SqliteFile file(folder / "out__data.db");
  Lines lines = file.query("SELECT id, note FROM orders ORDER BY id");
  for (const char* sql :
       {"SELECT l.sku, o.id FROM orders__lines AS l LEFT JOIN orders AS o ON o._dlt_id = l._dlt_parent_id ORDER BY 1",
        "SELECT count(*) - count(DISTINCT load_id) FROM _dlt_loads", "PRAGMA integrity_check"}) {
    for (std::string& line : file.query(sql)) lines.push_back(std::move(line));
  }
  return lines;
}

// Copying what is there before is faster than loading it each time.
void copy_folder(const Path& from, const Path& to) {
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

}  // namespace

TEST_CASE("faults: the n-th write goes wrong, for every n") {
  using Kind = FaultPlan::Kind;
  constexpr std::pair<Kind, const char*> kKinds[] = {{Kind::kDeath, "death"},
                                                     {Kind::kDiskFull, "disk full"},
                                                     {Kind::kShortWrite, "short write"},
                                                     {Kind::kIoError, "I/O error"}};
  for (const Scenario& scenario : kScenarios) {
    ScratchFolder before;
    REQUIRE(run(Env::real(), before.path(), scenario, kBefore).ok());
    SqliteFile(before / "out__data.db").run("PRAGMA wal_checkpoint(TRUNCATE)");
    Lines expected;
    {
      ScratchFolder calm;
      copy_folder(before.path(), calm.path());
      REQUIRE(run(Env::real(), calm.path(), scenario, kAfter).ok());
      expected = look(calm.path());
      REQUIRE(expected.size() >= 4 + 3 + 2);
    }
    for (const auto& [kind, kind_name] : kKinds) {
      for (std::uint64_t at = 1;; ++at) {
        ScratchFolder folder;
        copy_folder(before.path(), folder.path());
        FaultPlan plan(kind, at);
        Status status;
        {
          FaultyEnv env(plan);
          const FaultySqlite sqlite(plan);
          status = run(env, folder.path(), scenario, kAfter);
        }
        INFO(scenario.name << ", " << kind_name << " at write " << at << ": " << status.render());
        if (!plan.struck()) {
          REQUIRE(status.ok());
          CHECK(at > 20);  // there were writes to fail
          break;
        }
        if (kind == Kind::kDiskFull || kind == Kind::kShortWrite) {
          CHECK((status.ok() || status.code() == Code::kDiskFull));
        }
        const Status again = run(Env::real(), folder.path(), scenario, kAfter);
        INFO("again: " << again.render());
        REQUIRE(again.ok());
        REQUIRE(look(folder.path()) == expected);
      }
    }
  }
}

}  // namespace lode::test
