// How a PostgreSQL server is named, and what its answers mean. No server.
#include "destinations/postgres/copy_rows.h"
#include "destinations/postgres/credentials.h"
#include "destinations/postgres/flavor.h"
#include "destinations/postgres/server_error.h"
#include "support/catch.h"

using namespace lode;
using namespace lode::postgres;

namespace {

json::Value object(std::vector<json::Value::Member> members) { return json::Value::object(std::move(members)); }

Settings read(const json::Value& options) {
  Result<Settings> settings = read_settings(options);
  INFO(settings.status().render());
  REQUIRE(settings.ok());
  return std::move(*settings);
}

std::string parameter(const Settings& settings, std::string_view name) {
  const Secret* const found = settings.find(name);
  return found == nullptr ? "(none)" : std::string(found->reveal());
}

Status refusal(const json::Value& options) {
  const Result<Settings> settings = read_settings(options);
  REQUIRE_FALSE(settings.ok());
  return settings.status();
}

}  // namespace

TEST_CASE("postgres: a URL, with what is secret in it kept secret") {
  const Settings settings =
      read(object({{"credentials", "postgresql://ada:s%40same@db.example:5433/shop?sslmode=require"}}));
  CHECK(parameter(settings, "user") == "ada");
  CHECK(parameter(settings, "password") == "s@same");
  CHECK(parameter(settings, "host") == "db.example");
  CHECK(parameter(settings, "port") == "5433");
  CHECK(parameter(settings, "dbname") == "shop");
  CHECK(parameter(settings, "sslmode") == "require");
  CHECK(parameter(settings, "client_encoding") == "UTF8");
  CHECK(settings.display == "postgresql://ada@db.example:5433/shop");
}

TEST_CASE("postgres: the other ways to say it") {
  CHECK(read(object({{"url", "postgres://ada@db.example/shop"}})).display == "postgresql://ada@db.example:5432/shop");
  CHECK(read(object({{"url", "postgresql+psycopg2://ada@db.example/shop"}})).display ==
        "postgresql://ada@db.example:5432/shop");
  CHECK(read(object({{"credentials", "host=db.example dbname=shop user=ada"}})).display ==
        "postgresql://ada@db.example:5432/shop");
  const json::Value fields = object({{"drivername", "postgresql"},
                                     {"host", "db.example"},
                                     {"port", 5433},
                                     {"database", "shop"},
                                     {"username", "ada"},
                                     {"password", "sesame"},
                                     {"query", object({{"sslmode", "verify-full"}})}});
  const Settings from_fields = read(object({{"credentials", fields}}));
  CHECK(from_fields.display == "postgresql://ada@db.example:5433/shop");
  CHECK(parameter(from_fields, "password") == "sesame");
  CHECK(parameter(from_fields, "sslmode") == "verify-full");
  CHECK(read(object({{"host", "/run/postgresql"}, {"database", "shop"}, {"username", "ada"}})).display ==
        "postgresql://ada@/shop?host=/run/postgresql");
}

TEST_CASE("postgres: fields beside a URL win over it") {
  const Settings settings =
      read(object({{"url", "postgresql://ada@old/shop"}, {"host", "new"}, {"password", "sesame"}}));
  CHECK(parameter(settings, "host") == "new");
  CHECK(parameter(settings, "password") == "sesame");
}

TEST_CASE("postgres: what is not said comes from libpq's environment") {
  ::setenv("PGHOST", "from.env", 1);
  ::setenv("PGDATABASE", "envdb", 1);
  ::setenv("PGUSER", "env_user", 1);
  ::setenv("PGCONNECT_TIMEOUT", "3", 1);
  const Settings settings = read(object({}));
  for (const char* name : {"PGHOST", "PGDATABASE", "PGUSER", "PGCONNECT_TIMEOUT"}) ::unsetenv(name);
  CHECK(settings.display == "postgresql://env_user@from.env:5432/envdb");
  CHECK(settings.find("host") == nullptr);
  CHECK(settings.connect_timeout_s == 3);
}

