// The normalizer on what is large, deep or odd, and the two paths against each other on random rows.
#include <random>

#include "json/parse.h"
#include "json/write.h"
#include "normalize/core.h"
#include "support/catch.h"
#include "support/memory_sink.h"
#include "support/normalize_case.h"

using namespace lode;

namespace {

std::shared_ptr<const json::Document> parse(std::string text) {
  auto document = json::Parser().parse(std::move(text));
  REQUIRE(document.ok());
  return *document;
}

struct Outcome {
  std::string rows;
  std::string schema;
  std::string error;
  std::uint64_t slow_rows = 0;
};

Outcome run(const std::vector<std::shared_ptr<const json::Document>>& pages, bool slow,
            const json::Value& contract = {}) {
  Schema schema("s");
  if (!contract.is_null()) schema.settings().set("schema_contract", contract);
  MemorySink sink;
  NormalizerCore core(*Naming::make("snake_case", 40), schema, sink, {.load_id = "1"});
  if (slow) core.use_slow_path_only();
  Outcome outcome;
  for (const auto& page : pages) {
    const Status status = core.add("t", rows_of(page, page->root(0)));
    if (!status.ok()) {
      outcome.error = status.render();
      break;
    }
  }
  outcome.rows = sink.shown();
  outcome.schema = json::write(schema.to_json());
  outcome.slow_rows = core.slow_rows();
  return outcome;
}

// Random JSON with few keys, so that shapes return, collide and change.
class Maker {
 public:
  explicit Maker(std::uint32_t seed) : random_(seed) {}

  std::string page() {
    std::string out = "[";
    const int rows = pick(12) + 1;
    for (int i = 0; i < rows; ++i) out += (i > 0 ? "," : "") + (pick(20) == 0 ? value(2) : object(3));
    return out + "]";
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<std::uint32_t>(below)); }
  std::string object(int depth) {
    static const char* const kKeys[] = {"a",     "A",     "b", "c",         "a__b", "id",     "",
                                        "items", "Items", "v", "v__v_text", "é",    "_dlt_id"};
    std::string out = "{";
    const int fields = pick(6);
    for (int i = 0; i < fields; ++i) {
      out += (i > 0 ? ",\"" : "\"") + std::string(kKeys[pick(pick(8) == 0 ? 13 : 6)]) + "\":" + value(depth - 1);
    }
    return out + "}";
  }
  std::string value(int depth) {
    static const char* const kScalars[] = {"1",
                                           "2",
                                           "1.5",
                                           "\"x\"",
                                           "\"7\"",
                                           "true",
                                           "null",
                                           "-3",
                                           "\"2024-01-02T03:04:05Z\"",
                                           "\"\"",
                                           "\"2024\"",
                                           "1e300",
                                           "1700000000",
                                           "12345678901234567890123",
                                           "\"null\"",
                                           "false"};
    const int kind = pick(10);
    if (depth > 0 && kind == 0) return object(depth);
    if (depth > 0 && kind <= 2) {
      std::string out = "[";
      const int items = pick(11) == 0 ? 10 : pick(4);
      for (int i = 0; i < items; ++i) out += (i > 0 ? "," : "") + value(depth - 1);
      return out + "]";
    }
    return kScalars[pick(pick(3) == 0 ? 16 : 4)];
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("the fast path gives what the slow path gives, whatever comes") {
  std::uint64_t slow_rows = 0;
  std::uint64_t fast_slow_rows = 0;
  for (std::uint32_t seed = 1; seed <= 1500; ++seed) {
    Maker maker(seed);
    std::vector<std::shared_ptr<const json::Document>> pages;
    for (int i = 0; i < 3; ++i) {
      pages.push_back(parse(maker.page()));
      if (seed % 2 == 0) pages.push_back(pages.back());
    }
    const json::Value contract = seed % 5 == 0   ? json::Value("discard_value")
                                 : seed % 7 == 0 ? json::Value("discard_row")
                                                 : json::Value();
    const Outcome fast = run(pages, false, contract);
    const Outcome slow = run(pages, true, contract);
    INFO("seed " << seed);
    CHECK(fast.error == slow.error);
    CHECK(fast.schema == slow.schema);
    CHECK(fast.rows == slow.rows);
    slow_rows += slow.slow_rows;
    fast_slow_rows += fast.slow_rows;
  }
  CHECK(fast_slow_rows < slow_rows);  // the fast path did take part
}

TEST_CASE("2000 levels of objects, and of lists") {
  std::string objects = "[";
  std::string lists = "[{\"l\":";
  for (int i = 0; i < 2000; ++i) objects += "{\"k\":";
  objects += "1" + std::string(2000, '}') + "]";
  lists += std::string(2000, '[') + "1" + std::string(2000, ']') + "}]";
  const Outcome deep_object = run({parse(objects), parse(objects)}, false);
  CHECK(deep_object.error == "");
  CHECK(deep_object.rows.find("\\\"k\\\":1}") != std::string::npos);  // below the 1000th level it is JSON text
  const Outcome deep_list = run({parse(lists), parse(lists)}, false);
  CHECK(deep_list.error == "");
  CHECK(deep_list.rows.find("[[1]]") != std::string::npos);
}

TEST_CASE("10,000 keys in one row are too many columns, as nulls they are none") {
  std::string row = "[{";
  std::string nulls = "[{";
  for (int i = 0; i < 10'000; ++i) {
    row += (i > 0 ? "," : "") + ("\"k" + std::to_string(i)) + "\":1";
    nulls += (i > 0 ? "," : "") + ("\"k" + std::to_string(i)) + "\":null";
  }
  const Outcome outcome = run({parse(row + "}]")}, false);
  CHECK(outcome.error.find("schema.too_many_columns") != std::string::npos);
  const Outcome empty = run({parse(nulls + "}]"), parse(nulls + "}]")}, false);
  CHECK(empty.error == "");
  CHECK(empty.slow_rows == 1);
}

TEST_CASE("keys that exist once each are learned without harm") {
  std::string rows = "[";
  for (int i = 0; i < 3000; ++i)
    rows += (i > 0 ? "," : "") + std::string("{\"id\":1,\"n") + std::to_string(i) + "\":null}";
  const Outcome outcome = run({parse(rows + "]")}, false);
  CHECK(outcome.error == "");
}

TEST_CASE("texts with NUL, with a megabyte, and keys with both arrive whole") {
  const std::string large(1 << 20, 'x');
  const Outcome outcome =
      run({parse("[{\"a\":\"x\\u0000y\",\"b\":\"" + large + "\"},{\"a\":1,\"n\\u0000m\":2}]")}, false);
  CHECK(outcome.error == "");
  CHECK(outcome.rows.find("\"a\":\"x\\u0000y\"") != std::string::npos);
  CHECK(outcome.rows.find(large) != std::string::npos);
  CHECK(outcome.rows.find("\"n_m\":2") != std::string::npos);
}

TEST_CASE("keys of separators only are a column all the same") {
  const Outcome outcome = run({parse(R"([{"__":1,"":2,"  ":3},{"____":{"a":1}}])")}, false);
  CHECK(outcome.error == "");
  CHECK(outcome.rows.find("\"_empty\":3") != std::string::npos);
}
