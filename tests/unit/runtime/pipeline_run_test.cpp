// Pipeline run: from pages in memory to an SQLite file, through all threads of a run.
#include "runtime/pipeline_run.h"

#include <unistd.h>

#include <filesystem>

#include "json/parse.h"
#include "support/catch.h"

namespace lode {
namespace {

// A folder that goes with the test.
class Scratch {
 public:
  Scratch() {
    std::string name = "/tmp/lode-run-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  ~Scratch() { std::filesystem::remove_all(folder_); }
  const Path& folder() const { return folder_; }

 private:
  Path folder_;
};

Page page_of(const std::string& json_list) {
  Page page;
  page.rows.document = std::move(*json::Parser().parse(json_list));
  const json::Ref list = page.rows.document->root(0);
  json::Ref item = list.size() > 0 ? list.first_child() : list;
  for (std::size_t i = 0; i < list.size(); ++i, item = item.next()) page.rows.rows.push_back(item);
  page.bytes = json_list.size();
  return page;
}

std::shared_ptr<Resource> rows_resource(std::vector<std::string> lists) {
  auto resource = std::make_shared<Resource>();
  resource->name = "rows";
  resource->open = [lists](ResourceContext&) -> Result<std::unique_ptr<Pipe>> {
    std::vector<Page> pages;
    for (const std::string& list : lists) pages.push_back(page_of(list));
    return pages_pipe(std::move(pages));
  };
  return resource;
}

struct Outcome {
  Status status;
  RunReport report;
};

Outcome run(Engine& engine, const Path& folder, std::shared_ptr<Resource> resource, bool cancel = false) {
  auto source = std::make_shared<Source>();
  source->name = "src";
  source->resources = {std::move(resource)};
  PipelineSpec spec;
  spec.name = "p";
  spec.dataset = "data";
  spec.destination = "sqlite:///" + (folder / "out.db").string();
  spec.source = source;
  std::optional<Outcome> outcome;
  const auto started = PipelineRun::start(engine, std::move(spec), [&](PipelineRun& ended) {
    outcome = Outcome{ended.status(), ended.report()};
  });
  if (cancel) started->cancel();
  while (!outcome) {
    engine.loop().wait(1'000'000);
    engine.loop().run_ready(0);
  }
  return *outcome;
}

std::unique_ptr<Engine> engine_in(const Path& folder) {
  EngineOptions options;
  options.home_folder = folder / "home";
  options.project_folder = folder;
  Result<std::unique_ptr<Engine>> engine = Engine::open(std::move(options));
  REQUIRE(engine.ok());
  return std::move(*engine);
}

TEST_CASE("a run loads its pages and says so") {
  const Scratch scratch;
  const auto engine = engine_in(scratch.folder());
  const Outcome outcome =
      run(*engine, scratch.folder(), rows_resource({R"([{"id":1,"tags":["a","b"]}])", R"([{"id":2}])"}));
  INFO(outcome.status.render());
  REQUIRE(outcome.status.ok());
  REQUIRE(outcome.report.tables.size() == 2);
  CHECK(outcome.report.tables[0].table == "rows");
  CHECK(outcome.report.tables[0].rows == 2);
  CHECK(outcome.report.tables[0].is_new);
  CHECK(outcome.report.tables[1].table == "rows__tags");
  CHECK(outcome.report.tables[1].rows == 2);
  CHECK(std::filesystem::exists(scratch.folder() / "out__data.db"));
  CHECK(std::filesystem::is_empty(scratch.folder() / "home/pipelines/p/load/normalized"));
}

TEST_CASE("the cursor comes from the destination: the second run loads what is new, also on another machine") {
  const Scratch scratch;
  const auto resource = [](std::vector<std::string> lists) {
    auto made = rows_resource(std::move(lists));
    made->incremental.emplace();
    made->incremental->cursor_path = "id";
    return made;
  };
  {
    const auto engine = engine_in(scratch.folder());
    CHECK(run(*engine, scratch.folder(), resource({R"([{"id":1},{"id":2}])"})).report.row_count() == 2);
  }
  std::filesystem::remove_all(scratch.folder() / "home");
  const auto engine = engine_in(scratch.folder());
  const Outcome second = run(*engine, scratch.folder(), resource({R"([{"id":1},{"id":2},{"id":3}])"}));
  CHECK(second.report.row_count() == 1);
  REQUIRE(second.report.cursors.size() == 1);
  CHECK(second.report.cursors[0].before == json::Value(2));
  CHECK(second.report.cursors[0].after == json::Value(3));
  // Nothing is new, so nothing is loaded.
  const Outcome third = run(*engine, scratch.folder(), resource({R"([{"id":3}])"}));
  REQUIRE(third.status.ok());
  CHECK(third.report.load_id.empty());
}

TEST_CASE("a run that fails while it extracts leaves nothing behind") {
  const Scratch scratch;
  const auto engine = engine_in(scratch.folder());
  auto resource = rows_resource({R"([{"id":1}])"});
  resource->open = [](ResourceContext&) -> Result<std::unique_ptr<Pipe>> { return Status::error(Code::kIo, "gone"); };
  const Outcome outcome = run(*engine, scratch.folder(), resource);
  CHECK(outcome.status.code() == Code::kIo);
  CHECK(outcome.status.render().find("kept: nothing of this run") != std::string::npos);
  CHECK(std::filesystem::is_empty(scratch.folder() / "home/pipelines/p/load/new"));
}

TEST_CASE("a cancelled run ends and loads nothing") {
  const Scratch scratch;
  const auto engine = engine_in(scratch.folder());
  const Outcome outcome = run(*engine, scratch.folder(), rows_resource({R"([{"id":1}])"}), true);
  CHECK(outcome.status.code() == Code::kCancelled);
  const Outcome next = run(*engine, scratch.folder(), rows_resource({R"([{"id":1}])"}));
  CHECK(next.report.row_count() == 1);
}

TEST_CASE("two runs of one pipeline at once: the second one is turned away") {
  const Scratch scratch;
  const auto engine = engine_in(scratch.folder());
  REQUIRE(run(*engine, scratch.folder(), rows_resource({R"([{"id":1}])"})).status.ok());
  const auto lock = Env::real().lock_file(scratch.folder() / "home/pipelines/p/lock");
  REQUIRE(lock.ok());
  const Outcome outcome = run(*engine, scratch.folder(), rows_resource({R"([{"id":2}])"}));
  CHECK(outcome.status.code() == Code::kLocked);
}

}  // namespace
}  // namespace lode
