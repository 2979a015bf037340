// Turning text into the type that was asked for, by dlt's rules.
#include "config/coerce.h"

#include "json/write.h"
#include "support/catch.h"

using namespace lode;
using json::Kind;
using json::Value;

namespace {
std::string as(FieldType type, const Value& value) {
  Result<Value> coerced = coerce(value, type, "'k'");
  return coerced.ok() ? json::write(*coerced) : "error";
}
}  // namespace

TEST_CASE("Integers") {
  CHECK(as(FieldType::kInteger, " 42 ") == "42");
  CHECK(as(FieldType::kInteger, "-7") == "-7");
  CHECK(as(FieldType::kInteger, "+7") == "7");
  CHECK(as(FieldType::kInteger, "0x1F") == "31");
  CHECK(as(FieldType::kInteger, "1_000") == "1000");
  CHECK(as(FieldType::kInteger, 3.0) == "3");
  CHECK(as(FieldType::kInteger, "9223372036854775807") == "9223372036854775807");
  CHECK(as(FieldType::kInteger, "9223372036854775808") == "9223372036854775808");
  for (const char* text : {"", "a", "1.5", "1_", "_1", "1__0", "--1", "+-1", "0x", "1 2"}) {
    CAPTURE(text);
    CHECK(as(FieldType::kInteger, text) == "error");
  }
  CHECK(as(FieldType::kInteger, 3.5) == "error");
  CHECK(as(FieldType::kInteger, true) == "error");
  CHECK(as(FieldType::kInteger, nullptr) == "error");
}

TEST_CASE("Numbers") {
  CHECK(as(FieldType::kNumber, "1e5") == "100000.0");
  CHECK(as(FieldType::kNumber, " .5 ") == "0.5");
  CHECK(as(FieldType::kNumber, "1_000.5") == "1000.5");
  CHECK(as(FieldType::kNumber, 2) == "2");
  CHECK(as(FieldType::kNumber, "abc") == "error");
  CHECK(as(FieldType::kNumber, "1e5x") == "error");
}

TEST_CASE("Booleans") {
  for (const char* text : {"yes", "TRUE", "t", "Y", "1"}) CHECK(as(FieldType::kBoolean, text) == "true");
  for (const char* text : {"no", "False", "F", "n", "0"}) CHECK(as(FieldType::kBoolean, text) == "false");
  CHECK(as(FieldType::kBoolean, "on") == "error");
  CHECK(as(FieldType::kBoolean, 2) == "true");
}

TEST_CASE("Text, lists, tables and times") {
  CHECK(as(FieldType::kText, 5) == "\"5\"");
  CHECK(as(FieldType::kText, Value::of_number(Kind::kDate, 0)) == "\"1970-01-01\"");
  CHECK(as(FieldType::kList, R"(["a", 1])") == R"(["a",1])");
  CHECK(as(FieldType::kList, R"({"a":1})") == "error");
  CHECK(as(FieldType::kList, "a,b") == "error");
  CHECK(as(FieldType::kObject, R"({"a":1})") == R"({"a":1})");
  CHECK(*coerce("1970-01-01T00:00:01Z", FieldType::kTimestamp, "k") == Value::of_number(Kind::kTimestamp, 1'000'000));
  CHECK(*coerce("1970-01-02", FieldType::kTimestamp, "k") == Value::of_number(Kind::kTimestamp, 86'400'000'000));
  CHECK(*coerce("1969-12-31T23:00:00Z", FieldType::kDate, "k") == Value::of_number(Kind::kDate, -1));
  CHECK(as(FieldType::kTimestamp, "yesterday") == "error");
}

TEST_CASE("A failure names what and value, but never a secret's value") {
  CHECK(coerce("abc", FieldType::kInteger, "'load.workers'").status().render() ==
        "'load.workers' is text; an integer was expected\n  value: \"abc\"\n  [config.invalid_value]");
  CHECK_THAT(coerce("abc", FieldType::kInteger, "'k'", true).status().render(), !Catch::Matchers::Contains("abc"));
  CHECK_THAT(coerce("a,b", FieldType::kList, "'k'").status().render(), Catch::Matchers::Contains("write it as JSON"));
}

TEST_CASE("Guessing finds numbers, booleans and JSON, and leaves the rest alone") {
  CHECK(guess_type("True") == Value(true));
  CHECK(guess_type("12") == Value(12));
  CHECK(guess_type("1.5") == Value(1.5));
  CHECK(guess_type("[1]").is_list());
  CHECK(guess_type("{\"a\":1}").is_object());
  CHECK(guess_type("{x").is_text());
  CHECK(guess_type("\"a\"").is_text());
  CHECK(guess_type("").is_text());
}
