// Doubles: shortest text that reads back, in orjson's style.
// Method: the table is what orjson 3.13 writes. Its rule: an exponent from 1e16 on and below 1e-5, signed, not padded.
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <utility>

#include "json_testing.h"

using namespace lode::json;

namespace {

std::string text_of(double value) {
  std::string out;
  append_double(out, value);
  return out;
}

}  // namespace

TEST_CASE("doubles are written as orjson writes them", "[json][double]") {
  const std::pair<double, const char*> rows[] = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {-1.0, "-1.0"},
      {0.1, "0.1"},
      {0.5, "0.5"},
      {1.5, "1.5"},
      {100.0, "100.0"},
      {123.456, "123.456"},
      {1000000000000000.0, "1000000000000000.0"},
      {1e+16, "1e+16"},
      {9999999999999998.0, "9999999999999998.0"},
      {1e+17, "1e+17"},
      {1.2345678901234568e+17, "1.2345678901234568e+17"},
      {1e+20, "1e+20"},
      {1e+21, "1e+21"},
      {1e+22, "1e+22"},
      {1e+23, "1e+23"},
      {1e+100, "1e+100"},
      {1.7976931348623157e+308, "1.7976931348623157e+308"},
      {5e-324, "5e-324"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {0.0001, "0.0001"},
      {1e-05, "0.00001"},
      {1.5e-05, "0.000015"},
      {9.999e-06, "9.999e-6"},
      {1e-06, "1e-6"},
      {1e-07, "1e-7"},
      {1.5e-07, "1.5e-7"},
      {0.00012345, "0.00012345"},
      {1.2345e-05, "0.000012345"},
      {1234567890123456.0, "1234567890123456.0"},
      {1.2345678901234568e+16, "1.2345678901234568e+16"},
      {4.35, "4.35"},
      {2.675, "2.675"},
      {0.3333333333333333, "0.3333333333333333"},
      {0.6666666666666666, "0.6666666666666666"},
      {0.30000000000000004, "0.30000000000000004"},
      {1e+300, "1e+300"},
      {-1e-300, "-1e-300"},
      {3.141592653589793, "3.141592653589793"},
      {9007199254740992.0, "9007199254740992.0"},
      {123456789.0, "123456789.0"},
      {1000000000.5, "1000000000.5"},
  };
  for (const auto& [value, text] : rows) CHECK(text_of(value) == text);
}

TEST_CASE("what is not finite is null", "[json][double]") {
  CHECK(text_of(std::numeric_limits<double>::quiet_NaN()) == "null");
  CHECK(text_of(std::numeric_limits<double>::infinity()) == "null");
  CHECK(text_of(-std::numeric_limits<double>::infinity()) == "null");
}

TEST_CASE("every double reads back bit for bit, as a double", "[json][double]") {
  std::mt19937_64 random(20240102);
  Parser parser;
  std::string wrong;  // the last text that was
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random();
    double value;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const std::string text = text_of(value);
    const auto document = parser.parse(text);
    if (!document.ok() || (*document)->root(0).kind() != Kind::kDouble) {
      wrong = text;
      continue;
    }
    const double back = (*document)->root(0).as_double();
    if (std::memcmp(&back, &value, sizeof value) != 0) wrong = text;
  }
  CHECK(wrong == "");
}
