// Numbers in text against Python: number_golden.jsonl, one list a line (function, text or number, what Python says).
#include <cmath>
#include <fstream>
#include <string>

#include "json/parse.h"
#include "normalize/python_number.h"
#include "support/catch.h"

using namespace lode;

namespace {

std::string read(const std::string& function, const std::string& text) {
  std::string out;
  if (function == "int") return parse_python_int(text, 10, out) ? out : "fails";
  if (function == "hex") return parse_python_int(text, 16, out) ? out : "fails";
  if (function == "decimal") return parse_python_decimal(text, out) ? out : "fails";
  const std::optional<double> number = parse_python_float(text);
  return number ? python_repr(*number) : "fails";
}

double number_of(const json::Value& value) {
  if (!value.is_text()) return value.as_double();
  return value.as_text() == "nan" ? NAN : value.as_text() == "inf" ? INFINITY : -INFINITY;
}

}  // namespace

TEST_CASE("numbers are read and written as Python does it") {
  std::ifstream file("tests/unit/normalize/number_golden.jsonl");
  REQUIRE(file);
  int checked = 0;
  for (std::string line; std::getline(file, line); ++checked) {
    const json::Value golden = *json::parse_value(line);
    const std::string& function = golden.items()[0].as_text();
    const json::Value& input = golden.items()[1];
    const json::Value& expected = golden.items()[2];
    INFO(line);
    if (function == "repr") {
      CHECK(python_repr(number_of(input)) == expected.as_text());
    } else {
      CHECK(read(function, input.as_text()) == (expected.is_null() ? "fails" : expected.as_text()));
    }
  }
  CHECK(checked > 200);
}

TEST_CASE("whole decimals become integers while they fit 64 bits") {
  CHECK(decimal_to_int("7") == 7);
  CHECK(decimal_to_int("-12.00") == -12);
  CHECK(decimal_to_int("1E+3") == 1000);
  CHECK(decimal_to_int("0E+40") == 0);
  CHECK(decimal_to_int("9223372036854775807") == INT64_MAX);
  CHECK_FALSE(decimal_to_int("9223372036854775808"));
  CHECK_FALSE(decimal_to_int("1E+40"));
  CHECK_FALSE(decimal_to_int("1.5"));
  CHECK_FALSE(decimal_to_int("NaN"));
}
