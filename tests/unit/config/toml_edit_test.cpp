// One value of a TOML document is changed, and nothing else.
#include "config/files/toml_edit.h"

#include "support/catch.h"

using namespace lode;
using Catch::Matchers::Contains;

namespace {

std::string with(std::string_view text, const std::string& key, std::string_view value) {
  Result<std::string> changed = toml_set(text, "secrets.toml", KeyPath::from_dotted(key), value);
  INFO((changed.ok() ? "" : changed.status().render()));
  REQUIRE(changed.ok());
  return std::move(*changed);
}

std::string without(std::string_view text, const std::string& key) {
  Result<std::string> changed = toml_remove(text, "secrets.toml", KeyPath::from_dotted(key));
  INFO((changed.ok() ? "" : changed.status().render()));
  REQUIRE(changed.ok());
  return std::move(*changed);
}

const char* const kFile =
    "# top\n"
    "root = 1   # one\n"
    "\n"
    "# about the shop\n"
    "[sources.shop]  # header\n"
    "api_key = \"old\"   # rotate in May\n"
    "\n"
    "[sources.other]\n"
    "b = 'x'\n"
    "a = \"\"\"two\n"
    "lines\"\"\"\n";

}  // namespace

TEST_CASE("A value is replaced in its place") {
  CHECK(with(kFile, "sources.shop.api_key", "new") ==
        std::string(kFile).replace(std::string(kFile).find("\"old\""), 5, "\"new\""));
  CHECK(with(kFile, "sources.other.a", "1") ==
        std::string(kFile).substr(0, std::string(kFile).find("\"\"\"two")) + "\"1\"\n");
  CHECK(with("t = { 'é' = 'ü', b = 'ß' }  # ö\n", "t.b", "x") == "t = { 'é' = 'ü', b = \"x\" }  # ö\n");
}

TEST_CASE("A new key goes to the end of its section, a new section to the end") {
  CHECK(with(kFile, "sources.shop.url", "u") ==
        std::string(kFile).replace(std::string(kFile).find("\n[sources.other]"), 0, "url = \"u\"\n"));
  CHECK(with(kFile, "sources.third.k", "v") == std::string(kFile) + "\n[sources.third]\nk = \"v\"\n");
  CHECK(with(kFile, "token", "v") ==
        std::string(kFile).replace(std::string(kFile).find("\n# about"), 0, "token = \"v\"\n"));
  CHECK(with("", "a.b.c", "v") == "[a.b]\nc = \"v\"\n");
  CHECK(with("[a]\n", "a.b", "v") == "[a]\nb = \"v\"\n");
  CHECK(with("[a]", "a.b", "v") == "[a]\nb = \"v\"\n");
  CHECK(with("# only\n[a]\nb = 1\n", "k", "v") == "k = \"v\"\n# only\n[a]\nb = 1\n");
  CHECK(with("[a.b]\nc = 1\n", "a.k", "v") == "[a.b]\nc = 1\n\n[a]\nk = \"v\"\n");
}

TEST_CASE("Tables in braces, dotted keys and odd names are kept") {
  CHECK(with("c = { a = 1, b = 2 }\n", "c.d", "v") == "c = { a = 1, b = 2, d = \"v\" }\n");
  CHECK(with("c = {}\n", "c.d", "v") == "c = { d = \"v\" }\n");
  CHECK(with("c = { a = 'x' } # n\n", "c.a", "y") == "c = { a = \"y\" } # n\n");
  CHECK(with("[s]\na.b = 'x'\n", "s.a.b", "y") == "[s]\na.b = \"y\"\n");
  CHECK(with("", "s.odd name.k", "v") == "[s.\"odd name\"]\nk = \"v\"\n");
}

TEST_CASE("Line ends of the file are kept") {
  CHECK(with("[a]\r\nb = 1\r\n", "a.c", "v") == "[a]\r\nb = 1\r\nc = \"v\"\r\n");
}

TEST_CASE("Any text can be a value") {
  const std::string text = "a\"b\\c\nd\te\x01 \x7f ü ${X} '''";
  CHECK(with("", "k", text) == "k = \"a\\\"b\\\\c\\nd\\te\\u0001 \\u007F ü ${X} '''\"\n");
}

TEST_CASE("A value is removed with its line, and nothing else is") {
  CHECK(without(kFile, "sources.shop.api_key") ==
        std::string(kFile).replace(std::string(kFile).find("api_key"), 34, ""));
  CHECK(without(kFile, "sources.other.a") == std::string(kFile).substr(0, std::string(kFile).find("a = \"\"\"")));
  CHECK(without("c = { a = 1, b = 2 }\n", "c.a") == "c = { b = 2 }\n");
  CHECK(without("c = { a = 1, b = 2 }\n", "c.b") == "c = { a = 1 }\n");
  CHECK(without("c = { a = 1 }\n", "c.a") == "c = { }\n");
}

TEST_CASE("What cannot be done is refused, and says why without showing values") {
  const auto refused = [](std::string_view text, const std::string& key) {
    const Result<std::string> changed = toml_set(text, "secrets.toml", KeyPath::from_dotted(key), "hunter2");
    REQUIRE_FALSE(changed.ok());
    CHECK_THAT(changed.status().render(), !Contains("hunter2"));
    return changed.status().render();
  };
  CHECK_THAT(refused("[a.b]\nc = 1\nd = 2\n", "a.b"),
             Contains("'a.b' is a section of secrets.toml") && Contains("c, d") && Contains("a.b.NAME"));
  CHECK_THAT(refused("a = 1\n", "a.b"), Contains("'a' is a value in secrets.toml"));
  CHECK_THAT(refused("a = \n", "b"), Contains("secrets.toml:1:"));
  CHECK_THAT(refused("[[a]]\nx = 1\n", "a.b"), Contains("'a' is a value"));
  CHECK(toml_remove("a = 1\n", "f", KeyPath::from_dotted("b")).status().code() == Code::kConfigMissing);
}
