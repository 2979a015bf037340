// JSON lines: roots, windows, and which line is wrong.
#include <string>

#include "json_testing.h"

using namespace lode::json;

namespace {

std::string row(int i) {
  return R"({"id":)" + std::to_string(i) + R"(,"name":"row \u00e9 )" + std::to_string(i) + R"("})";
}

lode::Status error_of(const std::string& text, std::size_t first_line = 1) {
  Parser parser;
  const auto document = parser.parse_lines(text, first_line);
  REQUIRE_FALSE(document.ok());
  return document.status();
}

}  // namespace

TEST_CASE("every value is a root", "[json][lines]") {
  CHECK(parse_lines_or_fail("")->root_count() == 0);
  CHECK(parse_lines_or_fail(" \n\r\n\t")->root_count() == 0);
  CHECK(parse_lines_or_fail("1")->root_count() == 1);
  CHECK(parse_lines_or_fail("1\n")->root_count() == 1);
  const DocumentPointer document = parse_lines_or_fail("{\"a\":1}\r\n\n[2]\n\"x\" null\n3");
  REQUIRE(document->root_count() == 5);
  CHECK(write(document->root(0)) == R"({"a":1})");
  CHECK(write(document->root(2)) == R"("x")");
  CHECK(document->root(4).as_int() == 3);
}

TEST_CASE("values may span lines", "[json][lines]") {
  const DocumentPointer document = parse_lines_or_fail("{\n\"a\":\n1\n}\n{\n\"a\": 2}\n");
  REQUIRE(document->root_count() == 2);
  CHECK(document->root(1).find("a").as_int() == 2);
}

TEST_CASE("many windows give the same rows as one", "[json][lines]") {
  std::string text;
  for (int i = 0; i < 60'000; ++i) text += row(i) + "\n";
  REQUIRE(text.size() > 4 * 256 * 1024);
  const DocumentPointer document = parse_lines_or_fail(text);
  REQUIRE(document->root_count() == 60'000);
  int wrong = -1;  // the last row that was
  for (int i = 0; i < 60'000; ++i) {
    const Ref here = document->root(static_cast<std::size_t>(i));
    if (here.find("id").as_int() != i || here.find("name").as_text() != "row é " + std::to_string(i)) wrong = i;
  }
  CHECK(wrong == -1);
}

TEST_CASE("a line may be longer than a window", "[json][lines]") {
  const std::string big = R"({"big":")" + std::string(700'000, 'x') + R"("})";
  std::string list = "[";
  for (int i = 0; i < 150'000; ++i) list += (i > 0 ? ",1" : "1");
  list += "]";
  const DocumentPointer document = parse_lines_or_fail(row(1) + "\n" + big + "\n" + row(2) + "\n" + list + "\n" + list);
  REQUIRE(document->root_count() == 5);
  CHECK(document->root(1).find("big").size() == 700'000);
  CHECK(document->root(2).find("id").as_int() == 2);
  CHECK(document->root(3).size() == 150'000);
  CHECK(write(document->root(4)) == list);
}

TEST_CASE("lines of every length around the window's size are whole", "[json][lines]") {
  constexpr std::size_t kWindow = 256 * 1024;
  std::size_t wrong = 0;  // the last size that was
  for (std::size_t size = kWindow - 70; size < kWindow + 70; ++size) {
    const std::string text = "\"" + std::string(size - 3, 'a') + "\"\n[1,\"b\"]";
    Parser parser;
    const auto document = parser.parse_lines(text);
    if (!document.ok() || (*document)->root_count() != 2 || (*document)->root(0).size() != size - 3 ||
        write((*document)->root(1)) != "[1,\"b\"]") {
      wrong = size;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a bad line is named", "[json][lines]") {
  CHECK(error_of("{\"a\":1}\n{\"a\":}\n{\"a\":3}\n").message() == "JSON, line 2, column 6: expected a JSON value");
  CHECK(error_of("1\n2\n3 x", 41).message() == "JSON, line 43, column 3: expected a JSON value");
  CHECK(error_of("{\"a\":1},\n{\"a\":2}").message() == "JSON, line 1, column 8: expected a JSON value");
  CHECK(error_of("1\n\"abc\n2\n").message() ==
        "JSON, line 2, column 5: a line break inside a string; a closing quote may be missing");
  CHECK(error_of("{\"a\":1}\n{\"a\":").message() == "JSON, line 2, column 6: the text ends inside an object");
  CHECK(error_of("[1]]").message() == "JSON, line 1, column 4: expected a JSON value");
}

TEST_CASE("a bad line is named beyond the first window", "[json][lines]") {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += row(i) + "\n";
  CHECK(error_of(text + "{\"id\":1,}\n" + text).message().find("line 50001, column 9:") != std::string::npos);
  CHECK(error_of(text + "\"\xC3\"\n" + text).message().find("line 50001, column 2:") != std::string::npos);
}
