// Values into columns against dlt: coerce_golden.jsonl, one list a line (type of the value, value, type of the column,
// what is stored or "fails"), typed JSON. Then what lode does where dlt's Python has no limits but destinations do.
#include "normalize/coerce.h"

#include <cmath>
#include <fstream>
#include <string>

#include "json/parse.h"
#include "json/write.h"
#include "support/catch.h"

using namespace lode;

namespace {

std::string show(json::Ref value) { return json::write(value, {.typing = json::Typing::kTyped}); }

json::Cell text(std::string_view bytes, json::Kind kind = json::Kind::kText) {
  json::Cell cell{};
  cell.kind = kind;
  cell.size = static_cast<std::uint32_t>(bytes.size());
  cell.text = bytes.data();
  return cell;
}

json::Cell real(double number) {
  json::Cell cell{};
  cell.kind = json::Kind::kDouble;
  cell.real = number;
  return cell;
}

bool fits(DataType to, const json::Cell& value) {
  Arena arena;
  json::Cell out;
  return Coercer(arena).convert(to, &value, out);
}

std::string converted(DataType to, const json::Cell& value) {
  Arena arena;
  json::Cell out;
  return Coercer(arena).convert(to, &value, out) ? show(json::Ref(&out)) : "fails";
}

}  // namespace

TEST_CASE("values are converted as dlt converts them") {
  std::ifstream file("tests/unit/normalize/coerce_golden.jsonl");
  REQUIRE(file);
  json::Parser parser(json::Typing::kTyped);
  Arena arena;
  Coercer coercer(arena);
  int checked = 0;
  for (std::string line; std::getline(file, line); ++checked) {
    const auto document = *parser.parse(line);
    const json::Ref own = document->root(0).first_child();
    const json::Ref value = own.next();
    const json::Ref type = value.next();
    const json::Ref expected = type.next();
    const DataType to = *type_from_name(type.as_text());
    INFO(line);
    CHECK(type_name(native_type(*value.cell())) == own.as_text());
    json::Cell out;
    if (!coercer.convert(to, value.cell(), out)) {
      CHECK(show(expected) == "\"fails\"");
    } else if (to == DataType::kBinary && out.size == 0) {
      CHECK(show(expected) == "\"empty\"");
    } else if (to == DataType::kJson && out.kind == json::Kind::kNull) {
      CHECK(show(expected) == "\"null\"");
    } else {
      CHECK(show(json::Ref(&out)) == show(expected));
    }
  }
  CHECK(checked > 1000);
}

TEST_CASE("bigint columns hold 64 bits; what exceeds them does not fit") {
  CHECK(converted(DataType::kBigint, text("9223372036854775807")) == "9223372036854775807");
  CHECK_FALSE(fits(DataType::kBigint, text("9223372036854775808")));
  CHECK_FALSE(fits(DataType::kBigint, text("18446744073709551615", json::Kind::kBigInt)));
  CHECK_FALSE(fits(DataType::kBigint, text("9223372036854775808", json::Kind::kDecimal)));
  CHECK_FALSE(fits(DataType::kBigint, real(0x1p63)));
  CHECK(converted(DataType::kBigint, real(-0x1p63)) == "-9223372036854775808");
  CHECK_FALSE(fits(DataType::kBigint, real(INFINITY)));
  CHECK_FALSE(fits(DataType::kBigint, real(NAN)));
}

TEST_CASE("integers beyond 64 bits are wei, beyond wei text, and lose no digit anywhere") {
  const std::string_view large = "1234567890123456789012345678901234567";
  const std::string_view larger = "5789604461865809771178549250434395392660";
  CHECK(native_type(text(large, json::Kind::kBigInt)) == DataType::kWei);
  CHECK(native_type(text("-578960446186580977117854925043439539267", json::Kind::kBigInt)) == DataType::kWei);
  CHECK(native_type(text(larger, json::Kind::kBigInt)) == DataType::kText);
  CHECK(converted(DataType::kDecimal, text(large, json::Kind::kBigInt)) ==
        "\"\xEF\x80\xA6" + std::string(large) + "\"");
  CHECK(converted(DataType::kText, text(larger, json::Kind::kBigInt)) == "\"" + std::string(larger) + "\"");
  CHECK(converted(DataType::kDouble, text("10000000000000000000000", json::Kind::kBigInt)) == "1e+22");
}

TEST_CASE("seconds since 1970 outside the years 1 to 9999 are no timestamps") {
  CHECK_FALSE(fits(DataType::kTimestamp, real(253402300800.0)));
  CHECK_FALSE(fits(DataType::kTimestamp, real(1e18)));  // where dlt's run fails
  CHECK_FALSE(fits(DataType::kTimestamp, real(NAN)));
  CHECK_FALSE(fits(DataType::kDate, text("1e300")));
}

TEST_CASE("an object that repeats a key keeps the last value at the first place") {
  const auto document =
      *json::Parser().parse(R"({"a": 1, "b": {"x": 1, "y": 2, "x": 3}, "a": [1.0, {"k": 1, "k": 2}]})");
  Arena arena;
  json::Cell out;
  REQUIRE(Coercer(arena).convert(DataType::kJson, document->root(0).cell(), out));
  CHECK(std::string_view(out.text, out.size) == R"({"a":[1.0,{"k":2}],"b":{"x":3,"y":2}})");
}
