// json::Value: building, looking up, changing, comparing.
#include "json/value.h"

#include <string>

#include "support/catch.h"

using namespace lode::json;

TEST_CASE("values know their kind", "[json][value]") {
  CHECK(Value().is_null());
  CHECK(Value(nullptr).is_null());
  CHECK(Value(true).as_bool());
  CHECK(Value(7).as_int() == 7);
  CHECK(Value(std::int64_t{1} << 40).as_int() == std::int64_t{1} << 40);
  CHECK(Value(1.5).as_double() == 1.5);
  CHECK(Value(2).as_double() == 2.0);
  CHECK(Value("a").as_text() == "a");
  CHECK(Value(std::string_view("b")).is_text());
  CHECK(Value::list().is_list());
  CHECK(Value::object().is_object());
  CHECK(Value::of_text(Kind::kDecimal, "1.50").as_text() == "1.50");
  CHECK(Value::of_number(Kind::kDate, 3).as_int() == 3);
  CHECK(kind_name(Kind::kBigInt) == "integer");
}

TEST_CASE("objects keep the order of their keys", "[json][value]") {
  Value value;
  value.set("b", 1);
  value.set("a", 2);
  value.set("b", 3);
  REQUIRE(value.size() == 2);
  CHECK(value.members()[0].first == "b");
  CHECK(value.members()[0].second.as_int() == 3);
  CHECK(value.members()[1].first == "a");
}

TEST_CASE("operator[] adds what is not there", "[json][value]") {
  Value value;
  value["a"]["b"]["c"] = 1;
  CHECK(value.find_path({"a", "b", "c"})->as_int() == 1);
  CHECK(value["a"]["x"].is_null());
  CHECK(value.find_path({"a", "x"}) != nullptr);
}

TEST_CASE("lookups answer null for what is not there", "[json][value]") {
  Value value;
  value.set("a", "text");
  CHECK(value.find("b") == nullptr);
  CHECK(Value(1).find("a") == nullptr);
  CHECK(value.find_path({"a", "b"}) == nullptr);
  CHECK(value.find_path({}) == &value);
}

TEST_CASE("typed lookups fall back when kind or key do not fit", "[json][value]") {
  Value value;
  value.set("text", "x");
  value.set("number", 3);
  value.set("flag", true);
  CHECK(value.text_or("text", "-") == "x");
  CHECK(value.text_or("number", "-") == "-");
  CHECK(value.text_or("absent", "-") == "-");
  CHECK(value.int_or("number", 9) == 3);
  CHECK(value.int_or("text", 9) == 9);
  CHECK(value.bool_or("flag", false));
  CHECK(value.bool_or("number", true));
}

TEST_CASE("members can be erased", "[json][value]") {
  Value value;
  value.set("a", 1);
  value.set("b", 2);
  CHECK(value.erase("a"));
  CHECK_FALSE(value.erase("a"));
  CHECK(value.size() == 1);
  CHECK_FALSE(Value().erase("a"));
}

TEST_CASE("push_back turns null into a list", "[json][value]") {
  Value value;
  value.push_back(1);
  value.push_back("b");
  REQUIRE(value.is_list());
  CHECK(value.items()[1].as_text() == "b");
  CHECK(value.size() == 2);
  CHECK(Value(1).size() == 0);
}

TEST_CASE("equality looks at kinds and contents, not at the order of keys", "[json][value]") {
  const Value a = Value::object({{"x", 1}, {"y", Value::list({1, "2"})}});
  const Value b = Value::object({{"y", Value::list({1, "2"})}, {"x", 1}});
  CHECK(a == b);
  CHECK_FALSE(a == Value::object({{"x", 1}}));
  CHECK_FALSE(a == Value::object({{"x", 1}, {"z", Value::list({1, "2"})}}));
  CHECK_FALSE(Value(1) == Value(1.0));
  CHECK_FALSE(Value("1") == Value::of_text(Kind::kDecimal, "1"));
  CHECK_FALSE(Value::list({1, 2}) == Value::list({2, 1}));
  CHECK(Value() == Value(nullptr));
}

TEST_CASE("copies are deep", "[json][value]") {
  Value a;
  a["list"].push_back(1);
  Value b = a;
  b["list"].push_back(2);
  CHECK(a.find("list")->size() == 1);
  CHECK(b.find("list")->size() == 2);
}
