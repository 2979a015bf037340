// How a destination is named.
#include "destinations/builtin.h"

#include "support/catch.h"

using namespace lode;

namespace {

Result<std::unique_ptr<Destination>> make(const json::Value& spec) {
  return make_destination(spec, "data", Env::real());
}

json::Value object(std::vector<json::Value::Member> members) { return json::Value::object(std::move(members)); }

std::string display(const json::Value& spec) {
  Result<std::unique_ptr<Destination>> made = make(spec);
  INFO(made.status().render());
  REQUIRE(made.ok());
  return (*made)->display();
}

Status refusal(const json::Value& spec) {
  const Result<std::unique_ptr<Destination>> made = make(spec);
  REQUIRE_FALSE(made.ok());
  return made.status();
}

}  // namespace

TEST_CASE("destinations by name, URL and object") {
  CHECK(display("sqlite") == "sqlite:///lode.db");
  CHECK(display("sqlite:///shop.db") == "sqlite:///shop.db");
  CHECK(display("sqlite:///out/shop.db") == "sqlite:///out/shop.db");
  CHECK(display("sqlite:////srv/shop.db") == "sqlite:////srv/shop.db");
  CHECK(display("sqlite+pysqlite:///shop.db") == "sqlite:///shop.db");
  CHECK(display(object({{"type", "sqlite"}, {"file", "a.db"}})) == "sqlite:///a.db");
  CHECK(display(object({{"type", "sqlite"}, {"credentials", "sqlite:///b.db"}})) == "sqlite:///b.db");
  CHECK(display(object({{"type", "sqlite"}, {"url", "sqlite:////c.db"}})) == "sqlite:////c.db");
  CHECK(display(object({{"credentials", "sqlite:///d.db"}})) == "sqlite:///d.db");
  CHECK(display(object({{"type", "sqlite:///e.db"}})) == "sqlite:///e.db");
  CHECK(display("postgresql://ada:sesame@db/shop") == "postgresql://ada@db:5432/shop");
  CHECK(display("postgres://ada:sesame@db/shop") == "postgresql://ada@db:5432/shop");
  CHECK(display(object({{"type", "postgres"}, {"host", "db"}, {"database", "shop"}, {"username", "ada"}})) ==
        "postgresql://ada@db:5432/shop");
  CHECK(display("memory") == "memory");
  CHECK(display("memory://") == "memory");
}

TEST_CASE("destinations as dlt's users know them") {
  CHECK(display(object({{"type", "sqlalchemy"}, {"credentials", "sqlite:///shop.db"}})) == "sqlite:///shop.db");
  CHECK(display(object({{"type", "dlt.destinations.sqlalchemy"}, {"credentials", "sqlite:///shop.db"}})) ==
        "sqlite:///shop.db");
  CHECK(display(object({{"type", "dlt.destinations.postgres"}, {"credentials", "postgresql://ada@db/shop"}})) ==
        "postgresql://ada@db:5432/shop");
  const json::Value credentials = object({{"drivername", "sqlite"}, {"database", "/srv/shop.db"}});
  CHECK(display(object({{"type", "sqlalchemy"}, {"credentials", credentials}})) == "sqlite:////srv/shop.db");
}

TEST_CASE("an unknown destination: a suggestion and the list") {
  const Status typo = refusal("sqlit");
  CHECK(typo.code() == Code::kDestinationUnknown);
  CHECK(typo.render().find("did you mean 'sqlite'?") != std::string::npos);
  const Status other = refusal("oracle");
  CHECK(other.message() == "unknown destination 'oracle'");
  CHECK(other.hint_text().find("memory, sqlite") != std::string::npos);
  const Status url = refusal("mongodb://user:secret@host/db");
  CHECK(url.code() == Code::kDestinationUnknown);
  CHECK(url.render().find("secret") == std::string::npos);
}

TEST_CASE("options that a destination does not have") {
  const Status status = refusal(object({{"type", "sqlite"}, {"busy_timeout", 1}}));
  CHECK(status.code() == Code::kConfigUnknownField);
  CHECK(status.render().find("did you mean 'busy_timeout_ms'?") != std::string::npos);
}

TEST_CASE("specs that make no sense") {
  CHECK(refusal(5).code() == Code::kConfigInvalid);
  CHECK(refusal(object({})).code() == Code::kConfigInvalid);
  CHECK(refusal("sqlite://").code() == Code::kConfigInvalid);
  CHECK(refusal("sqlite:///").code() == Code::kConfigInvalid);
  CHECK(refusal("sqlite:///:memory:").code() == Code::kConfigInvalid);
  CHECK(refusal("sqlite:///shop.db?timeout=5").code() == Code::kConfigInvalid);
  const Status host = refusal("sqlite://shop.db");
  CHECK(host.code() == Code::kConfigInvalid);
  CHECK(host.hint_text().find("sqlite:///shop.db") != std::string::npos);
  CHECK(refusal(object({{"type", "sqlite"}, {"busy_timeout_ms", -1}})).code() == Code::kConfigInvalid);
}

TEST_CASE("options that are not what they are declared to be") {
  const auto refused = [](const char* type, const char* name, const json::Value& value) {
    const Status status = refusal(object({{"type", type}, {name, value}}));
    CHECK(status.code() == Code::kConfigInvalid);
    CHECK(status.message().find(name) != std::string::npos);
    return status.render();
  };
  refused("sqlite", "busy_timeout_ms", "soon");
  refused("sqlite", "file", true);
  refused("postgres", "create_indexes", "perhaps");
  refused("postgres", "lock_timeout_ms", -1);
  refused("postgres", "max_parallel_load_jobs", 0);
  refused("postgres", "max_parallel_load_jobs", 65);
  refused("postgres", "flavor", "oracle");
  CHECK(refused("postgres", "replace_strategy", "truncate").find("truncate-and-insert") != std::string::npos);
  CHECK(refused("postgres", "password", object({{"hunter2", 1}})).find("hunter2") == std::string::npos);
}
