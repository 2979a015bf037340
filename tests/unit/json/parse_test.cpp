// Parsing one JSON text: what comes out, and that input and order are kept.
#include <string>

#include "json_testing.h"

using namespace lode::json;

TEST_CASE("scalars, lists and objects are parsed", "[json][parse]") {
  CHECK(again("null") == "null");
  CHECK(again(" true ") == "true");
  CHECK(again("\tfalse\r\n") == "false");
  CHECK(again("[]") == "[]");
  CHECK(again("{}") == "{}");
  CHECK(again(R"( { "a" : [ 1 , [ ] , { } ] , "b" : { "c" : null } } )") == R"({"a":[1,[],{}],"b":{"c":null}})");
}

TEST_CASE("keys keep their order and duplicates stay", "[json][parse]") {
  CHECK(again(R"({"b":1,"a":2,"b":3,"":4})") == R"({"b":1,"a":2,"b":3,"":4})");
  CHECK(parse_or_fail(R"({"b":1,"b":3})")->root(0).find("b").as_int() == 1);
}

TEST_CASE("strings without a backslash are not copied", "[json][parse]") {
  const DocumentPointer document = parse_or_fail(R"({"key":"plain","other":"esc\taped","last":"plain"})");
  const Ref key = document->root(0).first_child();
  const Ref plain = key.next();
  const Ref escaped = plain.next().next();
  const Ref last = escaped.next().next();
  CHECK(plain.as_text().data() == key.as_text().data() + 6);
  CHECK(escaped.as_text() == "esc\taped");
  CHECK(last.as_text().data() == key.as_text().data() + 41);  // an escape before it changes nothing
}

TEST_CASE("a short text lives as long as its document", "[json][parse]") {
  // Short enough to be inside the string object, which is gone after the call.
  const DocumentPointer document = parse_or_fail(R"(["abc"])");
  CHECK(document->root(0).first_child().as_text() == "abc");
}

TEST_CASE("a byte order mark is skipped", "[json][parse]") { CHECK(again("\xEF\xBB\xBF{\"a\":1}") == R"({"a":1})"); }

TEST_CASE("a parser can be used again, also after an error", "[json][parse]") {
  Parser parser;
  CHECK(parser.parse("[1]").ok());
  CHECK_FALSE(parser.parse("[1").ok());
  CHECK_FALSE(parser.parse("\"\xFF\"").ok());
  const auto document = parser.parse(R"({"a":[2]})");
  REQUIRE(document.ok());
  CHECK(write((*document)->root(0)) == R"({"a":[2]})");
  Parser moved = std::move(parser);
  CHECK(moved.parse("3").ok());
}

TEST_CASE("large texts without line breaks are parsed whole", "[json][parse]") {
  std::string text = "[";
  for (int i = 0; i < 200'000; ++i) text += (i > 0 ? "," : "") + std::to_string(i);
  text += "]";
  const DocumentPointer document = parse_or_fail(text);
  CHECK(document->root(0).size() == 200'000);
  CHECK(write(document->root(0)) == text);
}

TEST_CASE("large texts with line breaks are parsed in windows", "[json][parse]") {
  std::string pretty = "{\n  \"rows\": [";
  std::string compact = "{\"rows\":[";
  for (int i = 0; i < 30'000; ++i) {
    const std::string number = std::to_string(i);
    pretty += std::string(i > 0 ? "," : "") + "\n    {\n      \"id\": " + number +
              ",\n      \"name\":\n        \"n\\t" + number + "\"\n    }";
    compact += std::string(i > 0 ? "," : "") + "{\"id\":" + number + ",\"name\":\"n\\t" + number + "\"}";
  }
  pretty += "\n  ]\n}\n";
  compact += "]}";
  REQUIRE(pretty.size() > 1'000'000);
  CHECK(write(parse_or_fail(pretty)->root(0)) == compact);
}

TEST_CASE("parse_value keeps the last of equal keys, at the first one's place", "[json][parse]") {
  const auto value = parse_value(R"({"b":1,"a":{"x":1,"x":[{"y":1,"y":2}]},"b":3,"c":4,"b":5})");
  REQUIRE(value.ok());
  CHECK(write(*value) == R"({"b":5,"a":{"x":[{"y":2}]},"c":4})");
}

TEST_CASE("parse_value gives an owning value", "[json][parse]") {
  const auto value = parse_value(R"({"a":[1,"x"]})");
  REQUIRE(value.ok());
  CHECK(value->find("a")->items()[1].as_text() == "x");
  CHECK_FALSE(parse_value("{").ok());
}
