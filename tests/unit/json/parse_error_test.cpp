// Errors say what was expected, on which line and column, and show what is there.
#include <string>

#include "json_testing.h"

using namespace lode::json;
using lode::Code;
using lode::Status;

namespace {

Status error_of(const std::string& text) {
  Parser parser;
  const auto document = parser.parse(text);
  INFO(text);
  REQUIRE_FALSE(document.ok());
  return document.status();
}

std::string message(const std::string& text) { return error_of(text).message(); }

}  // namespace

TEST_CASE("each kind of mistake has its own words", "[json][error]") {
  CHECK(message("") == "JSON, line 1, column 1: the text is empty: a JSON value was expected");
  CHECK(message("  \n ") == "JSON, line 2, column 2: the text is empty: a JSON value was expected");
  CHECK(message("[1,]") == "JSON, line 1, column 4: expected a value: a comma may not stand before ']'");
  CHECK(message("{\"a\":1,}") == "JSON, line 1, column 8: expected a key: a comma may not stand before '}'");
  CHECK(message("{\"a\" 1}") == "JSON, line 1, column 6: expected ':' after a key");
  CHECK(message("{\"a\":1 \"b\":2}") == "JSON, line 1, column 8: expected ',' or '}' after a member of an object");
  CHECK(message("[1 2]") == "JSON, line 1, column 4: expected ',' or ']' after an item of a list");
  CHECK(message("{1:2}") == "JSON, line 1, column 2: expected a key in double quotes or '}'");
  CHECK(message("{\"a\":1,2}") == "JSON, line 1, column 8: expected a key in double quotes");
  CHECK(message("{a:1}") == "JSON, line 1, column 2: expected a key in double quotes or '}'");
  CHECK(message("[,1]") == "JSON, line 1, column 2: expected a JSON value");
  CHECK(message("{\"a\":}") == "JSON, line 1, column 6: expected a JSON value");
  CHECK(message("nul") == "JSON, line 1, column 1: expected a JSON value");
  CHECK(message("[True]") == "JSON, line 1, column 2: expected a JSON value");
  CHECK(message("['a']") == "JSON, line 1, column 2: expected a JSON value");
  CHECK(message("[1,2") == "JSON, line 1, column 5: the text ends inside a list");
  CHECK(message("{\"a\":{") == "JSON, line 1, column 7: the text ends inside an object");
  CHECK(message("[1]]") == "JSON, line 1, column 4: unexpected text after the end of the JSON value");
  CHECK(message("{\"a\":1}x") == "JSON, line 1, column 8: unexpected text after the end of the JSON value");
  CHECK(message("[01]") == "JSON, line 1, column 2: not a JSON number");
  CHECK(message("\"abc") == "JSON, line 1, column 1: a string without an end");
  CHECK(message("[\"a\x01\"]") == "JSON, line 1, column 4: a control character inside a string must be escaped");
  CHECK(message("[\"a\nb\"]") ==
        "JSON, line 1, column 4: a line break inside a string; a closing quote may be missing");
  CHECK(message("[\"a\xFF\"]") == "JSON, line 1, column 4: the text is not valid UTF-8");
  CHECK(message("[\"\\ud800\"]") == "JSON, line 1, column 3: half of a surrogate pair stands alone");
}

TEST_CASE("lines and columns count what an editor counts", "[json][error]") {
  CHECK(message("{\n  \"é日😀\": 1,\n  \"é日😀\": x\n}") == "JSON, line 3, column 10: expected a JSON value");
  CHECK(message("[\r\n1,\r\n2 3]").find("line 3, column 3:") != std::string::npos);
}

TEST_CASE("the first mistake is reported, whichever stage finds it", "[json][error]") {
  CHECK(message("[1 2, \"\xFF\"]").find("column 4: expected ','") != std::string::npos);
  CHECK(message("[\"\xFF\", 1 2]").find("column 3: the text is not valid UTF-8") != std::string::npos);
  CHECK(message("{\"a\": 1, b\": 2}").find("column 10: expected a key") != std::string::npos);
}

TEST_CASE("the excerpt is short, on one line and cut between characters", "[json][error]") {
  const std::string text = "[\"" + std::string(60, 'a') + "éééééééééééé\"\n,x" + std::string(100, 'b') + "]";
  const std::string rendered = error_of(text).render();
  const std::string near = rendered.substr(rendered.find("near: "));
  CHECK(near.substr(0, near.find("\n  [")) == "near: …\"ééééééééééé\\\"\\n,xbbbbbbbbbbbbbbb\"…");
}

TEST_CASE("the place is right beyond the first window", "[json][error]") {
  std::string text = "[\n";
  for (int i = 0; i < 100'000; ++i) text += "12345,\n";
  CHECK(message(text + "x]").find("line 100002, column 1: expected a JSON value") != std::string::npos);
  CHECK(message(text + "\"\xFF\"]").find("line 100002, column 2: the text is not valid UTF-8") != std::string::npos);
  CHECK(message(text).find("line 100002, column 1: the text ends inside a list") != std::string::npos);
}

TEST_CASE("errors are coded", "[json][error]") {
  CHECK(error_of("[").code() == Code::kJsonSyntax);
  CHECK_FALSE(error_of("[").retryable());
}
