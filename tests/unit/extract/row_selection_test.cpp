// Where the rows of a JSON document are.
#include "extract/row_selection.h"

#include "pages.h"

namespace lode::testing {
namespace {

std::vector<std::string> selected(const std::string& text, const std::string& path) {
  Page page;
  page.rows = select_rows(*json::Parser().parse(text), *json::Path::compile(path));
  return texts(page);
}

std::string detected(const std::string& text) { return detect_rows_path((*json::Parser().parse(text))->root(0)); }

TEST_CASE("a match that is a list gives its items, anything else one row, null and nothing none") {
  CHECK(selected(R"({"a":{"rows":[1,2]}})", "a.rows") == std::vector<std::string>{"1", "2"});
  CHECK(selected(R"({"a":{"rows":3}})", "a.rows") == std::vector<std::string>{"3"});
  CHECK(selected(R"({"a":{"rows":null}})", "a.rows").empty());
  CHECK(selected(R"({"a":{}})", "a.rows").empty());
  CHECK(selected("[1,2]", "$") == std::vector<std::string>{"1", "2"});
}

TEST_CASE("several matches are a row each") {
  CHECK(selected(R"({"g":[{"i":[1]},{"i":[2]}]})", "g[*].i") == std::vector<std::string>{"[1]", "[2]"});
}

TEST_CASE("the list of rows is found by its usual name, else the first list is taken") {
  CHECK(detected(R"({"meta":{"labels":[]},"data":{"items":[]}})") == "data.items");
  CHECK(detected(R"({"meta":{"labels":[]},"widgets":[]})") == "meta.labels");
  CHECK(detected(R"({"id":1})") == "$");
  CHECK(detected("[1]") == "$");
  CHECK(detected(R"({"a":{"b":{"c":{"items":[]}}},"x":[]})") == "x");
}

TEST_CASE("a key that is no plain word can be used as a path") {
  const std::string text = R"({"my data":[1]})";
  CHECK(selected(text, detected(text)) == std::vector<std::string>{"1"});
}

}  // namespace
}  // namespace lode::testing
