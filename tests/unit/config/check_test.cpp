// What is found in a project's configuration, and what is shown of it.
#include "config/check.h"

#include "config/overview.h"
#include "scratch_project.h"

using namespace lode;
using Catch::Matchers::Contains;

namespace {

const std::vector<DestinationKeys> kDestinations = {{"postgres", {"credentials", "create_indexes"}},
                                                    {"sqlite", {"credentials", "file"}}};

// "warning what (hint)", a line each, files left out.
std::string found(ScratchProject& project, const std::optional<std::vector<ConfigQuery>>& asked = std::nullopt) {
  std::string text;
  const Config config = project.open();
  for (const Finding& finding : check_config(project.env, config, kDestinations, asked)) {
    text += std::string(weight_name(finding.weight)) + " " + finding.what;
    text += finding.hint.empty() ? "\n" : " (" + project.shown(finding.hint) + ")\n";
  }
  return text;
}

}  // namespace

TEST_CASE("Nothing is found where all is well") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml", "[sources.shop]\napi_key = \"k\"\n[p.sources.shop]\napi_key = \"k\"\n");
  project.write("project/.dlt/config.toml",
                "[load]\nraise_on_max_retries = 3\n[schema]\nnaming = \"direct\"\n[pipelines.p]\ndataset_name = 'd'\n"
                "[destination.postgres]\ncreate_indexes = true\n[destination.postgres.credentials]\nhost = \"h\"\n"
                "[destination.my_own]\nx = 1\n[sources.shop.schema]\nnaming = 'direct'\n");
  CHECK(found(project).empty());
}

TEST_CASE("Misspelt and unknown keys of sections that lode knows are found, and dlt's are told apart") {
  ScratchProject project;
  project.write("project/.dlt/config.toml",
                "[load]\nretry_dely_s = 1\nworkers = 2\nzzz = 1\n[source.shop]\na = 1\nb = 2\n"
                "[destination.postgres]\ncreate_indices = true\nhost = 'h'\n[destination.postgers]\nx = 1\n"
                "[p.load]\nretry_delay = 1\n[unknown.section]\na = 1\n");
  CHECK(found(project) ==
        "note there is no destination 'postgers' (did you mean 'postgres'?)\n"
        "warning nobody reads 'destination.postgres.create_indices' (did you mean 'create_indexes'?)\n"
        "warning nobody reads 'destination.postgres.host' (it belongs under [destination.postgres.credentials])\n"
        "warning nobody reads 'load.retry_dely_s' (did you mean 'retry_delay_s'?)\n"
        "note 'load.workers' is dlt's; lode does not use it\n"
        "warning nobody reads 'load.zzz' (keys of [load]: raise_on_max_retries, retry_delay_s, retry_delay_s_max)\n"
        "warning nobody reads 'p.load.retry_delay' (did you mean 'retry_delay_s'?)\n"
        "warning nobody reads [source] (did you mean [sources]?)\n");
}

TEST_CASE("Secrets in config.toml are found by their names and in URLs, and never shown") {
  ScratchProject project;
  project.write("project/.dlt/config.toml",
                "[sources.shop]\napi_key = 'hunter2'\nmax_tokens = 5\npage_token_path = 'x'\npassword = '${SHOP_PW}'\n"
                "url = 'https://u:hunter2@h/'\nplain_url = 'https://h/?key=1'\ncustom = 'hunter2'\n");
  const std::string text =
      found(project, std::vector<ConfigQuery>{{.key = "custom", .sections = {"sources", "shop"}, .secret = true}});
  CHECK_THAT(text, Contains("error 'sources.shop.api_key' is a secret") && Contains("error 'sources.shop.url'") &&
                       Contains("error 'sources.shop.custom'") && !Contains("hunter2") &&
                       !Contains("'sources.shop.password' is a secret") && !Contains("'max_tokens' is a secret") &&
                       !Contains("'sources.shop.plain_url' is a secret"));
}

TEST_CASE("Keys of sources are judged by what scripts ask") {
  ScratchProject project;
  project.write("project/.dlt/config.toml",
                "[sources.shop]\npage_size = 1\npage_szie = 1\n[sources.shpo]\nmode = 'x'\n[sources]\nmode = 'x'\n"
                "[sources.table.deep]\na = 1\n[sources.shop.schema]\nnaming = 'direct'\n");
  CHECK(found(project).empty());
  const std::vector<ConfigQuery> asked = {{.key = "page_size", .sections = {"sources", "shop"}},
                                          {.key = "mode", .sections = {"sources", "shop"}},
                                          {.key = "sources.table"}};
  CHECK(found(project, asked) ==
        "warning nobody reads 'sources.shop.page_szie' (did you mean 'page_size'?)\n"
        "warning nobody reads 'sources.shpo.mode' (did you mean [sources.shop]?)\n");
}

TEST_CASE("Files with secrets that others may read, that git keeps, or that nothing keeps from it, are found") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml", "a = 1\n");
  std::filesystem::permissions(project.root / "project/.dlt/secrets.toml", std::filesystem::perms(0644));
  CHECK_THAT(found(project), Contains("warning other users of this machine can read it (mode 0644) (chmod 600 @/"));
  std::filesystem::permissions(project.root / "project/.dlt/secrets.toml", std::filesystem::perms(0600));
  std::filesystem::create_directories(project.root / "project/.git");
  CHECK_THAT(found(project), Contains("warning no line of a .gitignore keeps it out of git (echo secrets.toml >> @/"));
  project.write("project/.gitignore", "secrets.toml\n");
  CHECK(found(project).empty());
}

TEST_CASE("The overview shows what counts, what it hides, and no secret") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml",
                "[sources.stripe]\napi_key = \"sk_live_0123456789\"\n[destination.pg]\n"
                "credentials = \"postgresql://u:hunter2@h/db\"\n[broken]\nx = \"${NOPE}\"\n");
  project.write("project/.dlt/config.toml", "[sources.stripe]\npage_size = 100\nurl = 'https://h'\n");
  project.env.variables = {{"SOURCES__STRIPE__PAGE_SIZE", "7"}, {"SOURCES__OTHER__TOKEN", "hunter2"}, {"HOME", "/x"}};
  std::string text;
  for (const Setting& setting :
       overview(project.open(), {"SOURCES__STRIPE__PAGE_SIZE", "SOURCES__OTHER__TOKEN", "HOME", "__X", "A__B"})) {
    text += setting.key.dotted() + " = " + (setting.problem.empty() ? setting.shown : setting.problem) + " " +
            setting.provider + (setting.hides.empty() ? "" : " hides " + project.shown(setting.hides[0])) + "\n";
  }
  CHECK(text ==
        "broken.x = 'broken.x' refers to the variable NOPE, which is not set secrets.toml\n"
        "destination.pg.credentials = postgresql://u:***@h/db secrets.toml\n"
        "sources.other.token = *************** environment\n"
        "sources.stripe.api_key = sk_live_*************** secrets.toml\n"
        "sources.stripe.page_size = 7 environment hides @/project/.dlt/config.toml\n"
        "sources.stripe.url = https://h config.toml\n");
}
