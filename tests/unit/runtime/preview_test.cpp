// Preview: limits, rows in memory, a destination that stays as it is.
#include "runtime/preview.h"

#include <filesystem>

#include "destinations/memory/memory.h"
#include "json/parse.h"
#include "runtime/pipeline_run.h"
#include "support/catch.h"
#include "support/scratch.h"

namespace lode {
namespace {

using test::ScratchFolder;

std::shared_ptr<Resource> named(const std::string& name, std::shared_ptr<Resource> data_from = nullptr) {
  auto resource = std::make_shared<Resource>();
  resource->name = name;
  resource->data_from = std::move(data_from);
  return resource;
}

json::Value number(std::int64_t value) { return value; }

TEST_CASE("preview options: all optional, none unknown") {
  CHECK(PreviewOptions::from_json(true)->rows_shown == 5);
  const PreviewOptions options = *PreviewOptions::from_json(
      json::Value::object({{"limit", number(7)}, {"rows_shown", number(2)}, {"compare", true}}));
  CHECK(options.limit == 7u);
  CHECK(options.rows_shown == 2);
  CHECK(options.compares);
  CHECK(PreviewOptions::from_json(json::Value::object({{"limit", number(-1)}})).status().code() == Code::kUsage);
  CHECK(PreviewOptions::from_json(json::Value::object({{"rows", number(1)}})).status().code() == Code::kUsage);
  CHECK(PreviewOptions::from_json(false).status().code() == Code::kUsage);
}

TEST_CASE("limits reach parents that are not in the source's list, and a shared parent stays one") {
  const auto parent = named("parent");
  parent->limit.rows = 5;
  Source source{"s", {}, {}, {named("a", parent), named("b", parent)}};
  const auto limited = limited_source(source, {});
  const Resource& a = *limited->resources[0];
  CHECK(a.limit.rows == 1000u);
  CHECK(a.limit.pages == 3u);
  CHECK(a.input_limit.rows == 10u);
  CHECK(a.data_from == limited->resources[1]->data_from);
  CHECK(a.data_from != parent);
  CHECK(a.data_from->limit.rows == 5u);
  CHECK(source.resources[0]->limit.any() == false);

  PreviewOptions options;
  options.limit = 2000;
  const auto chosen = limited_source(source, options);
  CHECK(chosen->resources[0]->limit.rows == 2000u);
  CHECK_FALSE(chosen->resources[0]->limit.pages.has_value());
  CHECK_FALSE(chosen->resources[0]->input_limit.any());
  CHECK(chosen->resources[0]->data_from->limit.rows == 5u);
}

TEST_CASE("a destination that is only looked at cannot be written to, and unless it is looked at seems empty") {
  auto store = std::make_shared<MemoryStore>();
  (*store)["_dlt_loads"].push_back(json::Value::object({{"load_id", "1.5"}}));
  const auto looks = look_only(make_memory(store, Env::real()), true);
  CHECK(looks->newest_load_id().value() == "1.5");
  CHECK(looks->begin("2").code() == Code::kBug);
  CHECK(looks->migrate(Schema("s")).status().code() == Code::kBug);
  CHECK(looks->commit({}, Schema("s"), {}).code() == Code::kBug);
  const auto blind = look_only(make_memory(store, Env::real()), false);
  CHECK(blind->newest_load_id().value().empty());
  CHECK_FALSE(blind->is_loaded("1.5").value());
}

// Pages of one row; counts those that were asked for.
class Counting : public Pipe {
 public:
  Counting(std::size_t count, std::size_t* polls) : count_(count), polls_(polls) {}
  Result<Polled> poll(const Turn&) override {
    if (*polls_ == count_) return Polled::end();
    ++*polls_;
    Page page;
    page.rows.document = std::move(*json::Parser().parse(R"({"id":1,"tags":["a","b"]})"));
    page.rows.rows = {page.rows.document->root(0)};
    return Polled::of(std::move(page));
  }

 private:
  const std::size_t count_;
  std::size_t* polls_;
};

// Everything of a preview, with all threads of a run.
json::Value preview(const ScratchFolder& folder, PreviewOptions options, std::size_t pages, std::size_t* polls) {
  EngineOptions engine_options;
  engine_options.home_folder = folder / "home";
  engine_options.project_folder = folder.path();
  const std::unique_ptr<Engine> engine = std::move(*Engine::open(std::move(engine_options)));
  const auto resource = named("rows");
  resource->open = [pages, polls](ResourceContext&) -> Result<std::unique_ptr<Pipe>> {
    return std::unique_ptr<Pipe>(std::make_unique<Counting>(pages, polls));
  };
  auto source = std::make_shared<Source>();
  source->name = "src";
  source->resources = {resource};
  PipelineSpec spec;
  spec.name = "p";
  spec.dataset = "main";
  spec.destination = "sqlite:///" + (folder / "out.db").string();
  spec.source = source;
  spec.preview = options;
  Status status = Status::error(Code::kBug, "not done");
  json::Value found;
  bool done = false;
  const auto run = PipelineRun::start(*engine, std::move(spec), [&](PipelineRun& ended) {
    status = ended.status();
    found = ended.report().preview;
    done = true;
  });
  while (!done) {
    engine->loop().wait(1'000'000);
    engine->loop().run_ready(0);
  }
  INFO(status.render());
  REQUIRE(status.ok());
  return found;
}

TEST_CASE("a preview reads no more than it shows and leaves nothing behind") {
  for (const bool compares : {false, true}) {
    const ScratchFolder folder;
    std::size_t polls = 0;
    PreviewOptions options;
    options.limit = 4;
    options.rows_shown = 2;
    options.compares = compares;
    const json::Value found = preview(folder, options, 100, &polls);
    CHECK(polls == 4);
    const json::Value::List& tables = found.find("tables")->items();
    REQUIRE(tables.size() == 2);
    CHECK(tables[0].int_or("rows", 0) == 4);
    CHECK(tables[0].find("first_rows")->size() == 2);
    CHECK(tables[1].text_or("parent", "") == "rows");
    CHECK(tables[1].int_or("rows", 0) == 8);
    CHECK(found.find("comparison")->is_object() == compares);
    CHECK(std::filesystem::is_empty(folder.path()));
  }
}

TEST_CASE("a preview that comes to the end of its source says so") {
  const ScratchFolder folder;
  std::size_t polls = 0;
  const json::Value found = preview(folder, {}, 2, &polls);
  CHECK_FALSE(found.find("resources")->items()[0].bool_or("limited", true));
  polls = 0;
  const json::Value limited = preview(folder, {}, 100, &polls);
  CHECK(limited.find("resources")->items()[0].bool_or("limited", false));
  CHECK(polls == 3);
}

}  // namespace
}  // namespace lode
