// Where values come from, in which order, and with which types.
#include "config/config.h"

#include "json/write.h"
#include "scratch_project.h"

using namespace lode;
using Catch::Matchers::Contains;

TEST_CASE("Providers are asked in order: overrides, host, environment, secrets.toml, config.toml") {
  ScratchProject project;
  const ConfigQuery query{.key = "sources.shop.page_size"};
  project.write("project/.dlt/config.toml", "[sources.shop]\npage_size = \"config\"\n");
  CHECK(text_at(project.open(), query) == "config");
  project.write("project/.dlt/secrets.toml", "[sources.shop]\npage_size = \"secrets\"\n");
  CHECK(text_at(project.open(), query) == "secrets");
  project.env.variables["SOURCES__SHOP__PAGE_SIZE"] = "environment";
  CHECK(text_at(project.open(), query) == "environment");
  ConfigOptions options = project.options();
  options.host = [](std::string_view key) -> std::optional<json::Value> {
    if (key == "sources.shop.page_size") return json::Value("host");
    return std::nullopt;
  };
  CHECK(text_at(project.open(options), query) == "host");
  options.overrides.set("sources.shop.page_size", "override");
  CHECK(text_at(project.open(options), query) == "override");
}

TEST_CASE("An overridden value may be given nested as well") {
  ScratchProject project;
  ConfigOptions options = project.options();
  options.overrides["load"].set("workers", 3);
  CHECK(project.open(options).integer({.key = "load.workers"})->value() == 3);
}

TEST_CASE("Environment variables are read at every question, and empty ones are values") {
  ScratchProject project;
  const Config config = project.open();
  CHECK_FALSE(config.find({.key = "a.b"})->has_value());
  project.env.variables["A__B"] = "";
  CHECK(config.find({.key = "a.b"})->value() == json::Value(""));
}

TEST_CASE("The project wins over the user, .lode over .dlt, and tables are merged") {
  ScratchProject project;
  project.write("home/.dlt/config.toml",
                "[s]\na = \"home dlt\"\nb = \"home dlt\"\nc = \"home dlt\"\nd = \"home dlt\"\nlist = [1, 2]\n");
  project.write("home/.lode/config.toml", "[s]\na = \"home lode\"\nb = \"home lode\"\nc = \"home lode\"\n");
  project.write("project/.dlt/config.toml", "[s]\na = \"dlt\"\nb = \"dlt\"\nlist = [3]\n");
  project.write("project/.lode/config.toml", "[s]\na = \"lode\"\n");
  const Config config = project.open();
  CHECK(text_at(config, {.key = "s.a"}) == "lode");
  CHECK(text_at(config, {.key = "s.b"}) == "dlt");
  CHECK(text_at(config, {.key = "s.c"}) == "home lode");
  CHECK(text_at(config, {.key = "s.d"}) == "home dlt");
  CHECK(json::write(config.find({.key = "s.list"})->value()) == "[3]");
  CHECK(project.shown(config.locate({.key = "s.b"})->value().place) == "@/project/.dlt/config.toml");
}

TEST_CASE("The global folder can be named, and root has dlt's own") {
  ScratchProject project;
  project.write("elsewhere/config.toml", "k = \"named\"\n");
  project.write("home/.dlt/config.toml", "k = \"home\"\n");
  ConfigOptions options = project.options();
  options.global_folder = project.root / "elsewhere";
  CHECK(text_at(project.open(options), {.key = "k"}) == "named");
  CHECK(text_at(project.open(), {.key = "k"}) == "home");
  project.env.root = true;
  CHECK(text_at(project.open(), {.key = "k"}) == "");
}

TEST_CASE("DLT_PROJECT_DIR and DLT_CONFIG_FOLDER are respected") {
  ScratchProject project;
  project.write("other/.conf/config.toml", "k = \"other\"\n");
  project.env.variables = {{"DLT_PROJECT_DIR", (project.root / "other").string()}, {"DLT_CONFIG_FOLDER", ".conf"}};
  ConfigOptions options = project.options();
  options.project_folder.clear();
  CHECK(text_at(project.open(options), {.key = "k"}) == "other");
}

TEST_CASE("The more specific place wins within a provider") {
  ScratchProject project;
  const ConfigQuery query{.key = "api_key", .sections = {"sources", "chess_com", "chess"}};
  std::string text = "api_key = \"5\"\n";
  const auto add = [&](const std::string& table, const std::string& value, const std::string& expected) {
    text += "[" + table + "]\napi_key = \"" + value + "\"\n";
    project.write("project/.dlt/secrets.toml", text);
    CHECK(text_at(project.open(), query) == expected);
  };
  project.write("project/.dlt/secrets.toml", text);
  CHECK(text_at(project.open(), query) == "5");
  add("sources", "4", "4");
  add("sources.chess", "3", "3");
  add("sources.chess_com", "2", "2");
  add("sources.chess_com.chess", "1", "1");
}

TEST_CASE("A provider that is asked earlier wins over a more specific place, and the pipeline's name over both") {
  ScratchProject project;
  ConfigQuery query{.key = "k", .sections = {"sources", "shop"}};
  project.write("project/.dlt/config.toml", "[sources.shop]\nk = \"specific\"\n[p]\nk = \"pipeline\"\n");
  project.env.variables["K"] = "environment";
  const Config config = project.open();
  CHECK(text_at(config, query) == "environment");
  query.pipeline_name = "p";
  CHECK(text_at(config, query) == "pipeline");
}

