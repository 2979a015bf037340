// Naming against names that dlt normalized: naming_golden.jsonl, one list a line (convention, length limit, name,
// identifier, table identifier, path, table path, shortened fragments), recorded with dlt 1.31.
#include "schema/naming.h"

#include <fstream>
#include <string>

#include "json/parse.h"
#include "support/catch.h"

using namespace lode;

namespace {

std::shared_ptr<const Naming> naming(std::string_view convention = "snake_case", std::uint32_t length_max = 0) {
  return *Naming::make(convention, length_max);
}

json::Value or_null(const Result<std::string>& name) { return name ? json::Value(*name) : json::Value(); }

}  // namespace

TEST_CASE("names equal dlt's in every convention") {
  std::ifstream file("tests/unit/schema/naming_golden.jsonl");
  REQUIRE(file);
  int checked = 0;
  for (std::string line; std::getline(file, line); ++checked) {
    const json::Value golden = *json::parse_value(line);
    const auto& items = golden.items();
    const auto convention = naming(items[0].as_text(), static_cast<std::uint32_t>(items[1].as_int()));
    const std::string& name = items[2].as_text();
    std::vector<std::string> fragments;
    for (const std::string_view piece : convention->break_path(name)) fragments.emplace_back(piece);
    INFO(line);
    CHECK(or_null(convention->identifier(name)) == items[3]);
    CHECK(or_null(convention->table_identifier(name)) == items[4]);
    CHECK(json::Value(convention->path(name)) == items[5]);
    CHECK(json::Value(convention->table_path(name)) == items[6]);
    CHECK(json::Value(convention->shorten_fragments(fragments)) == items[7]);
  }
  CHECK(checked > 1500);
}

TEST_CASE("a path that only has separators is empty") { CHECK(naming()->path("__") == ""); }

TEST_CASE("an empty name is an error") { CHECK(naming()->identifier(" \t").status().code() == Code::kSchemaInvalid); }

TEST_CASE("the tag of a shortened path is that of the whole path") {
  const std::vector<std::string> fragments = {"level_one_object_name", "level_two_object_name",
                                              "level_three_object_name"};
  CHECK(naming("snake_case", 63)->shorten_fragments(fragments) ==
        "level_one_object_name__level_rr3bmgame__level_three_object_name");
}

TEST_CASE("conventions are found by dlt's module paths too") {
  CHECK(naming("dlt.common.normalizers.names.snake_case")->convention() == "snake_case");
  CHECK(naming("dlt.common.normalizers.naming.sql_ci_v1.NamingConvention")->convention() == "sql_ci_v1");
}

TEST_CASE("an unknown convention is an error with a suggestion") {
  const Status status = Naming::make("snake_cas", 0).status();
  CHECK(status.code() == Code::kConfigInvalid);
  CHECK(status.render().find("did you mean 'snake_case'?") != std::string::npos);
}

TEST_CASE("a limit shorter than a tag is an error") {
  CHECK(Naming::make("snake_case", 5).status().code() == Code::kConfigInvalid);
}

TEST_CASE("s3 tables allow 255 characters at most") {
  CHECK(naming("s3_tables")->length_max() == 255);
  CHECK(Naming::make("s3_tables", 300).status().code() == Code::kConfigInvalid);
}
