// What the configuration adds to a destination that a script names.
#include "runtime/destination_choice.h"

#include "json/parse.h"
#include "json/write.h"
#include "unit/config/scratch_project.h"

using namespace lode;
using Catch::Matchers::Contains;

namespace {

std::string chosen(ScratchProject& project, json::Value given, const std::string& pipeline = "p") {
  const Result<json::Value> value = with_credentials(project.open(), pipeline, std::move(given));
  return value.ok() ? json::write(*value) : value.status().render();
}

}  // namespace

TEST_CASE("A destination's name is completed by its credentials, whole or field by field") {
  ScratchProject project;
  CHECK(chosen(project, "postgres") == R"("postgres")");
  project.write("project/.dlt/secrets.toml", "[destination.postgres]\ncredentials = \"postgresql://u:p@h/d\"\n");
  CHECK(chosen(project, "postgres") == R"({"type":"postgres","credentials":"postgresql://u:p@h/d"})");
  CHECK(chosen(project, json::Value::object({{"type", "postgres"}, {"host", "x"}})) ==
        R"({"type":"postgres","host":"x"})");
  project.write("project/.dlt/secrets.toml", "[destination.postgres.credentials]\nhost = 'h'\npassword = 'p'\n");
  CHECK(chosen(project, "postgres") == R"({"type":"postgres","credentials":{"host":"h","password":"p"}})");
}

TEST_CASE("Credentials one section too high are an error that says where they belong") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml", "[destination.postgres]\nusername = 'u'\npassword = 'hunter2'\n");
  CHECK_THAT(chosen(project, "postgres"), Contains("[config.missing_value]") && !Contains("hunter2") &&
                                              Contains("move it to [destination.postgres.credentials]"));
  CHECK(chosen(project, "postgres://h/d") == R"("postgres://h/d")");
}

TEST_CASE("A URL without its password gets it from its own place, and keeps all that it says") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml", "[destination.postgres]\ncredentials = \"postgresql://u@h/d?a=1\"\n");
  project.env.variables = {{"DESTINATION__POSTGRES__CREDENTIALS__PASSWORD", "p@w"},
                           {"DESTINATION__POSTGRES__CREDENTIALS__HOST", "other"},
                           {"CREDENTIALS__PORT", "6543"}};
  CHECK(chosen(project, "postgres") == R"({"type":"postgres","credentials":"postgresql://u:p%40w@h:6543/d?a=1"})");
  project.env.variables = {{"DESTINATION__POSTGRES__CREDENTIALS__PORT", "many"}};
  CHECK_THAT(chosen(project, "postgres"), Contains("'port' is text; an integer was expected"));
  project.env.variables.clear();
  project.write("project/.dlt/secrets.toml", "[destination.postgres]\ncredentials = \"host=h dbname=d\"\n");
  CHECK(chosen(project, "postgres") == R"({"type":"postgres","credentials":"host=h dbname=d"})");
}

TEST_CASE("A password in config.toml is refused, in a URL as well") {
  ScratchProject project;
  project.write("project/.dlt/config.toml", "[destination.postgres]\ncredentials = 'postgresql://u:hunter2@h/d'\n");
  const std::string text = chosen(project, "postgres");
  CHECK_THAT(text, Contains("must not hold secrets") && !Contains("hunter2"));
}

TEST_CASE("Options come from the configuration unless the script says them") {
  ScratchProject project;
  project.write("project/.dlt/config.toml",
                "[destination.postgres]\ncreate_indexes = false\nlock_timeout_ms = 5\n[destination]\n"
                "replace_strategy = 'staging-optimized'\n[p.destination.postgres]\nlock_timeout_ms = 7\n");
  CHECK(chosen(project, "postgres") ==
        R"({"type":"postgres","create_indexes":false,"lock_timeout_ms":7,"replace_strategy":"staging-optimized"})");
  CHECK_THAT(chosen(project, "postgres", "other"), Contains(R"("lock_timeout_ms":5)"));
  CHECK(chosen(
            project,
            json::Value::object(
                {{"type", "postgres"}, {"lock_timeout_ms", 1}, {"create_indexes", true}, {"replace_strategy", "x"}})) ==
        R"({"type":"postgres","lock_timeout_ms":1,"create_indexes":true,"replace_strategy":"x"})");
  CHECK(chosen(project, "sqlite:///x.db") ==
        R"({"credentials":"sqlite:///x.db","replace_strategy":"staging-optimized"})");
  CHECK(chosen(project, "memory") == R"("memory")");
}

TEST_CASE("An option of the wrong type names key and file") {
  ScratchProject project;
  project.write("project/.dlt/config.toml", "[destination.sqlite]\nbusy_timeout_ms = 'soon'\n");
  CHECK_THAT(
      chosen(project, "sqlite:///x.db"),
      Contains("'destination.sqlite.busy_timeout_ms' is text; an integer was expected") && Contains("config.toml"));
}

TEST_CASE("Variables that are not meant for a destination do not reach it") {
  ScratchProject project;
  project.env.variables = {{"FLAVOR", "citus"}, {"FILE", "x"}, {"URL", "x"}, {"LOCK_TIMEOUT_MS", "1"}};
  CHECK(chosen(project, "postgres") == R"("postgres")");
}

TEST_CASE("A destination may have a name of its own") {
  ScratchProject project;
  project.write("project/.dlt/config.toml",
                "[destination.warehouse]\ndestination_type = 'postgres'\ncreate_indexes = false\n");
  project.write("project/.dlt/secrets.toml",
                "[destination.warehouse]\ncredentials = 'postgresql://w@h/d'\n"
                "[destination.postgres]\ncredentials = 'postgresql://p@h/d'\n");
  CHECK(chosen(project, "warehouse") ==
        R"({"type":"postgres","create_indexes":false,"credentials":"postgresql://w@h/d"})");
  CHECK(chosen(project, "postgres") == R"({"type":"postgres","credentials":"postgresql://p@h/d"})");
}

TEST_CASE("What a pipeline remembers by a name of the user's is found by that name") {
  ScratchProject project;
  CHECK(own_name("warehouse") == "warehouse");
  CHECK(own_name(json::Value::object({{"type", "warehouse"}})) == "warehouse");
  for (const char* other : {"postgres", "dlt.destinations.postgres", "sqlite:///x.db", "memory", "sqlalchemy", ""}) {
    CAPTURE(other);
    CHECK(own_name(other).empty());
  }
  const KnownPlace place = known_place(json::Value::object(
      {{"destination_name", "warehouse"}, {"destination_type", "dlt.destinations.postgres"}, {"dataset_name", "d"}}));
  const auto found = [&] {
    const Result<json::Value> value = destination_of(project.open(), "p", place);
    return value.ok() ? json::write(*value) : value.status().render();
  };
  project.write("project/.dlt/config.toml", "[destination.warehouse]\ndestination_type = 'postgres'\n");
  project.write("project/.dlt/secrets.toml", "[destination.postgres]\ncredentials = 'postgresql://u:p@plain/d'\n");
  CHECK_THAT(found(), Contains("@plain/d"));  // nothing stands under its own name
  project.write("project/.dlt/secrets.toml", "[destination.warehouse]\ncredentials = 'postgresql://u:p@own/d'\n");
  CHECK(found() == R"("warehouse")");
  CHECK_THAT(chosen(project, *json::parse_value(found())), Contains("@own/d"));
}
