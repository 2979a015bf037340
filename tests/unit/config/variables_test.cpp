// .env files, and ${NAME} in TOML.
#include "config/files/dotenv.h"
#include "config/files/interpolate.h"
#include "scratch_project.h"

using namespace lode;
using Catch::Matchers::Contains;

namespace {

std::map<std::string, std::string> parsed(std::string_view text,
                                          const std::map<std::string, std::string>& machine = {}) {
  const VariableLookup lookup = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = machine.find(name);
    return found == machine.end() ? std::nullopt : std::optional(found->second);
  };
  Result<std::map<std::string, std::string>> variables = parse_dotenv(text, ".env", lookup);
  INFO((variables.ok() ? "" : variables.status().render()));
  REQUIRE(variables.ok());
  return std::move(*variables);
}

std::string refused(std::string_view text) {
  const Result<std::map<std::string, std::string>> variables =
      parse_dotenv(text, ".env", [](const std::string&) { return std::nullopt; });
  REQUIRE_FALSE(variables.ok());
  CHECK(variables.status().code() == Code::kConfigUnreadable);
  return variables.status().render();
}

}  // namespace

TEST_CASE("Lines of a .env file are read as a shell reads them") {
  const auto variables = parsed(
      "# a comment\n"
      "\n"
      "A=1\r\n"
      "export B = two words # and a comment\n"
      "C='literal ${A} # $x'\n"
      "D=\"line\\nbreak \\\"q\\\" \\\\ \\$5\"\n"
      "E=a#b\n"
      "F=\n"
      "G=\"over\n"
      "lines\"\n"
      "A=2");
  CHECK(variables == std::map<std::string, std::string>{{"A", "2"},
                                                        {"B", "two words"},
                                                        {"C", "literal ${A} # $x"},
                                                        {"D", "line\nbreak \"q\" \\ $5"},
                                                        {"E", "a#b"},
                                                        {"F", ""},
                                                        {"G", "over\nlines"}});
}

TEST_CASE("A .env file refers to variables of the machine and of lines above") {
  const auto variables = parsed("A=1\nB=${A}/${M}\nC=\"${A}\"\nD=${NONE:-x}\nE=\"\\${A}\"\n", {{"M", "m"}, {"A", "0"}});
  CHECK(variables.at("B") == "0/m");
  CHECK(variables.at("C") == "0");
  CHECK(variables.at("D") == "x");
  CHECK(variables.at("E") == "${A}");
}

TEST_CASE("A line that is no line of variables is named by its number, and never shown") {
  CHECK_THAT(refused("A=1\nhunter2\n"), Contains(".env:2: not a line of variables") && !Contains("hunter2"));
  CHECK_THAT(refused("\n\nA=\"hunter2\n"), Contains(".env:3:") && Contains("never closed") && !Contains("hunter2"));
  CHECK_THAT(refused("A='x' hunter2\n"), Contains(".env:1:") && !Contains("hunter2"));
  CHECK_THAT(refused("9A=1\n"), Contains("a name was expected"));
  CHECK_THAT(refused("A=\"a\nb\"\nB=${NOPE}\n"), Contains(".env:3: variable NOPE is not set"));
}

TEST_CASE("Variables of the machine win over those of the file") {
  ScratchProject project;
  project.write("project/.env", "A__B=file\nA__C=file\n");
  project.env.variables["A__B"] = "machine";
  const Config config = project.open();
  CHECK(text_at(config, {.key = "a.b"}) == "machine");
  CHECK(text_at(config, {.key = "a.c"}) == "file");
  CHECK(config.locate({.key = "a.b"})->value().place == "A__B");
  CHECK(project.shown(config.locate({.key = "a.c"})->value().place) == "A__C in @/project/.env");
}

