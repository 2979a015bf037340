// Form encoding. The expected texts are what Python's requests sends for the same values.
#include "http/form.h"

#include "json/parse.h"
#include "support/catch.h"

using namespace lode;

namespace {
std::string encode(std::string_view json_text) {
  Result<json::Value> value = json::parse_value(json_text);
  REQUIRE(value.ok());
  Result<FormPairs> pairs = form_pairs(*value);
  return pairs.ok() ? form_encode(*pairs) : pairs.status().message();
}
}  // namespace

TEST_CASE("Values are spelled as dlt spells them") {
  CHECK(encode(R"({"a":"x","b":2,"c":true,"d":false,"e":null,"f":""})") == "a=x&b=2&c=True&d=False&f=");
  CHECK(encode(R"({"a":1.0,"b":1e10,"c":1e16,"d":1e-7,"e":0.0001,"f":1e22,"g":123456789.125,"h":-0.0})") ==
        "a=1.0&b=10000000000.0&c=1e%2B16&d=1e-07&e=0.0001&f=1e%2B22&g=123456789.125&h=-0.0");
  CHECK(encode(R"({"big":123456789012345678901234567890})") == "big=123456789012345678901234567890");
}

TEST_CASE("A list repeats its name and drops its nulls") { CHECK(encode(R"({"g":[1,null,"x"],"h":[]})") == "g=1&g=x"); }

TEST_CASE("Everything but letters, digits and four signs is escaped") {
  CHECK(encode(R"({"h":"a b~*é/","[x]":"&="})") == "h=a+b~%2A%C3%A9%2F&%5Bx%5D=%26%3D");
}

TEST_CASE("Parameters may be a list of pairs") {
  CHECK(encode(R"([["a",1],["a",2],["b",[3,4]]])") == "a=1&a=2&b=3&b=4");
  CHECK(encode("null") == "");
  CHECK_THAT(encode(R"([["a"]])"), Catch::Matchers::Contains("pairs"));
}

TEST_CASE("A timestamp is written in UTC") {
  FormPairs pairs =
      *form_pairs(json::Value::object({{"t", json::Value::of_number(json::Kind::kTimestamp, 1704164645000000)}}));
  CHECK(pairs[0].second == "2024-01-02T03:04:05Z");
}

TEST_CASE("A table as a value is an error that names the parameter") {
  CHECK_THAT(encode(R"({"filter":{"a":1}})"),
             Catch::Matchers::Contains("'filter'") && Catch::Matchers::Contains("object"));
  CHECK_THAT(encode(R"({"filter":[[1]]})"), Catch::Matchers::Contains("'filter'"));
  CHECK_THAT(encode("5"), Catch::Matchers::Contains("table of names"));
}

TEST_CASE("Decoding undoes encoding") { CHECK(form_decode("a+b%2Bc%zz") == "a b+c%zz"); }
