// Values that a program sets, profiles, [shared], and who asked for which secret.
#include "json/write.h"
#include "scratch_project.h"

using namespace lode;
using Catch::Matchers::Contains;

TEST_CASE("What a program sets wins over all places until it is cleared") {
  ScratchProject project;
  project.env.variables["SOURCES__SHOP__API_KEY"] = "environment";
  Config config = project.open();
  const KeyPath key = KeyPath::from_dotted("sources.shop.api_key");
  config.set(key, "set");
  CHECK(config.secret({.key = "sources.shop.api_key"})->value().reveal() == "set");
  CHECK(config.locate({.key = "sources.shop.api_key"})->value().provider == "overrides");
  config.set(key, nullptr);
  CHECK(text_at(config, {.key = "sources.shop.api_key"}) == "environment");
  config.set(key, "again");
  config.clear(KeyPath::from_dotted("sources.shop"));
  CHECK(text_at(config, {.key = "sources.shop.api_key"}) == "environment");
}

TEST_CASE("A table that was set answers field by field") {
  ScratchProject project;
  Config config = project.open();
  config.set(KeyPath::from_dotted("destination.postgres.credentials"),
             json::Value::object({{"username", "u"}, {"port", 5432}}));
  const ConfigQuery username{.key = "credentials.username", .sections = {"destination", "postgres"}};
  CHECK(text_at(config, username) == "u");
  CHECK(config.integer({.key = "destination.postgres.credentials.port"})->value() == 5432);
  config.set(KeyPath::from_dotted("destination.postgres.credentials"), "postgresql://h/db");
  CHECK(text_at(config, username) == "");
}

TEST_CASE("What one branch sets, no other sees") {
  ScratchProject project;
  const Config config = project.open();
  Config first = config.branch("first.lua");
  Config second = config.branch("second.lua");
  first.set(KeyPath::from_dotted("a"), 1);
  CHECK(first.integer({.key = "a"})->value() == 1);
  CHECK_FALSE(second.find({.key = "a"})->has_value());
  CHECK_FALSE(config.find({.key = "a"})->has_value());
}

TEST_CASE("A provider that was added is asked last, and its name is its own") {
  ScratchProject project;
  Config config = project.open().branch("x");
  auto vault = std::make_shared<Overrides>();
  vault->set(KeyPath::from_dotted("a"), "vault");
  vault->set(KeyPath::from_dotted("b"), "vault");
  REQUIRE(config.add_provider(vault).ok());
  project.env.variables["A"] = "environment";
  CHECK(text_at(config, {.key = "a"}) == "environment");
  CHECK(text_at(config, {.key = "b"}) == "vault");
  const Status twice = config.add_provider(vault);
  CHECK(twice.code() == Code::kConfigInvalid);
}

TEST_CASE("[shared] answers last, for keys that are looked for in sections") {
  ScratchProject project;
  project.write(
      "project/.dlt/secrets.toml",
      "[shared]\ngithub_token = \"shared\"\n[sources.pipeline_a]\ngithub_token = \"own\"\n[sources.pipeline_b]\n");
  const Config config = project.open();
  const auto token = [&](const std::string& source) {
    const auto secret = config.secret({.key = "github_token", .sections = {"sources", source}});
    return std::string(secret->value().reveal());
  };
  CHECK(token("pipeline_a") == "own");
  CHECK(token("pipeline_b") == "shared");
  CHECK(config.secret({.key = "github_token"})->value().reveal() == "shared");
  CHECK_FALSE(config.find({.key = "sources.pipeline_b.github_token"})->has_value());
}

TEST_CASE("A profile's files win over the plain ones of the same place") {
  ScratchProject project;
  project.write("project/.dlt/prod.config.toml", "a = \"project prod\"\n");
  project.write("project/.dlt/config.toml", "a = \"project\"\nb = \"project\"\n");
  project.write("home/.lode/prod.config.toml", "a = \"home prod\"\nb = \"home prod\"\nc = \"home prod\"\n");
  project.write("home/.lode/config.toml", "c = \"home\"\n");
  ConfigOptions options = project.options();
  CHECK(text_at(project.open(options), {.key = "a"}) == "project");
  options.profile = "prod";
  const Config config = project.open(options);
  CHECK(text_at(config, {.key = "a"}) == "project prod");
  CHECK(text_at(config, {.key = "b"}) == "project");
  CHECK(text_at(config, {.key = "c"}) == "home prod");
  CHECK(config.profile() == "prod");
}

TEST_CASE("The profile is named by LODE_PROFILE, or in a workspace by its variable, its pin, or is dev") {
  ScratchProject project;
  CHECK(project.open().profile().empty());
  project.env.variables["WORKSPACE__PROFILE"] = "tests";
  CHECK(project.open().profile().empty());
  project.write("project/.dlt/.workspace", "");
  CHECK(project.open().profile() == "tests");
  project.env.variables.erase("WORKSPACE__PROFILE");
  CHECK(project.open().profile() == "dev");
  project.write("project/.dlt/profile-name", "prod\n");
  CHECK(project.open().profile() == "prod");
  project.env.variables["LODE_PROFILE"] = "mine";
  CHECK(project.open().profile() == "mine");
}

