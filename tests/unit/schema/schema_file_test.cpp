// Schema files: byte for byte what dlt writes, and everything that dlt ever wrote can be read.
// The files in files/ were recorded with dlt by tests/interop/schema_files.py.
#include "schema/schema_file.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "json/parse.h"
#include "json/write.h"
#include "schema/yaml.h"
#include "support/catch.h"

using namespace lode;

namespace {

std::string file(const std::string& name) {
  std::ifstream stream("tests/unit/schema/files/" + name);
  INFO(name);
  REQUIRE(stream);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

Schema recorded(const std::string& name) {
  const Result<Schema> schema = read_schema(file(name + ".schema.json"), SchemaFormat::kJson);
  INFO(schema.status().render());
  REQUIRE(schema.ok());
  return *schema;
}

std::string hash_in(const std::string& json_file) {
  return json::parse_value(file(json_file))->text_or("version_hash", "");
}

// "" if the texts are equal, else the first line in which they differ, in both.
std::string difference(const std::string& actual, const std::string& expected) {
  if (actual == expected) return "";
  std::istringstream left(actual);
  std::istringstream right(expected);
  std::string a, b;
  for (int line = 1;; ++line) {
    const bool has_a = static_cast<bool>(std::getline(left, a));
    const bool has_b = static_cast<bool>(std::getline(right, b));
    if (!has_a) a = "(end)";
    if (!has_b) b = "(end)";
    if (a != b) return "line " + std::to_string(line) + ": " + a + " | " + b;
    if (!has_a || !has_b) return "white space at the end";
  }
}

json::Value yaml(std::string_view text) {
  const Result<json::Value> value = parse_yaml(text);
  INFO(value.status().render());
  REQUIRE(value.ok());
  return *value;
}

}  // namespace

TEST_CASE("files that dlt wrote are read with their hash and written without a change") {
  const std::string name = GENERATE("plain", "shop", "settings");
  const Schema schema = recorded(name);
  INFO(name);
  CHECK(schema.version_hash() == hash_in(name + ".schema.json"));
  const std::string text = schema_text(schema, SchemaFormat::kJson, {.remove_defaults = false});
  CHECK(*json::parse_value(text) == *json::parse_value(file(name + ".schema.json")));
  if (name != "shop") CHECK(difference(text, file(name + ".schema.json")) == "");
  CHECK(difference(schema_text(schema, SchemaFormat::kYaml), file(name + ".schema.yaml")) == "");
  CHECK(difference(schema_text(schema, SchemaFormat::kYaml, {.remove_processing_hints = true}),
                   file(name + ".bare.yaml")) == "");
}

TEST_CASE("a schema read from YAML is the one that was written") {
  const std::string name = GENERATE("plain", "shop", "settings");
  const Result<Schema> schema = read_schema(file(name + ".schema.yaml"), SchemaFormat::kYaml);
  REQUIRE(schema.ok());
  CHECK(schema->version() == recorded(name).version());
  CHECK(schema->version_hash() == hash_in(name + ".schema.json"));
  CHECK(json::write(schema->to_json(), {.sort_keys = true}) ==
        json::write(recorded(name).to_json(), {.sort_keys = true}));
}

TEST_CASE("pictures are dlt's") {
  const std::string name = GENERATE("plain", "settings");
  CHECK(difference(schema_text(recorded(name), SchemaFormat::kMermaid), file(name + ".schema.mermaid")) == "");
  CHECK(difference(schema_text(recorded(name), SchemaFormat::kDbml), file(name + ".schema.dbml")) == "");
}

TEST_CASE("pictures of nested tables, keys and references are dlt's, quotes apart") {
  CHECK(difference(schema_text(recorded("shop"), SchemaFormat::kDbml), file("shop.schema.dbml")) == "");
  std::string expected = file("shop.schema.mermaid");
  // A quotation mark inside of quotes is no Mermaid.
  const std::size_t raw = expected.find("\"raw\"");
  REQUIRE(raw != std::string::npos);
  expected.replace(raw, 5, "'raw'");
  CHECK(difference(schema_text(recorded("shop"), SchemaFormat::kMermaid), expected) == "");
}

TEST_CASE("a picture without dlt's tables names none of them") {
  const SchemaTextOptions options{.with_dlt_tables = false};
  for (const SchemaFormat format : {SchemaFormat::kMermaid, SchemaFormat::kDbml}) {
    const std::string text = schema_text(recorded("shop"), format, options);
    CHECK(text.find("orders__items") != std::string::npos);
    CHECK(text.find("_dlt_loads") == std::string::npos);
    CHECK(text.find("_dlt_version") == std::string::npos);
  }
}

TEST_CASE("schemas of every older engine become what dlt makes of them") {
  const int version = GENERATE(range(1, 11));
  INFO("engine version " << version);
  const std::string name = "engine_" + std::to_string(version);
  const Result<Schema> schema = read_schema(file(name + ".old.json"), SchemaFormat::kJson);
  INFO(schema.status().render());
  REQUIRE(schema.ok());
  const json::Value expected = *json::parse_value(file(name + ".schema.json"));
  CHECK(difference(json::write(schema->to_json(), {.sort_keys = true, .indent = 1}),
                   json::write(expected, {.sort_keys = true, .indent = 1})) == "");
}

TEST_CASE("a schema of a newer engine is refused") {
  json::Value stored = *json::parse_value(file("plain.schema.json"));
  stored.set("engine_version", 12);
  const Result<Schema> schema = read_schema(json::write(stored), SchemaFormat::kJson);
  CHECK(schema.status().code() == Code::kSchemaInvalid);
  CHECK(schema.status().hint_text() == "install a newer lode");
}

TEST_CASE("an imported schema replaces the content and keeps the link") {
  Schema schema = recorded("shop");
  const std::string former = schema.version_hash();
  Schema other = *read_schema(file("shop.bare.yaml"), SchemaFormat::kYaml);
  other.find_table("customers")->props().set("description", "edited");
  other.bump();
  const std::string imported = other.version_hash();
  schema.replace_content(other);
  schema.set_imported_version_hash(imported);
  CHECK(schema.version_hash() == imported);
  CHECK(schema.content_hash() == imported);  // the link is not part of it
  const std::vector<std::string>& hashes = schema.previous_hashes();
  CHECK(std::find(hashes.begin(), hashes.end(), former) != hashes.end());
  CHECK(schema.to_json().text_or("imported_version_hash", "") == imported);
  CHECK(schema_text(schema, SchemaFormat::kYaml).find("imported_version_hash") == std::string::npos);
}

TEST_CASE("plain words mean what YAML 1.1 says") {
  const auto read = [](std::string_view word) { return json::write(read_yaml_word(word).value); };
  CHECK(read("on") == "true");
  CHECK(read("No") == "false");
  CHECK(read("nO") == "\"nO\"");
  CHECK(read("~") == "null");
  CHECK(read("12_000") == "12000");
  CHECK(read("0x1F") == "31");
  CHECK(read("017") == "15");
  CHECK(read("1:30") == "90");
  CHECK(read("-7") == "-7");
  CHECK(read("1.5") == "1.5");
  CHECK(read("1e3") == "\"1e3\"");
  CHECK(read("1.0e+3") == "1000.0");
  CHECK(read("2024-01-01") == "\"2024-01-01\"");
  CHECK(read("9223372036854775808") == "9223372036854775808");
}

TEST_CASE("quoted words are text") {
  CHECK(json::write(yaml("a: 'on'\nb: \"1\"\nc: !!str 2\n")) == R"({"a":"on","b":"1","c":"2"})");
}

TEST_CASE("flow style, anchors, comments and block texts are read") {
  CHECK(json::write(yaml("a: {x: [1, two]} # comment\nb: &n {k: 1}\nc: *n\nd: |\n  one\n  two\n")) ==
        R"({"a":{"x":[1,"two"]},"b":{"k":1},"c":{"k":1},"d":"one\ntwo\n"})");
}

TEST_CASE("broken YAML is an error with its place") {
  const Result<json::Value> value = parse_yaml("a: 1\nb: [1,\nc: }");
  REQUIRE_FALSE(value.ok());
  CHECK(value.status().code() == Code::kSchemaInvalid);
  CHECK(value.status().render().find("line ") != std::string::npos);
  CHECK_FALSE(parse_yaml("? [a, b]\n: 1\n").ok());
}

TEST_CASE("a YAML text that blows up is refused") {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) text += (k > 0 ? ", " : "") + below;
    text += "]\n";
  }
  CHECK_FALSE(parse_yaml(text).ok());
  CHECK_FALSE(parse_yaml(std::string(3000, '[')).ok());
}

