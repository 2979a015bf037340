// TOML keeps its types, and errors say where without quoting the file.
#include "config/files/toml.h"

#include "json/write.h"
#include "support/catch.h"

using namespace lode;
using json::Kind;

TEST_CASE("Every type is kept") {
  Result<json::Value> read = parse_toml(R"(
t = "x"
i = 9007199254740993
f = 1.0
b = true
day = 1970-01-02
clock = 00:00:01.5
naive = 1970-01-01T00:00:01
zoned = 1970-01-01T01:00:00+01:00
list = [1, "a", { k = 2 }]
[a.b]
c = 1
)",
                                        "x.toml");
  REQUIRE(read.ok());
  CHECK(read->find("t")->as_text() == "x");
  CHECK(read->find("i")->as_int() == 9007199254740993);
  CHECK(read->find("f")->kind() == Kind::kDouble);
  CHECK(read->find("b")->as_bool());
  CHECK(*read->find("day") == json::Value::of_number(Kind::kDate, 1));
  CHECK(*read->find("clock") == json::Value::of_number(Kind::kTime, 1'500'000));
  CHECK(*read->find("naive") == json::Value::of_number(Kind::kTimestamp, 1'000'000));
  CHECK(*read->find("zoned") == json::Value::of_number(Kind::kTimestamp, 0));
  CHECK(json::write(*read->find("list")) == R"([1,"a",{"k":2}])");
  CHECK(read->find_path({"a", "b", "c"})->as_int() == 1);
}

TEST_CASE("An error names file, line and column, and quotes nothing of the file") {
  const Result<json::Value> read = parse_toml("ok = 1\n[sources]\ntoken = sup3rs3cret\n", "/srv/.dlt/secrets.toml");
  REQUIRE_FALSE(read.ok());
  CHECK(read.status().code() == Code::kConfigUnreadable);
  CHECK_THAT(read.status().where(), Catch::Matchers::StartsWith("/srv/.dlt/secrets.toml:3:"));
  CHECK_THAT(read.status().render(), !Catch::Matchers::Contains("sup3rs3cret"));
}

TEST_CASE("Every place where a file can be cut off is an error or a document, never a crash") {
  const std::string text = "a = \"hunter2\"\n[b.c]\nd = [1, 2]\ne = '''x\ny'''\nf = { g = 1979-05-27T07:32:00Z }\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const Result<json::Value> read = parse_toml(text.substr(0, size), "x.toml");
    if (!read.ok()) CHECK_THAT(read.status().render(), !Catch::Matchers::Contains("hunter2"));
  }
}