TEST_CASE("TOML keeps its types and text is coerced when a type is asked for") {
  ScratchProject project;
  project.write("project/.dlt/config.toml", "i = 5\nf = 1.5\nb = true\nt = \"7\"\nd = 2024-01-02\n");
  project.env.variables = {{"N", "0x10"}, {"B2", "no"}};
  const Config config = project.open();
  CHECK(config.find({.key = "i"})->value() == json::Value(5));
  CHECK(config.integer({.key = "t"})->value() == 7);
  CHECK(config.integer({.key = "n"})->value() == 16);
  CHECK(config.number({.key = "f"})->value() == 1.5);
  CHECK(config.boolean({.key = "b"})->value());
  CHECK_FALSE(config.boolean({.key = "b2"})->value());
  CHECK(config.find({.key = "d"})->value().kind() == json::Kind::kDate);
  CHECK_FALSE(config.integer({.key = "absent"})->has_value());
}

TEST_CASE("A value of the wrong type names key and place") {
  ScratchProject project;
  project.write("project/.dlt/config.toml", "[load]\nworkers = \"many\"\n");
  const Status status = project.open().integer({.key = "load.workers"}).status();
  CHECK(project.shown(status.render()) ==
        "'load.workers' is text; an integer was expected\n"
        "  value: \"many\"\n"
        "  in: @/project/.dlt/config.toml\n"
        "  [config.invalid_value]");
}

TEST_CASE("A secret in config.toml is an error that does not show it") {
  ScratchProject project;
  project.write("project/.dlt/config.toml", "[sources.shop]\napi_key = \"hunter2\"\n");
  const Config config = project.open();
  const Status status = config.find({.key = "sources.shop.api_key", .secret = true}).status();
  CHECK(status.code() == Code::kConfigInvalid);
  CHECK_THAT(status.render(),
             Contains("config.toml, which must not hold secrets") && Contains("secrets.toml") && !Contains("hunter2"));
  project.env.variables["SOURCES__SHOP__API_KEY"] = "from env";
  CHECK(config.secret({.key = "sources.shop.api_key"})->value().reveal() == "from env");
}

TEST_CASE("A table of settings in config.toml is no secret") {
  ScratchProject project;
  project.write("project/.dlt/config.toml", "[destination.postgres.credentials]\nhost = \"h\"\n");
  const Result<std::optional<json::Value>> found =
      project.open().find({.key = "credentials", .sections = {"destination", "postgres"}, .secret = true});
  REQUIRE(found.ok());
  CHECK_FALSE(found->has_value());
}

TEST_CASE("A mounted secret file wins over the variable, for secrets only, without its last line break") {
  ScratchProject project;
  project.write("run-secrets/sources--fb-ads--token", "from file\n");
  project.write("run-secrets/other/other", "from folder");
  project.env.variables = {{"SOURCES__FB_ADS__TOKEN", "from env"}};
  const Config config = project.open();
  CHECK(config.secret({.key = "sources.fb_ads.token"})->value().reveal() == "from file");
  CHECK(text_at(config, {.key = "sources.fb_ads.token"}) == "from env");
  CHECK(config.secret({.key = "other"})->value().reveal() == "from folder");
}

TEST_CASE("A template's placeholder is an error") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml", "token = \"<configure me>\"\n");
  const Status status = project.open().secret({.key = "token"}).status();
  CHECK(status.code() == Code::kConfigInvalid);
  CHECK_THAT(status.render(), Contains("placeholder") && Contains("secrets.toml"));
}

TEST_CASE("A file that is no TOML stops at once, with its line") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml", "[a]\nb = hunter2\n");
  const Result<Config> config = Config::open(project.env, project.options());
  REQUIRE_FALSE(config.ok());
  CHECK(config.status().code() == Code::kConfigUnreadable);
  CHECK_THAT(config.status().render(), Contains("secrets.toml:2:") && !Contains("hunter2"));
}

TEST_CASE("Keys compare with regard to case") {
  ScratchProject project;
  project.write("project/.dlt/config.toml", "[Load]\nworkers = 1\n");
  CHECK_FALSE(project.open().find({.key = "load.workers"})->has_value());
}

TEST_CASE("The fields of a thing are read from what was given, then from configuration, then from defaults") {
  ScratchProject project;
  const FieldSpec spec = FieldSpec()
                             .text("host", "Where it is.")
                             .required()
                             .secret("password", "What lets us in.")
                             .required()
                             .integer("port", "Its port.")
                             .fallback(5432);
  const ConfigQuery base{.sections = {"destination", "postgres"}, .trailing = "credentials"};
  project.write("project/.dlt/secrets.toml", "[destination.postgres.credentials]\npassword = \"pw\"\n");
  project.env.variables["DESTINATION__POSTGRES__CREDENTIALS__PORT"] = "5433";
  const Config config = project.open();
  const auto given = json::Value::object({{"host", "h"}});
  CHECK(json::write(*config.read_fields(spec, base, given, "destination postgres")) ==
        R"({"host":"h","password":"pw","port":5433})");
  const Status missing = config.read_fields(spec, base, {}, "destination postgres").status();
  CHECK(missing.code() == Code::kConfigMissing);
  CHECK_THAT(missing.render(), Contains("destination postgres: no value for 'destination.postgres.credentials.host'"));
  CHECK(config.read_fields(spec, base, json::Value::object({{"hots", "h"}}), "x").status().code() ==
        Code::kConfigUnknownField);
  project.env.variables["DESTINATION__POSTGRES__CREDENTIALS__PORT"] = "many";
  CHECK_THAT(config.read_fields(spec, base, given, "destination postgres").status().render(),
             Contains("field 'port' is text; an integer was expected") &&
                 Contains("DESTINATION__POSTGRES__CREDENTIALS__PORT"));
}