TEST_CASE("texts with breaks of all kinds are read as they were written") {
  for (const char* text :
       {"one\xC2\x85 two", "one\xE2\x80\xA8two", "ends\n\n", "\n\n", "a\n\nb", "a\nb\n", " \xC2\x85"}) {
    const json::Value written = json::Value::object({{text, text}});
    const Result<json::Value> read = parse_yaml(write_yaml(written));
    INFO(write_yaml(written));
    REQUIRE(read.ok());
    CHECK(json::write(*read) == json::write(written));
  }
}

TEST_CASE("texts are quoted and broken as PyYAML does") {
  const auto write = [](std::string_view text) { return write_yaml(json::Value::object({{"k", text}})); };
  CHECK(write("plain text") == "k: plain text\n");
  CHECK(write("it's: so") == "k: 'it''s: so'\n");
  CHECK(write("") == "k: ''\n");
  CHECK(write("on") == "k: 'on'\n");
  CHECK(write("2024-01-01") == "k: '2024-01-01'\n");
  CHECK(write("tab\there") == "k: \"tab\\there\"\n");
  CHECK(write("one\ntwo") == "k: 'one\n\n  two'\n");
  CHECK(write(" lead") == "k: ' lead'\n");
  CHECK(write("Łódź 🦊") == "k: Łódź 🦊\n");
  const std::string words = "word word word word word word word word word word word word word word word word";
  CHECK(write(words + " " + words) == "k: " + words + "\n  " + words + "\n");
  CHECK(write_yaml(json::Value::object({{"e", json::Value::object()}, {"l", json::Value::list()}})) ==
        "e: {}\nl: []\n");
  CHECK(write_yaml(json::Value::object({{"n", 1e16}, {"m", 0.5}, {"s", 1e-5}})) == "n: 1.0e+16\nm: 0.5\ns: 1.0e-05\n");
}
