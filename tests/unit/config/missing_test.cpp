// What is said when a value is nowhere: every place looked at, as the user would write it there.
#include "scratch_project.h"

using namespace lode;
using Catch::Matchers::Contains;

TEST_CASE("A missing secret names every place, in order, and what to write") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml", "[sources.shop]\nother = 1\n");
  const std::string text = project.open().missing({.key = "sources.shop.api_key", .secret = true}).render();
  const std::string first = (project.root / "project/.dlt/secrets.toml").string();
  const std::string second = (project.root / "home/.lode/secrets.toml").string();
  const auto padded = [&](std::string place) { return place + std::string(first.size() - place.size(), ' '); };
  REQUIRE(first.size() > second.size());
  CHECK(text ==
        "no value for secret 'sources.shop.api_key'\n"
        "  environment    " +
            padded("SOURCES__SHOP__API_KEY") +
            "   not set\n"
            "  secrets.toml   " +
            first +
            "   has [sources.shop] but no api_key\n"
            "  secrets.toml   " +
            padded(second) +
            "   no such file\n"
            "  hint: export SOURCES__SHOP__API_KEY=…  or  add  api_key = \"…\"  under [sources.shop] of secrets.toml\n"
            "  [config.missing_secret]");
}

TEST_CASE("A name that is nearly right is pointed out") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml", "[sources.shop]\napikey = \"hunter2\"\n");
  const std::string text = project.open().missing({.key = "sources.shop.api_key", .secret = true}).render();
  CHECK_THAT(text, Contains("has [sources.shop] but no api_key (is 'apikey' meant?)") && !Contains("hunter2"));
}

TEST_CASE("All places of a query with sections are listed, and the short form is recommended") {
  ScratchProject project;
  project.write("project/.dlt/config.toml", "x = 1\n");
  const Status status =
      project.open().missing({.key = "size", .sections = {"sources", "mod", "shop"}, .pipeline_name = "p"});
  CHECK(status.code() == Code::kConfigMissing);
  const std::string text = status.render();
  std::size_t last = 0;
  for (const char* name : {" P__SOURCES__MOD__SHOP__SIZE", " P__SOURCES__MOD__SIZE", " P__SOURCES__SHOP__SIZE",
                           " P__SOURCES__SIZE", " P__SIZE", " SOURCES__MOD__SHOP__SIZE", " SOURCES__MOD__SIZE",
                           " SOURCES__SHOP__SIZE", " SOURCES__SIZE", " SIZE"}) {
    CAPTURE(name);
    const std::size_t at = text.find(name, last);
    REQUIRE(at != std::string::npos);
    last = at + 1;
  }
  CHECK_THAT(text, Contains("no value for 'sources.shop.size'"));
  CHECK_THAT(text, Contains("has no [sources.mod.shop], [sources.mod], [sources.shop], [sources]"));
  CHECK_THAT(text, Contains("under [sources.shop] of config.toml"));
}

TEST_CASE("A key outside of all tables is looked for at the top") {
  ScratchProject project;
  project.write("project/.lode/secrets.toml", "x = 1\n");
  const std::string text = project.open().missing({.key = "token", .secret = true}).render();
  CHECK_THAT(text, Contains("has no token at the top") && Contains("add  token = \"…\"  at the top of secrets.toml"));
}

TEST_CASE("Mounted secrets and the host are listed where they are in use") {
  ScratchProject project;
  std::filesystem::create_directories(project.root / "run-secrets");
  ConfigOptions options = project.options();
  options.host = [](std::string_view) { return std::optional<json::Value>(); };
  const std::string text = project.shown(project.open(options).missing({.key = "a.b", .secret = true}).render());
  CHECK_THAT(text, Contains("host ") && Contains("not given") && Contains("@/run-secrets/a--b"));
}
