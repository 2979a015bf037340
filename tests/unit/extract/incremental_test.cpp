// Incremental cursors: what is new, boundary rows, missing cursors, lag, ranges.
#include "extract/incremental.h"

#include "pages.h"

namespace lode::testing {
namespace {

using Rows = std::vector<std::string>;

std::unique_ptr<IncrementalCursor> open(IncrementalOptions options, const json::Value& record = {}) {
  if (options.cursor_path.empty()) options.cursor_path = "at";
  Result<std::unique_ptr<IncrementalCursor>> cursor = IncrementalCursor::open(std::move(options), record);
  REQUIRE(cursor.ok());
  return std::move(*cursor);
}

Rows accepted(IncrementalCursor& cursor, const std::string& rows) {
  Page page = page_of(rows);
  const Status status = cursor.accept(page);
  INFO(status.render());
  REQUIRE(status.ok());
  return texts(page);
}

TEST_CASE("the first run takes everything and remembers the greatest value") {
  auto cursor = open({});
  CHECK(accepted(*cursor, R"([{"at":2},{"at":5},{"at":3}])").size() == 3);
  CHECK(*cursor->record().find("last_value") == json::Value(5));
}

TEST_CASE("the second run takes what is new, and boundary rows that the first one did not see") {
  auto first = open({});
  accepted(*first, R"([{"at":5,"id":1},{"at":5,"id":2}])");
  auto second = open({}, first->record());
  CHECK(second->start_value() == json::Value(5));
  CHECK(accepted(*second, R"([{"at":5,"id":1},{"at":5,"id":3},{"at":4,"id":9},{"at":6,"id":4}])") ==
        Rows{R"({"at":5,"id":3})", R"({"at":6,"id":4})"});
}

TEST_CASE("a run without new rows keeps the boundary that it found") {
  auto first = open({});
  accepted(*first, R"([{"at":5,"id":1}])");
  auto second = open({}, first->record());
  CHECK(accepted(*second, R"([{"at":5,"id":1}])").empty());
  CHECK(second->record() == first->record());
}

// Hashes as dlt 1.31 wrote them: of the row, and of its key.
TEST_CASE("boundary rows that dlt loaded are known, and remembered as it does") {
  const std::string row = R"([{"id":2,"parts":[{"p":2}]}])";
  auto ours = open({.cursor_path = "id"});
  accepted(*ours, row);
  CHECK(*ours->record().find("unique_hashes") == json::Value::list({"aGexw0ylGkwS"}));
  auto keyed = open({.cursor_path = "id", .primary_key = {"id"}});
  accepted(*keyed, R"([{"id":7}])");
  CHECK(*keyed->record().find("unique_hashes") == json::Value::list({"+ZB5qOrG8FH6"}));
  const auto of_hash = [](const char* hash) {
    return json::Value::object({{"last_value", 2}, {"unique_hashes", json::Value::list({hash})}});
  };
  for (const char* hash : {"aGexw0ylGkwS", "aGexw0ylGkwSKo/y7Uf5"}) {
    auto cursor = open({.cursor_path = "id"}, of_hash(hash));
    CHECK(accepted(*cursor, row).empty());
    CHECK(*cursor->record().find("unique_hashes") == json::Value::list({hash}));
  }
  // dlt takes one kind of hashes for all: another row of the same value joins in the kind that is there.
  auto older = open({.cursor_path = "id"}, of_hash("aGexw0ylGkwSKo/y7Uf5"));
  CHECK(accepted(*older, R"([{"id":2,"x":1}])").size() == 1);
  const json::Value joined = older->record();
  for (const json::Value& hash : joined.find("unique_hashes")->items()) CHECK(hash.as_text().size() == 20);
  accepted(*older, R"([{"id":3}])");
  CHECK(older->record().find("unique_hashes")->items()[0].as_text().size() == 12);
}

TEST_CASE("so many boundary rows are remembered, and no more") {
  constexpr std::size_t kMore = 50;
  const auto rows_at = [](int at) {
    std::string rows = "[";
    for (std::size_t i = 0; i < kBoundaryRowsMax + kMore; ++i) {
      rows += (i > 0 ? "," : "") + std::string("{\"at\":") + std::to_string(at) + ",\"id\":" + std::to_string(i) + "}";
    }
    return rows + "]";
  };
  auto first = open({.cursor_path = "at", .primary_key = {"id"}});
  accepted(*first, rows_at(4));
  CHECK(first->boundary_rows_forgotten() == kMore);
  // Another value, another boundary.
  accepted(*first, R"([{"at":5,"id":1}])");
  CHECK(first->boundary_rows_forgotten() == 0);
  accepted(*first, rows_at(6));
  CHECK(first->boundary_rows_forgotten() == kMore);
  const json::Value record = first->record();
  CHECK(record.find("unique_hashes")->size() == kBoundaryRowsMax);
  // Only those that are not remembered come again.
  auto second = open({.cursor_path = "at", .primary_key = {"id"}}, record);
  CHECK(accepted(*second, rows_at(6)).size() == kMore);
  CHECK(second->record().find("unique_hashes")->size() == kBoundaryRowsMax);
}

TEST_CASE("boundary rows are told apart by the primary key if there is one") {
  auto first = open({.cursor_path = "at", .primary_key = {"id"}});
  accepted(*first, R"([{"at":5,"id":1,"n":"old"}])");
  auto second = open({.cursor_path = "at", .primary_key = {"id"}}, first->record());
  CHECK(accepted(*second, R"([{"at":5,"id":1,"n":"changed"},{"at":5,"id":2}])") == Rows{R"({"at":5,"id":2})"});
}

TEST_CASE("a cursor can fall") {
  auto cursor = open({.cursor_path = "at", .initial_value = 10, .is_minimum = true});
  CHECK(accepted(*cursor, R"([{"at":11},{"at":7},{"at":9}])") == Rows{R"({"at":7})", R"({"at":9})"});
  CHECK(*cursor->record().find("last_value") == json::Value(7));
}

TEST_CASE("a row without the cursor is an error, kept or left out, as asked") {
  Page page = page_of(R"([{"at":1},{"id":2}])");
  const Status status = open({})->accept(page);
  CHECK(status.code() == Code::kCursorMissing);
  CHECK(status.message().find("row 2") != std::string::npos);
  auto include = open({.cursor_path = "at", .on_missing = IncrementalOptions::Missing::kInclude});
  CHECK(accepted(*include, R"([{"at":1},{"id":2},{"at":null}])").size() == 3);
  auto exclude = open({.cursor_path = "at", .on_missing = IncrementalOptions::Missing::kExclude});
  CHECK(accepted(*exclude, R"([{"at":1},{"id":2},{"at":null}])").size() == 1);
}

TEST_CASE("values that cannot be compared name both") {
  Page page = page_of(R"([{"at":"soon"}])");
  const Status status = open({.cursor_path = "at", .initial_value = 10})->accept(page);
  CHECK(status.code() == Code::kCursorType);
  CHECK(status.message().find("\"soon\"") != std::string::npos);
  CHECK(status.message().find("10") != std::string::npos);
}

TEST_CASE("an end value bounds the run and leaves no state") {
  auto cursor = open({.cursor_path = "at", .initial_value = 3, .end_value = 6});
  CHECK(accepted(*cursor, R"([{"at":2},{"at":3},{"at":5},{"at":6}])") == Rows{R"({"at":3})", R"({"at":5})"});
  CHECK_FALSE(cursor->is_stateful());
}

TEST_CASE("a lag starts earlier and never moves the cursor back") {
  const json::Value record =
      json::Value::object({{"last_value", "2024-05-01T12:00:00Z"}, {"unique_hashes", json::Value::list()}});
  auto cursor = open({.cursor_path = "at", .initial_value = "2024-01-01T00:00:00Z", .lag = 3600}, record);
  CHECK(cursor->start_value() == json::Value("2024-05-01T11:00:00Z"));
  CHECK(accepted(*cursor, R"([{"at":"2024-05-01T11:30:00Z"},{"at":"2024-05-01T10:00:00Z"}])").size() == 1);
  CHECK(*cursor->record().find("last_value") == json::Value("2024-05-01T12:00:00Z"));
}

TEST_CASE("a lag does not reach back behind the initial value") {
  const json::Value record = json::Value::object({{"last_value", 12}});
  auto cursor = open({.cursor_path = "at", .initial_value = 10, .lag = 5}, record);
  CHECK(cursor->start_value() == json::Value(10));
}

TEST_CASE("with a known order the pipe ends as soon as nothing new can follow") {
  auto cursor = open(
      {.cursor_path = "at", .initial_value = 1, .end_value = 4, .row_order = IncrementalOptions::RowOrder::kAscending});
  std::vector<Page> pages;
  pages.push_back(page_of(R"([{"at":2},{"at":4}])"));
  pages.push_back(page_of(R"([{"at":3}])"));
  const auto pipe = incremental_pipe(pages_pipe(std::move(pages)), *cursor);
  CHECK(drain(*pipe) == std::vector<Rows>{{R"({"at":2})"}});
}

TEST_CASE("a cursor can be a path into the row") {
  auto cursor = open({.cursor_path = "meta.at"});
  accepted(*cursor, R"([{"meta":{"at":"b"}},{"meta":{"at":"a"}}])");
  CHECK(*cursor->record().find("last_value") == json::Value("b"));
}

TEST_CASE("lags keep the notation of the text") {
  CHECK(*lagged("2024-05-01", 1, false) == json::Value("2024-04-30"));
  CHECK(*lagged("2024-05-01 00:00:00", 1, false) == json::Value("2024-04-30 23:59:59"));
  CHECK(*lagged("2024-05-01T01:00:00+02:00", 60, false) == json::Value("2024-05-01T00:59:00+02:00"));
  CHECK(*lagged(5, 2, true) == json::Value(7));
  CHECK(lagged("soon", 1, false).status().code() == Code::kCursorType);
}

}  // namespace
}  // namespace lode::testing
