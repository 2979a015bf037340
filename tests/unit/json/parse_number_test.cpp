// Numbers: exact integers of any length, doubles that read back, and what is no number.
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "json_testing.h"

using namespace lode::json;

namespace {

struct Number {
  Kind kind;
  std::string text;  // as written again
};

Number read(const std::string& text) {
  const DocumentPointer document = parse_or_fail(text);
  return {document->root(0).kind(), write(document->root(0))};
}

double real(const std::string& text) {
  const DocumentPointer document = parse_or_fail(text);
  REQUIRE(document->root(0).kind() == Kind::kDouble);
  return document->root(0).as_double();
}

}  // namespace

TEST_CASE("integers within 64 bits are exact", "[json][number]") {
  for (const char* text : {"0", "1", "-1", "999999999999999999", "-999999999999999999", "1000000000000000000",
                           "9223372036854775807", "-9223372036854775808"}) {
    INFO(text);
    CHECK(read(text).kind == Kind::kInt);
    CHECK(read(text).text == text);
  }
  CHECK(read("-0").text == "0");
}

TEST_CASE("integers beyond 64 bits keep every digit", "[json][number]") {
  for (const char* text :
       {"9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
        "123456789012345678901234567890", "-99999999999999999999999999999999999999999999999999"}) {
    INFO(text);
    CHECK(read(text).kind == Kind::kBigInt);
    CHECK(read(text).text == text);
    const DocumentPointer document = parse_or_fail("[" + std::string(text) + " , 2]");
    CHECK(document->root(0).first_child().as_text() == text);
  }
}

TEST_CASE("a point or an exponent makes a double", "[json][number]") {
  CHECK(real("1.0") == 1.0);
  CHECK(real("1e3") == 1000.0);
  CHECK(real("1E+3") == 1000.0);
  CHECK(real("12.5e-1") == 1.25);
  CHECK(real("0.1") == 0.1);
  CHECK(std::signbit(real("-0.0")));
  CHECK(real("0e5") == 0.0);
  CHECK(real("123456789012345678.0") == 123456789012345678.0);
  CHECK(real("9007199254740993.0") == 9007199254740992.0);
  CHECK(real("0.1000000000000000055511151231257827021181583404541015625") == 0.1);
  CHECK(real("2.2250738585072011e-308") == 2.2250738585072011e-308);
  CHECK(real("1.7976931348623157e308") == std::numeric_limits<double>::max());
  CHECK(real("5e-324") == 5e-324);
}

TEST_CASE("numbers too small for a double are zero", "[json][number]") {
  CHECK(real("1e-400") == 0.0);
  CHECK(std::signbit(real("-1e-99999999999999999999")));
  CHECK(real("0." + std::string(400, '0') + "1") == 0.0);
  CHECK(real("0.0000000000000000000000000000000000000001e-300") == 0.0);
}

TEST_CASE("numbers too large for a double are errors", "[json][number]") {
  Parser parser;
  std::vector<std::string> texts = {"1e400", "-1e400", "1e99999999999999999999", "0.001e312", "[1.8e308]"};
  std::string digits;
  for (int i = 0; i < 400; ++i) digits += '9';
  texts.push_back(digits + ".0");
  for (const std::string& text : texts) {
    INFO(text);
    const auto document = parser.parse(text);
    REQUIRE_FALSE(document.ok());
    CHECK(document.status().message().find("too large for a double") != std::string::npos);
  }
}

TEST_CASE("what JSON does not take for a number is refused", "[json][number]") {
  Parser parser;
  for (const char* text :
       {"-",     "+1",   "01",    "-01", "00",     "1.",  ".5",  "1e",       "1e+",       "1.e3", "1.5.2",
        "1e5.5", "0x10", "1_000", "1a",  "1\"a\"", "--1", "NaN", "Infinity", "-Infinity", "1e5e5"}) {
    INFO(text);
    CHECK_FALSE(parser.parse(std::string(text)).ok());
  }
  CHECK_FALSE(parser.parse(std::string("1\0", 2)).ok());
}

TEST_CASE("numbers end at brackets, commas, white space and the end", "[json][number]") {
  CHECK(again("[1,2 ,3\n,4\t]") == "[1,2,3,4]");
  CHECK(again("{\"a\":1}") == "{\"a\":1}");
  CHECK(again("[1.5,2e1 ]") == "[1.5,20.0]");
}
