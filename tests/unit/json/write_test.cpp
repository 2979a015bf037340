// Writing: escapes, order of keys, indentation, and that cells and values are written alike.
#include <string>

#include "json_testing.h"

using namespace lode::json;
using namespace std::string_literals;

namespace {

// Writes the text's value from cells and from an owning value, and demands the same.
std::string both(const std::string& text, const WriteOptions& options) {
  const DocumentPointer document = parse_or_fail(text);
  const std::string cells = write(document->root(0), options);
  CHECK(write(to_value(document->root(0)), options) == cells);
  return cells;
}

}  // namespace

TEST_CASE("strings are escaped as orjson escapes them", "[json][write]") {
  std::string all;
  for (char c = 0; c < 0x30; ++c) all += c;
  std::string out;
  append_text(out, all + "\x7F\u2028é\"\\/");
  CHECK(
      out ==
      "\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f"
      "\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f"
      " !\\\"#$%&'()*+,-./\x7F\u2028é\\\"\\\\/\"");
}

TEST_CASE("a character to escape is found at every place of a text", "[json][write]") {
  std::string wrong;  // the last text that was
  for (const char special : {'"', '\\', '\n', '\x1F'}) {
    for (std::size_t size = 1; size < 40; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, '\xC3');
        for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i % 2 == 0 ? 'a' : 0x7F);
        text[at] = special;
        std::string out;
        append_text(out, text);
        if (out.size() <= size + 2 || parse_or_fail(out)->root(0).as_text() != text) wrong = text;
      }
    }
  }
  CHECK(wrong == "");
}

TEST_CASE("compact writing has no white space at all", "[json][write]") {
  CHECK(both(R"( { "b" : [ 1 , 2.50 , true , null ] , "a" : { } , "c" : [ ] } )", {}) ==
        R"({"b":[1,2.5,true,null],"a":{},"c":[]})");
}

TEST_CASE("keys are sorted by bytes at every level", "[json][write]") {
  // U+FB00 sorts before U+10000 by bytes; by UTF-16 units it would be the other way round.
  CHECK(
      both("{\"b\":{\"z\":1,\"a\":[{\"y\":1,\"x\":2}]},\"\U00010000\":1,\"\uFB00\":2,\"B\":3,\"a\":4,\"aa\":5,\"\":6}",
           {.sort_keys = true}) ==
      "{\"\":6,\"B\":3,\"a\":4,\"aa\":5,\"b\":{\"a\":[{\"x\":2,\"y\":1}],\"z\":1},\"\uFB00\":2,\"\U00010000\":1}");
}

TEST_CASE("duplicate keys stay in their order when sorted", "[json][write]") {
  CHECK(both(R"({"b":1,"a":1,"b":2,"a":2})", {.sort_keys = true}) == R"({"a":1,"a":2,"b":1,"b":2})");
}

TEST_CASE("indented writing puts every item on its line", "[json][write]") {
  CHECK(both(R"({"a":[1,{"b":[]}],"c":{}})", {.indent = 2}) ==
        "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}");
}

TEST_CASE("append adds to what is there", "[json][write]") {
  std::string out = "x=";
  append(out, Value(1));
  append(out, parse_or_fail("[2]")->root(0));
  CHECK(out == "x=1[2]");
}

TEST_CASE("what JSON lacks is written as plain text", "[json][write]") {
  CHECK(write(Value::of_text(Kind::kBigInt, "123456789012345678901")) == "123456789012345678901");
  CHECK(write(Value::of_text(Kind::kDecimal, "12.50")) == R"("12.50")");
  CHECK(write(Value::of_text(Kind::kBinary, "\0\1"s)) == R"("AAE=")");
  CHECK(write(Value::of_number(Kind::kTimestamp, 1'704'164'645'678'000)) == R"("2024-01-02T03:04:05.678000+00:00")");
  CHECK(write(Value::of_number(Kind::kDate, 0)) == R"("1970-01-01")");
  CHECK(write(Value::of_number(Kind::kTime, 6)) == R"("00:00:00.000006")");
}
