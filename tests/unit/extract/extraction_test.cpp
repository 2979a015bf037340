// Extraction: selected resources, parents, cursors, back-pressure.
#include "extract/extraction.h"

#include <map>

#include "pages.h"

namespace lode::testing {
namespace {

class Sink : public PageSink {
 public:
  bool has_room() override { return room > 0; }
  void put(const Resource& resource, Page page) override {
    --room;
    for (const std::string& text : texts(page)) rows[resource.name].push_back(text);
  }
  int room = 1000;
  std::map<std::string, std::vector<std::string>> rows;
};

std::shared_ptr<Resource> resource(const std::string& name, std::vector<std::string> lists) {
  auto out = std::make_shared<Resource>();
  out->name = name;
  out->open = [lists](ResourceContext&) -> Result<std::unique_ptr<Pipe>> {
    std::vector<Page> pages;
    for (const std::string& list : lists) pages.push_back(page_of(list));
    return pages_pipe(std::move(pages));
  };
  return out;
}

std::shared_ptr<Resource> doubled(const std::string& name, std::shared_ptr<Resource> parent) {
  auto out = std::make_shared<Resource>();
  out->name = name;
  out->data_from = std::move(parent);
  out->call = [](ResourceContext&, Page input) -> Result<std::unique_ptr<Pipe>> {
    std::vector<Page> pages;
    pages.push_back(page_of("[" + texts(input)[0] + "," + texts(input)[0] + "]"));
    return pages_pipe(std::move(pages));
  };
  return out;
}

TEST_CASE("a parent that is not selected feeds its transformers and gives no rows of its own") {
  auto parent = resource("parent", {"[1]", "[2]"});
  parent->selected = false;
  const Source source{"s", {}, {}, {parent, doubled("a", parent), doubled("b", parent)}};
  PipelineState state("p");
  auto extraction = std::move(*Extraction::open(source, state));
  Sink sink;
  CHECK(*extraction->poll(endless_turn(), sink));
  CHECK(sink.rows.count("parent") == 0);
  CHECK(sink.rows["a"] == std::vector<std::string>{"1", "1", "2", "2"});
  CHECK(sink.rows["b"] == sink.rows["a"]);
}

TEST_CASE("a transformer can be called with a part of what its parent gives") {
  auto parent = resource("parent", {"[1,2]", "[3,4]"});
  auto child = doubled("a", parent);
  child->input_limit = {.rows = 3, .cuts_pages = true};
  const Source source{"s", {}, {}, {parent, child}};
  PipelineState state("p");
  auto extraction = std::move(*Extraction::open(source, state));
  Sink sink;
  CHECK(*extraction->poll(endless_turn(), sink));
  CHECK(sink.rows["parent"].size() == 4);
  CHECK(sink.rows["a"] == std::vector<std::string>{"1", "1", "2", "2", "3", "3"});
}

TEST_CASE("a selected parent's rows are loaded too") {
  auto parent = resource("parent", {"[1]"});
  const Source source{"s", {}, {}, {parent, doubled("a", parent)}};
  PipelineState state("p");
  auto extraction = std::move(*Extraction::open(source, state));
  Sink sink;
  CHECK(*extraction->poll(endless_turn(), sink));
  CHECK(sink.rows["parent"] == std::vector<std::string>{"1"});
  CHECK(sink.rows["a"] == std::vector<std::string>{"1", "1"});
}

TEST_CASE("a full sink stops the extraction and loses nothing") {
  const Source source{"s", {}, {}, {resource("r", {"[1]", "[2]", "[3]"})}};
  PipelineState state("p");
  auto extraction = std::move(*Extraction::open(source, state));
  Sink sink;
  sink.room = 2;
  CHECK_FALSE(*extraction->poll(endless_turn(), sink));
  CHECK(sink.rows["r"].size() == 2);
  sink.room = 2;
  CHECK(*extraction->poll(endless_turn(), sink));
  CHECK(sink.rows["r"].size() == 3);
}

TEST_CASE("a cursor is saved in the state, in dlt's place and form, and reported when it moved") {
  auto rows = resource("r", {R"([{"id":1},{"id":4}])"});
  rows->incremental.emplace();
  rows->incremental->cursor_path = "id";
  const Source source{"s", {}, {}, {rows}};
  PipelineState state("p");
  for (int run = 0; run < 2; ++run) {
    auto extraction = std::move(*Extraction::open(source, state));
    Sink sink;
    CHECK(*extraction->poll(endless_turn(), sink));
    const std::vector<CursorChange> changes = extraction->save_cursors();
    CHECK(changes.size() == (run == 0 ? 1 : 0));
    CHECK(sink.rows["r"].size() == (run == 0 ? 2 : 0));
  }
  const json::Value* last =
      state.document().find_path({"sources", "s", "resources", "r", "incremental", "id", "last_value"});
  REQUIRE(last != nullptr);
  CHECK(*last == json::Value(4));
}

TEST_CASE("replace forgets what the resource remembered") {
  auto rows = resource("r", {R"([{"id":1}])"});
  rows->hints.set("write_disposition", "replace");
  const Source source{"s", {}, {}, {rows}};
  PipelineState state("p");
  state.resource_state("s", "r").set("seen", 7);
  auto extraction = std::move(*Extraction::open(source, state));
  CHECK(state.resource_state("s", "r").find("seen") == nullptr);
}

TEST_CASE("an error names the resource and its place") {
  auto broken = resource("r", {});
  broken->where = "shop.lua:3";
  broken->open = [](ResourceContext&) -> Result<std::unique_ptr<Pipe>> { return Status::error(Code::kIo, "gone"); };
  const Source source{"s", {}, {}, {broken}};
  PipelineState state("p");
  const Status status = Extraction::open(source, state).status();
  CHECK(status.first_line() == "shop.lua:3: resource 'r': gone");
}

}  // namespace
}  // namespace lode::testing