TEST_CASE("A profile's name cannot lead out of the folder") {
  ScratchProject project;
  project.env.variables["LODE_PROFILE"] = "../../etc/x";
  const Result<Config> config = Config::open(project.env, project.options());
  REQUIRE_FALSE(config.ok());
  CHECK(config.status().code() == Code::kConfigInvalid);
  CHECK_THAT(config.status().render(), Contains("no name of a profile") && Contains("LODE_PROFILE"));
}

TEST_CASE("A file with secrets that others may read is worth a warning") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml", "a = 1\n");
  CHECK(project.open().warnings().empty());
  std::filesystem::permissions(project.root / "project/.dlt/secrets.toml", std::filesystem::perms(0640));
  const Config config = project.open();
  REQUIRE(config.warnings().size() == 1);
  CHECK_THAT(config.warnings()[0], Contains("secrets.toml") && Contains("mode 0640") && Contains("chmod 600"));
}

TEST_CASE("A table where a secret is expected is an error that does not show it") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml", "[api_key]\nvalue = \"hunter2\"\n");
  const Status status = project.open().secret({.key = "api_key"}).status();
  CHECK(status.code() == Code::kConfigInvalid);
  CHECK_THAT(status.render(), Contains("a secret text was expected") && !Contains("hunter2"));
}

TEST_CASE("Every question for a secret is accounted for when that is asked for, never with the secret") {
  ScratchProject project;
  const Path file = project.root / "audit.jsonl";
  project.write("project/.dlt/config.toml", "[runtime]\naudit_file = \"" + file.string() + "\"\n");
  project.write("project/.dlt/secrets.toml", "[sources.shop]\napi_key = \"hunter2\"\n");
  const Config config = project.open().branch("shop.lua");
  REQUIRE(config.secret({.key = "api_key", .sections = {"sources", "shop"}, .pipeline_name = "p"}).ok());
  REQUIRE(config.secret({.key = "sources.none"}).ok());
  REQUIRE(config.text({.key = "plain"}).ok());
  const std::string text = *project.env.read_file(file);
  CHECK_THAT(text, !Contains("hunter2") && !Contains("plain"));
  CHECK_THAT(text, Contains(R"("script":"shop.lua","pipeline":"p","key":"sources.shop.api_key",)"
                            R"("provider":"secrets.toml","place":")") &&
                       Contains(R"("present":true,"length":7})"));
  CHECK_THAT(text, Contains(R"("key":"sources.none","present":false,"length":0})"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms(0777)) == std::filesystem::perms(0600));
}

TEST_CASE("An audit file that cannot be written, or is a link, stops at once") {
  ScratchProject project;
  std::filesystem::create_symlink(project.root / "target", project.root / "link");
  project.env.variables["RUNTIME__AUDIT_FILE"] = (project.root / "link").string();
  const Result<Config> config = Config::open(project.env, project.options());
  REQUIRE_FALSE(config.ok());
  CHECK_THAT(config.status().render(), Contains("cannot write the audit file") && Contains("symbolic link"));
  CHECK_FALSE(std::filesystem::exists(project.root / "target"));
}

TEST_CASE("explain() lists every place in order, and says which one wins") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml", "token = \"far\"\n[sources.shop]\ntoken = \"near\"\n");
  project.env.variables["SOURCES__TOKEN"] = "environment";
  const Config config = project.open();
  std::string text;
  for (const Step& step : config.explain({.key = "token", .sections = {"sources", "shop"}, .secret = true})) {
    text += step.provider + " " + step.spelling + " " + std::to_string(static_cast<int>(step.state)) + "\n";
  }
  CHECK(text ==
        "environment SOURCES__SHOP__TOKEN 0\n"
        "environment SOURCES__TOKEN 1\n"
        "environment TOKEN 0\n"
        "secrets.toml sources.shop.token 2\n"
        "secrets.toml sources.token 0\n"
        "secrets.toml token 2\n"
        "environment SHARED__TOKEN 0\n"
        "secrets.toml shared.token 0\n");
}

TEST_CASE("What was asked for is remembered, found or not") {
  ScratchProject project;
  project.env.variables["A"] = "1";
  const Config config = project.open();
  (void)config.find({.key = "a"});
  (void)config.find({.key = "a"});
  (void)config.find({.key = "b"});
  const std::vector<Lookup> lookups = config.lookups();
  REQUIRE(lookups.size() == 3);  // and runtime.audit_file
  CHECK((lookups[0].query.key == "a" && lookups[0].found));
  CHECK((lookups[1].query.key == "b" && !lookups[1].found));
}