TEST_CASE("postgres: what cannot be read is refused without showing a secret") {
  for (const char* url : {"postgresql://ada:ses%ZZame@db/shop", "postgresql://ada:sesame@db:port:1/shop",
                          "postgresql://ada:sesame@[db/shop", "postgresql://ada:sesame@db/shop?sslmod=require",
                          "postgresql://ada:1@sesame@db/shop", "postgresql://ada:1/sesame@db/shop",
                          "postgresql://ada:1?sesame@db/shop", "postgresql://ada:sesame/x@db/shop"}) {
    const Status status = refusal(object({{"url", url}}));
    INFO(status.render());
    CHECK(status.code() == Code::kConfigInvalid);
    CHECK(status.render().find("ses%ZZame") == std::string::npos);
    CHECK(status.render().find("sesame") == std::string::npos);
  }
  CHECK(refusal(object({{"url", "postgresql://db/shop?sslmod=require"}})).render().find("did you mean 'sslmode'?") !=
        std::string::npos);
  CHECK(refusal(object({{"credentials", object({{"user_name", "ada"}})}})).code() == Code::kConfigUnknownField);
  CHECK(refusal(object({{"credentials", 5}})).code() == Code::kConfigInvalid);
  CHECK(refusal(object({{"connect_timeout", "soon"}})).code() == Code::kConfigInvalid);
}

TEST_CASE("postgres: a refused connection's SQLSTATE, in any language") {
  const ServerError login = parse_connect_error(
      "connection to server on socket \"/tmp/.s.PGSQL.5432\" failed: FATAL:  28P01: password authentication failed\n"
      "LOCATION:  auth_failed, auth.c:326\n");
  CHECK(login.sqlstate == "28P01");
  CHECK(login.message == "password authentication failed");
  CHECK(parse_connect_error("x failed: FATAL:  3D000: Datenbank »x« existiert nicht\n").sqlstate == "3D000");
  const ServerError nobody =
      parse_connect_error("connection to server at \"db\" failed: Connection refused\n\tIs it up?\n");
  CHECK(nobody.sqlstate.empty());
  CHECK(nobody.message == "connection to server at \"db\" failed: Connection refused; Is it up?");
}

TEST_CASE("postgres: which errors can pass by themselves") {
  CHECK(code_of("") == Code::kDestinationUnavailable);
  CHECK(code_of("08006") == Code::kDestinationUnavailable);
  CHECK(code_of("57P01") == Code::kDestinationUnavailable);
  CHECK(code_of("53300") == Code::kDestinationUnavailable);
  CHECK(code_of("53100") == Code::kDiskFull);
  CHECK(code_of("40P01") == Code::kDestinationBusy);
  CHECK(code_of("55P03") == Code::kDestinationBusy);
  CHECK(code_of("25006") == Code::kDestinationReadOnly);
  CHECK(code_of("28P01") == Code::kDestinationLogin);
  CHECK(code_of("23505") == Code::kLoadIntegrity);
  CHECK(code_of("22003") == Code::kLoadIntegrity);
  CHECK(code_of("42501") == Code::kDestinationRefused);
  CHECK(code_of("42P01") == Code::kDestinationRefused);
}

TEST_CASE("postgres: the row that an error's context names") {
  std::string column;
  CHECK(row_of("COPY orders, line 12, column price: \"x\"", &column) == 12);
  CHECK(column == "price");
  CHECK(row_of("COPY orders, line 7", nullptr) == 7);
  CHECK(row_of("SQL statement \"x\"\nCOPY orders, line 3, column a", &column) == 3);
  CHECK(column == "a");
  CHECK(row_of("JSON data, line 1: {", nullptr) == 0);
  CHECK(row_of("", nullptr) == 0);
}

TEST_CASE("postgres: servers that are not quite PostgreSQL") {
  CHECK(flavor_of("PostgreSQL 15.4 on x86_64", false).name == "postgres");
  CHECK(flavor_of("PostgreSQL 15.4 on x86_64", true).name == "citus");
  CHECK(flavor_of("CockroachDB CCL v23.1.0", false).name == "cockroachdb");
  CHECK(flavor_of("PostgreSQL 8.0.2 on i686, Redshift 1.0.5", false).name == "redshift");
  CHECK(find_flavor("citus")->dialect().insertion_order == "(SELECT NULL)");
}

TEST_CASE("postgres: values go in the form of the column's own type, or not at all") {
  Wire wire{};
  CHECK(find_wire(DataType::kBigint, "smallint", &wire));
  CHECK(wire == Wire::kInt2);
  CHECK(find_wire(DataType::kJson, "json", &wire));
  CHECK(wire == Wire::kText);
  CHECK_FALSE(find_wire(DataType::kText, "uuid", &wire));
  CHECK_FALSE(find_wire(DataType::kBigint, "text", &wire));
}
