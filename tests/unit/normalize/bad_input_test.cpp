// JSON text that is broken, odd or out of all proportion, from the parser to the rows: the effect that is defined, or
// the error and its place. Where dlt has an answer it is the same one; docs/differences-from-dlt.md names the others.
#include <string>

#include "json/parse.h"
#include "json/write.h"
#include "normalize/core.h"
#include "support/catch.h"
#include "support/memory_sink.h"
#include "support/normalize_case.h"

using namespace lode;

namespace {

// One normalizer; each text is a JSON list of rows.
struct Input {
  explicit Input(std::uint32_t length_max = 0, NormalizerOptions options = {.load_id = "1"})
      : core(*Naming::make("snake_case", length_max), schema, sink, std::move(options)) {}

  Status try_add(std::string text) {
    auto document = json::Parser().parse(std::move(text));
    if (!document) return document.status();
    return core.add("t", rows_of(*document, (*document)->root(0)));
  }
  void add(std::string text) {
    const Status status = try_add(std::move(text));
    INFO(status.render());
    REQUIRE(status.ok());
  }
  const std::vector<json::Value>& rows(std::string_view table = "t") const {
    static const std::vector<json::Value> kNone;
    const MemorySink::TableRows* found = sink.find(table);
    return found == nullptr ? kNone : found->rows;
  }
  /// A row as JSON without the engine's columns.
  std::string row(std::size_t index, std::string_view table = "t") const {
    json::Value row = rows(table).at(index);
    std::erase_if(row.members(), [](const json::Value::Member& member) { return is_dlt_name(member.first); });
    return json::write(row, {.sort_keys = true});
  }
  std::string type(std::string_view column, std::string_view table = "t") const {
    const Table* found = schema.find_table(table);
    const Column* known = found == nullptr ? nullptr : found->find(column);
    return known == nullptr ? "no column" : std::string(type_name(known->type()));
  }

  Schema schema{"s"};
  MemorySink sink;
  NormalizerCore core;
};

std::string many_keys(int count) {
  std::string out = "{";
  for (int i = 0; i < count; ++i) out += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":1";
  return out + "}";
}

std::string nested(int levels, std::string_view open, std::string_view close) {
  std::string out;
  for (int i = 0; i < levels; ++i) out += open;
  out += "1";
  for (int i = 0; i < levels; ++i) out += close;
  return out;
}

}  // namespace

TEST_CASE("empty and blank keys are the column _empty; their lists are rows of the same table") {
  Input input;
  input.add(R"([{"":1,"  ":2},{"":{"":"x"}},{"\u00a0":3},{"__":4}])");
  CHECK(input.row(0) == R"({"_empty":2})");
  CHECK(input.row(1) == R"({"_empty___empty":"x"})");
  CHECK(input.row(2) == R"({"_empty":3})");
  CHECK(input.row(3) == R"({"_empty":4})");
  input.add(R"([{"":[7]}])");
  REQUIRE(input.rows().size() == 6);
  CHECK(input.row(5) == R"({"value":7})");
}

TEST_CASE("keys that become one column: the last value wins, nested ones after those beside them") {
  Input input;
  input.add(R"([{"A b":1,"a_b":2,"aB":3,"z":0},{"a__c":1,"a":{"c":2}},{"a":{"c":3},"a__c":4}])");
  CHECK(input.row(0) == R"({"a_b":3,"z":0})");
  CHECK(input.row(1) == R"({"a__c":2})");
  CHECK(input.row(2) == R"({"a__c":3})");
  input.add(R"([{"L":[1],"l":[2,3]}])");
  CHECK(input.rows("t__l").size() == 2);
  const Table& table = *std::as_const(input.schema).find_table("t");
  CHECK(table.columns()[0].name() == "a_b");
}

TEST_CASE("keys that only shortening makes equal do not collide") {
  Input input(20);
  const std::string key(100, 'k');
  input.add("[{\"" + key + "1\":1,\"" + key + "2\":2}]");
  CHECK(json::write(input.rows()[0]).find("\":2") != std::string::npos);
  CHECK(input.row(0).find("\":1") != std::string::npos);
  for (const Column& column : std::as_const(input.schema).find_table("t")->columns()) CHECK(column.name().size() <= 20);
}