TEST_CASE("LODE_ENV_FILE names another .env file, or none; a folder of that name is none") {
  ScratchProject project;
  project.write("project/.env", "A=project\n");
  project.write("elsewhere", "A=elsewhere\n");
  project.env.variables["LODE_ENV_FILE"] = (project.root / "elsewhere").string();
  CHECK(text_at(project.open(), {.key = "a"}) == "elsewhere");
  project.env.variables["LODE_ENV_FILE"] = "";
  CHECK(text_at(project.open(), {.key = "a"}) == "");
  ScratchProject other;
  other.write("project/.env/bin/python", "x");
  CHECK(text_at(other.open(), {.key = "a"}) == "");
}

TEST_CASE("${NAME} in TOML is replaced when it is read, in lists and tables too") {
  ScratchProject project;
  project.write("project/.env", "STRIPE_API_KEY=sk_live_1\n");
  project.write("project/.dlt/secrets.toml",
                "[sources.stripe]\nkey = \"${STRIPE_API_KEY}\"\nurl = \"https://${HOST:-localhost}/$${path}?a=$5\"\n"
                "list = [\"${STRIPE_API_KEY}\", 1]\n");
  const Config config = project.open();
  CHECK(config.secret({.key = "sources.stripe.key"})->value().reveal() == "sk_live_1");
  CHECK(text_at(config, {.key = "sources.stripe.url"}) == "https://localhost/${path}?a=$5");
  CHECK(text_at(config, {.key = "sources.stripe.list"}) == R"(["sk_live_1",1])");
  CHECK(config.find({.key = "sources.stripe"})->value().text_or("key", "") == "sk_live_1");
}

TEST_CASE("A variable that is not set is an error that names it and the key") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml", "token = \"${NOPE}\"\nother = 1\n");
  const Config config = project.open();
  CHECK(config.integer({.key = "other"})->value() == 1);
  const Status status = config.secret({.key = "token"}).status();
  CHECK(status.code() == Code::kConfigInvalid);
  CHECK_THAT(status.render(), Contains("'token' refers to the variable NOPE, which is not set") &&
                                  Contains("secrets.toml") && Contains("$${"));
}

TEST_CASE("A secret may say where it is: in a variable or in a file") {
  ScratchProject project;
  project.write("token", "from file\n");
  const std::string file = (project.root / "token").string();
  project.write("project/.dlt/secrets.toml",
                "a = \"env://TOKEN\"\nb = \"file://" + file + "\"\nc = \"env://NOPE\"\nd = \"file:///nope\"\n");
  project.write("project/.dlt/config.toml", "bucket_url = \"file:///data\"\n");
  project.env.variables = {{"TOKEN", "from variable"}, {"E", "file://" + file}};
  const Config config = project.open();
  CHECK(std::string(config.secret({.key = "a"})->value().reveal()) == "from variable");
  CHECK(std::string(config.secret({.key = "b"})->value().reveal()) == "from file");
  CHECK(std::string(config.secret({.key = "e"})->value().reveal()) == "from file");
  CHECK(project.shown(config.locate({.key = "b", .secret = true})->value().place) ==
        "@/project/.dlt/secrets.toml -> @/token");
  CHECK(text_at(config, {.key = "bucket_url"}) == "file:///data");
  CHECK_THAT(config.secret({.key = "c"}).status().render(), Contains("'c' refers to env://NOPE, which is not set"));
  CHECK_THAT(config.secret({.key = "d"}).status().render(), Contains("cannot be read") && Contains("/nope"));
}

TEST_CASE("Values of environment variables are never interpolated") {
  ScratchProject project;
  project.env.variables = {{"TOKEN", "${HOME}"}, {"HOME", "/root"}};
  CHECK(text_at(project.open(), {.key = "token"}) == "${HOME}");
}

TEST_CASE("What is no reference stays as it is") {
  std::string missing;
  const VariableLookup none = [](const std::string&) { return std::nullopt; };
  for (const char* text : {"$", "${", "${}", "${a b}", "$HOME", "${9}", "${A:-x", "a$b}"}) {
    CHECK(interpolate(text, none, missing) == text);
  }
}
