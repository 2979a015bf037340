// JSON as a tree: what is read is written back, what is missing has a default.
#include "json_tree.h"

#include "support/catch.h"

namespace lode::cli {
namespace {

TEST_CASE("a tree keeps what it has read, numbers of any length too") {
  for (const std::string json :
       {R"({"a":[1,2.50,-1e400,123456789012345678901234567890],"b":{"c":null,"d":true},"e":"\u0001\"ü"})", "[]", "{}",
        "[[],{}]"}) {
    CHECK(JsonTree::read(json).json() == json);
  }
  CHECK(JsonTree::read(R"( { "a" : 1 , "b" : [ true , false ] } )").json() == R"({"a":1,"b":[true,false]})");
}

TEST_CASE("a tree answers with defaults where it has nothing") {
  const JsonTree tree = JsonTree::read(R"({"text":"x","number":7,"half":0.5,"flag":true,"null":null})");
  CHECK(tree.text_at("text") == "x");
  CHECK(tree.number_at("number") == 7);
  CHECK(tree.decimal_at("half") == 0.5);
  CHECK(tree.flag_at("flag"));
  CHECK(tree.text_at("number").empty());
  CHECK(tree.number_at("text") == 0);
  CHECK(tree.flag_at("none", true));
  CHECK(tree.at("none").at("deeper").kind() == JsonTree::Kind::kNull);
  CHECK(tree.at("text").children().empty());
}

TEST_CASE("what is no JSON is a null") {
  for (const char* json : {"", "{", "[1,", R"({"a":})", "nothing"}) {
    CHECK(JsonTree::read(json).kind() == JsonTree::Kind::kNull);
  }
}

}  // namespace
}  // namespace lode::cli
