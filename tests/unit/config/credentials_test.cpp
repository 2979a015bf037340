// Credentials: every form that they come in, and where they are found.
#include "config/credentials.h"

#include "config/connection_string.h"
#include "json/write.h"
#include "scratch_project.h"

using namespace lode;
using Catch::Matchers::Contains;

namespace {

const CredentialKind& kind(const char* name) {
  const CredentialKind* found = find_credential_kind(name);
  REQUIRE(found != nullptr);
  return *found;
}

ConfigQuery where_of(const std::string& source) { return {.key = "credentials", .sections = {"sources", source}}; }

std::string parsed(const char* text) {
  const Result<json::Value> fields = parse_connection_string(text, "x");
  return fields.ok() ? json::write(*fields) : fields.status().message();
}

std::string found(ScratchProject& project, const char* name, const ConfigQuery& where) {
  const Result<json::Value> fields = find_credentials(project.open(), kind(name), where, project.env);
  return fields.ok() ? json::write(*fields) : fields.status().render();
}

}  // namespace

TEST_CASE("A connection string is taken apart as SQLAlchemy does") {
  CHECK(parsed("postgresql://loader:p%40ss@localhost:5432/dlt_data?sslmode=require&a=1&a=2&b=") ==
        R"({"drivername":"postgresql","username":"loader","password":"p@ss","host":"localhost","port":5432,)"
        R"("database":"dlt_data","query":{"sslmode":"require","a":["1","2"]}})");
  CHECK(parsed("mysql+pymysql://u@[::1]:3306/d") ==
        R"({"drivername":"mysql+pymysql","username":"u","host":"::1","port":3306,"database":"d","query":{}})");
  CHECK(parsed("sqlite:///shop.db") == R"({"drivername":"sqlite","database":"shop.db","query":{}})");
  CHECK(parsed("sqlite:////abs/shop.db") == R"({"drivername":"sqlite","database":"/abs/shop.db","query":{}})");
  CHECK(parsed("duckdb://") == R"({"drivername":"duckdb","query":{}})");
  CHECK(parsed("pg://h:5/d%20b") == R"({"drivername":"pg","host":"h","port":5,"database":"d b","query":{}})");
  CHECK(parsed("pg://:pw@h") == R"({"drivername":"pg","username":"","password":"pw","host":"h","query":{}})");
}

TEST_CASE("What is no connection string is refused without being shown") {
  for (const char* text : {"", "hunter2", "postgresql:/u:hunter2@h", "://h", "pg ://h", "pg://u:hunter2@h:many/d",
                           "pg://h:/d", "pg://[::1/d"}) {
    const Result<json::Value> fields = parse_connection_string(text, "credentials");
    INFO(text);
    REQUIRE_FALSE(fields.ok());
    CHECK(fields.status().code() == Code::kConfigInvalid);
    CHECK_THAT(fields.status().render(), Contains("not a connection string") && !Contains("hunter2"));
  }
}

TEST_CASE("A connection string is put together with what must be encoded encoded") {
  const char* const kSame[] = {"postgresql://loader:p%40s%2Fs@localhost:5432/dlt_data?a=1&b=x+y", "sqlite:///shop.db",
                               "pg://[::1]:5/d", "pg://u@h"};
  for (const char* text : kSame) CHECK(render_connection_string(*parse_connection_string(text, "x")) == text);
  const auto fields = json::Value::object({{"drivername", "pg"},
                                           {"username", "a b+c"},
                                           {"password", "ü:@"},
                                           {"host", "h"},
                                           {"query", json::Value::object({{"z", true}, {"a", 5}})}});
  CHECK(render_connection_string(fields) == "pg://a b+c:%C3%BC%3A%40@h?a=5&z=True");
}

TEST_CASE("Credentials of a database: parts, URL and JSON text are the same") {
  const std::string expected =
      R"({"database":"mydb","username":"user","password":"pass","host":"localhost","port":5432,)"
      R"("connect_timeout":15,"drivername":"postgresql"})";
  const auto fields_of = [&](const std::string& toml) {
    ScratchProject project;
    project.write("project/.dlt/secrets.toml", toml);
    const Result<json::Value> fields =
        find_credentials(project.open(), kind("postgres"), where_of("my_api"), project.env);
    INFO((fields.ok() ? "" : fields.status().render()));
    REQUIRE(fields.ok());
    return *fields;
  };
  const json::Value wanted = fields_of(
      "[sources.my_api.credentials]\ndatabase = 'mydb'\nusername = 'user'\npassword = 'pass'\nhost = 'localhost'\n"
      "port = 5432\n");
  CHECK(json::write(wanted) == expected);
  const auto without_query = [](json::Value fields) {
    fields.erase("query");  // a URL says that there is none
    return fields;
  };
  CHECK(without_query(fields_of("[sources.my_api]\ncredentials = 'postgresql://user:pass@localhost:5432/mydb'\n")) ==
        wanted);
  CHECK(fields_of("[sources.my_api]\ncredentials = '{\"database\": \"mydb\", \"username\": \"user\", \"password\": "
                  "\"pass\", \"host\": \"localhost\", \"port\": 5432}'\n") == wanted);
  CHECK(without_query(fields_of("[sources]\ncredentials = 'postgresql://user:pass@localhost/mydb'\n")) == wanted);
}