TEST_CASE("10,000 columns: an error that names the first one too many; in a json column they are no columns") {
  Input input(0, {.load_id = "1", .columns_max = 2000});
  const Status status = input.try_add("[" + many_keys(10'000) + "]");
  CHECK(status.code() == Code::kTooManyColumns);
  CHECK(status.render() ==
        "table 't': more than the 2000 columns that the destination allows\n"
        "  first column too many: k2000\n"
        "  at: $[0]\n"
        "  hint: keep the object in one column with data_type = \"json\", or lower max_table_nesting\n"
        "  [schema.too_many_columns]");
  Input allowed(0, {.load_id = "1", .columns_max = 20'000});
  allowed.add("[" + many_keys(10'000) + "," + many_keys(10'000) + "]");
  CHECK(std::as_const(allowed.schema).find_table("t")->columns().size() == 10'002);
  CHECK(allowed.core.slow_rows() == 1);
  Input in_json(0, {.load_id = "1", .columns_max = 10});
  in_json.schema.settings()["preferred_types"].set("doc", "json");
  in_json.add("[{\"doc\":" + many_keys(10'000) + "}]");
  CHECK(in_json.type("doc") == "json");
}

TEST_CASE("2,000 levels of nesting are taken in, 2,501 are an error") {
  Input objects;
  objects.add("[" + nested(2000, "{\"k\":", "}") + "]");
  CHECK(std::as_const(objects.schema).find_table("t")->columns().size() == 3);  // JSON text from the 1000th level on
  Input lists;
  lists.add("[{\"l\":" + nested(1999, "[", "]") + "}]");
  // A list in a list costs two levels of the thousand: 501 tables, and the rest is JSON text.
  CHECK(lists.schema.data_tables().size() > 400);
  const Status status = lists.try_add("[{\"l\":" + nested(2501, "[", "]") + "}]");
  CHECK(status.code() == Code::kJsonDepth);
}

TEST_CASE("a text of 100 MB arrives whole, as key it is shortened") {
  const std::size_t size = 100 << 20;
  Input input(63);
  std::string text = "[{\"id\":1,\"text\":\"";
  text.append(size, 'x').append("\"},{\"id\":2,\"text\":\"y\"}]");
  input.add(std::move(text));
  CHECK(input.rows()[0].find("text")->as_text().size() == size);
  CHECK(input.row(1) == R"({"id":2,"text":"y"})");
  input.add("[{\"" + std::string(1 << 20, 'k') + "\":1}]");
  CHECK(std::as_const(input.schema).find_table("t")->columns().back().name().size() == 63);
}

TEST_CASE("text that is not UTF-8 or half a surrogate pair: an error with line and column, and no row") {
  Input input;
  const Status bytes = input.try_add("[{\"id\":1},\n {\"name\":\"M\xFCller\"}]");
  CHECK(bytes.code() == Code::kJsonSyntax);
  CHECK(bytes.message() == "JSON, line 2, column 12: the text is not valid UTF-8");
  const Status half = input.try_add("[{\"name\":\"\\ud83d\"}]");
  CHECK(half.code() == Code::kJsonSyntax);
  CHECK(half.message() == "JSON, line 1, column 11: half of a surrogate pair stands alone");
  CHECK(input.try_add("[{\"\\udc00\":1}]").code() == Code::kJsonSyntax);
  CHECK(input.rows().empty());
}

TEST_CASE("NaN, Infinity and 1e400 are no JSON numbers") {
  Input input;
  for (const char* text :
       {"[{\"v\":NaN}]", "[{\"v\":Infinity}]", "[{\"v\":-Infinity}]", "[{\"v\":1e400}]", "[{\"v\":-1e400}]"}) {
    INFO(text);
    CHECK(input.try_add(text).code() == Code::kJsonSyntax);
  }
  CHECK(input.try_add("[{\"v\":1e400}]").message().find("too large for a double") != std::string::npos);
  CHECK(input.rows().empty());
  // As texts they are texts, and fit a double column as in Python.
  input.add(R"([{"v":"NaN"},{"d":1.5},{"d":"Infinity"}])");
  CHECK(input.type("v") == "text");
  CHECK(std::isinf(input.rows()[2].find("d")->as_double()));
}

TEST_CASE("integers of 40 digits keep all digits: wei, or text beyond what wei holds; never a wrong number") {
  const std::string small = "1234567890123456789012345678901234567890";  // wei has 39 digits
  const std::string wei = "123456789012345678901234567890123456789";
  Input input;
  input.add("[{\"a\":" + small + ",\"b\":" + wei + ",\"n\":1,\"d\":1.5,\"t\":\"x\"}]");
  CHECK(input.type("a") == "text");
  CHECK(input.type("b") == "wei");
  CHECK(input.rows()[0].find("a")->as_text() == small);
  CHECK(input.rows()[0].find("b")->as_text() == wei);
  for (int i = 0; i < 2; ++i) {  // the second time on the fast path
    input.add("[{\"n\":" + wei + "},{\"n\":" + small + "},{\"d\":" + wei + "},{\"t\":-" + small + "}]");
  }
  CHECK(input.row(5) == "{\"n__v_wei\":\"" + wei + "\"}");
  CHECK(input.row(6) == "{\"n__v_text\":\"" + small + "\"}");
  CHECK(input.rows()[7].find("d")->as_double() == 1.2345678901234568e38);
  CHECK(input.row(8) == "{\"t\":\"-" + small + "\"}");
}

TEST_CASE("of a key that comes twice in one object the last value counts") {
  Input input;
  input.add(R"([{"a":1,"b":2,"a":3},{"o":{"x":1},"o":{"y":2}},{"l":[1,2],"l":[3]},{"o":{"x":1},"o":7}])");
  CHECK(input.row(0) == R"({"a":3,"b":2})");
  CHECK(input.row(1) == R"({"o__y":2})");
  CHECK(input.rows("t__l").size() == 1);
  CHECK(input.row(0, "t__l") == R"({"value":3})");
  CHECK(input.row(3) == R"({"o":7})");
  CHECK(std::as_const(input.schema).find_table("t")->columns()[0].name() == "a");
}

TEST_CASE("NUL characters stay in texts and leave names") {
  Input input;
  input.add(R"([{"a\u0000b":"x\u0000y","o":{"\u0000":1},"l\u0000":["\u0000"]}])");
  CHECK(input.row(0) == "{\"a_b\":\"x\\u0000y\",\"o__x\":1}");
  CHECK(input.row(0, "t__lx") == "{\"value\":\"\\u0000\"}");
}

TEST_CASE("dates before the year 1 and after 9999 are texts, in a timestamp column variants") {
  Input input;
  input.add(R"([{"first":"0000-12-31T23:59:59Z","last":"10000-01-01T00:00:00Z","edge":"9999-12-31T23:59:59-01:00",
                "ok":"9999-12-31T23:59:59Z","old":"-0044-03-15T12:00:00Z","least":"0001-01-01T00:00:00Z"}])");
  CHECK(input.type("first") == "text");
  CHECK(input.type("last") == "text");
  CHECK(input.type("edge") == "text");  // the year 10000 in UTC
  CHECK(input.type("old") == "text");
  CHECK(input.type("ok") == "timestamp");
  CHECK(input.type("least") == "timestamp");
  for (int i = 0; i < 2; ++i) {  // the second time on the fast path
    input.add(R"([{"ok":"0000-12-31T23:59:59Z"},{"ok":253402300800},{"ok":-62135596801},{"ok":253402300799}])");
  }
  CHECK(input.row(5) == R"({"ok__v_text":"0000-12-31T23:59:59Z"})");
  CHECK(input.row(6) == R"({"ok__v_bigint":253402300800})");
  CHECK(input.row(7) == R"({"ok__v_bigint":-62135596801})");
  CHECK(input.row(8) == R"({"ok":"9999-12-31T23:59:59+00:00"})");
}