TEST_CASE("A URL without its password is completed, and parts that say nothing new can be changed") {
  ScratchProject project;
  project.write("project/.dlt/config.toml", "");
  project.write("project/.dlt/secrets.toml", "[sources.x]\ncredentials = 'postgresql://u@h:5432/d'\n");
  project.env.variables = {{"SOURCES__X__CREDENTIALS__PASSWORD", " pw\n"},
                           {"SOURCES__X__CREDENTIALS__HOST", "elsewhere"},
                           {"SOURCES__CREDENTIALS__PORT", "6543"}};
  CHECK_THAT(found(project, "postgres", where_of("x")),
             Contains(R"("password":"pw")") && Contains(R"("host":"h")") && Contains(R"("port":6543)"));
}

TEST_CASE("A missing field is named with every place where it could stand") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml",
                "[sources.postgres_source.credentials]\ndatabase = 'mydb'\nusername = 'user'\nhost = 'localhost'\n");
  const std::string text = found(project, "postgres", where_of("postgres_source"));
  CHECK_THAT(text, Contains("field 'password' is missing in credentials 'sources.postgres_source.credentials'"));
  CHECK_THAT(text, Contains("SOURCES__POSTGRES_SOURCE__CREDENTIALS__PASSWORD") &&
                       Contains("under [sources.postgres_source.credentials]") && Contains("[config.missing_secret]"));
}

TEST_CASE("A field of the wrong type is named with its place and, unless it is secret, its value") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml",
                "[sources.p.credentials]\ndatabase = 'mydb'\nusername = 'u'\npassword = ['hunter2']\nhost = 'h'\n"
                "port = 'invalid'\n");
  CHECK_THAT(found(project, "connection_string", where_of("p")),
             Contains("field 'password' is list; a secret text was expected") && !Contains("hunter2"));
  project.write("project/.dlt/secrets.toml",
                "[sources.p.credentials]\ndatabase = 'mydb'\nhost = 'h'\nport = 'invalid'\n");
  CHECK_THAT(
      found(project, "connection_string", where_of("p")),
      Contains("field 'port' is text; an integer was expected") && Contains("\"invalid\"") && Contains("secrets.toml"));
}

TEST_CASE("A Google service account comes as JSON, with fields that nobody needs, or as a table") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml",
                "[sources.bq]\ncredentials = '''{\"type\": \"service_account\", \"project_id\": \"p\", "
                "\"private_key\": \"-----BEGIN PRIVATE KEY-----\\nx\", \"client_email\": \"e@p\", "
                "\"universe_domain\": \"googleapis.com\"}'''\n");
  const Result<json::Value> fields =
      find_credentials(project.open(), kind("gcp_service_account"), where_of("bq"), project.env);
  REQUIRE(fields.ok());
  CHECK(fields->text_or("private_key", "") == "-----BEGIN PRIVATE KEY-----\nx\n");
  CHECK(fields->text_or("token_uri", "") == "https://oauth2.googleapis.com/token");
  CHECK(fields->find("universe_domain") == nullptr);
  CHECK(show_credentials(kind("gcp_service_account"), *fields) == "e@p@p");
  const Status bad = make_credentials(kind("gcp_service_account"), "no json", project.env, "x").status();
  CHECK_THAT(bad.render(), Contains("not JSON") && !Contains("no json"));
}

TEST_CASE("What Google wraps in a name is unwrapped") {
  TestEnv env;
  const Result<json::Value> fields = make_credentials(
      kind("gcp_oauth"),
      R"({"installed": {"client_id": "i", "client_secret": "s", "project_id": "p", "refresh_token": "r"}})", env, "x");
  REQUIRE(fields.ok());
  CHECK(fields->text_or("client_id", "") == "i");
}

TEST_CASE("Keys of AWS come from the configuration, from variables, or from a profile's files") {
  ScratchProject project;
  project.write("home/.aws/credentials",
                "[default]\naws_access_key_id = D\naws_secret_access_key = d\n\n[mine]\naws_access_key_id=M\n"
                "aws_secret_access_key=m\n# aws_session_token=no\n");
  project.write("home/.aws/config", "[default]\nregion = us-east-1\n[profile mine]\nregion = eu-west-1\n");
  CHECK_THAT(found(project, "aws", where_of("s3")), Contains(R"("aws_access_key_id":"D")") && Contains("us-east-1"));
  project.env.variables = {{"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "e"}, {"AWS_SESSION_TOKEN", "t"}};
  CHECK_THAT(found(project, "aws", where_of("s3")), Contains(R"("aws_access_key_id":"E")") && Contains(R"(:"t")"));
  project.write("project/.dlt/secrets.toml", "[sources.s3.credentials]\nprofile_name = 'mine'\n");
  CHECK_THAT(found(project, "aws", where_of("s3")),
             Contains(R"("aws_access_key_id":"M")") && Contains("eu-west-1") && !Contains("aws_session_token"));
  project.write("project/.dlt/secrets.toml",
                "[sources.s3.credentials]\naws_access_key_id = 'C'\naws_secret_access_key = 'c'\n");
  CHECK_THAT(found(project, "aws", where_of("s3")), Contains(R"("aws_access_key_id":"C")") && !Contains(R"(:"t")"));
}

TEST_CASE("An Azure account without a key or a token is left to what the machine is by itself") {
  TestEnv env;
  CredentialFacts facts;
  const auto made = [&](const char* name, const json::Value& given) {
    return make_credentials(kind(name), given, env, "azure", &facts).status().message();
  };
  json::Value given = json::Value::object({{"azure_storage_account_name", "a"}, {"azure_storage_account_key", "k"}});
  CHECK(made("azure", given).empty());
  CHECK_FALSE(facts.is_default);
  given.erase("azure_storage_account_key");
  CHECK(made("azure", given).empty());
  CHECK(facts.is_default);
  CHECK(made("azure_service_principal", given).empty());
  CHECK(facts.is_default);
  given.set("azure_storage_sas_token", "?sv=");
  CHECK(made("azure", given).empty());
  CHECK_FALSE(facts.is_default);
  CHECK_THAT(made("azure", json::Value::object()), Contains("'azure_storage_account_name' is missing"));
}

TEST_CASE("Of several kinds the first that is complete is taken, by shape") {
  const auto taken = [](const std::string& toml, std::vector<std::string> kinds) {
    ScratchProject project;
    project.write("project/.dlt/secrets.toml", toml);
    const Result<FoundCredentials> any = find_any_credentials(project.open(), kinds, where_of("u"), project.env);
    return any.ok() ? any->kind : any.status().render();
  };
  const std::vector<std::string> all = {"oauth2", "connection_string", "string", "table"};
  CHECK(taken("[sources.u]\ncredentials = 'sk_simple_api_key'\n", all) == "string");
  CHECK(taken("[sources.u]\ncredentials = 'pg://u:p@h/d'\n", all) == "connection_string");
  CHECK(taken("[sources.u.credentials]\nclient_id = 'i'\nclient_secret = 's'\nrefresh_token = 'r'\n", all) == "oauth2");
  CHECK(taken("[sources.u.credentials]\ndatabase = 'd'\nusername = 'u'\npassword = 'p'\nhost = 'h'\n", all) ==
        "connection_string");
  CHECK(taken("[sources.u.credentials]\napi_key = 'k'\ncustom_field = 1\n", all) == "table");
  const std::vector<std::string> clouds = {"gcp_service_account", "aws", "azure"};
  CHECK(taken("[sources.u.credentials]\nproject_id = 'p'\nprivate_key = 'k'\nclient_email = 'e'\n", clouds) ==
        "gcp_service_account");
  CHECK(taken("[sources.u.credentials]\naws_access_key_id = 'a'\naws_secret_access_key = 's'\n", clouds) == "aws");
  CHECK(taken("[sources.u.credentials]\nazure_storage_account_name = 'a'\nazure_storage_account_key = 'k'\n", clouds) ==
        "azure");
  CHECK_THAT(taken("a = 1\n", clouds), Contains("project_id") && Contains("or: ") && Contains("(aws)"));
}

TEST_CASE("Credentials never show their secrets") {
  TestEnv env;
  const auto shown = [&](const char* name, const json::Value& given) {
    const Result<json::Value> fields = make_credentials(kind(name), given, env, "x");
    REQUIRE(fields.ok());
    return show_credentials(kind(name), *fields);
  };
  CHECK(shown("connection_string", "postgresql://u:hunter2@h/d?token=hunter2") == "postgresql://u:***@h/d");
  CHECK(shown("oauth2", json::Value::object({{"client_id", "hunter2"}, {"client_secret", "hunter2"}})) ==
        "oauth2 ***************");
}
