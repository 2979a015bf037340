// What people see of secrets, and what git sees of their files.
#include "config/mask.h"

#include "config/files/git_index.h"
#include "scratch_project.h"

using namespace lode;

TEST_CASE("A secret shows its kind at most, never its length") {
  CHECK(mask_secret("sk_live_0123456789") == "sk_live_***************");
  CHECK(mask_secret("sk_live_0123") == "***************");
  CHECK(mask_secret("my_secret_password") == "***************");
  CHECK(mask_secret("") == "***************");
}

TEST_CASE("A URL shows neither password nor query") {
  CHECK(mask_url("postgresql://loader:p%40ss@localhost:5432/dlt?sslmode=require") ==
        "postgresql://loader:***@localhost:5432/dlt");
  CHECK(mask_url("postgresql://u:p@ss/w:x@h/db") == "postgresql://u:***@h/db");
  CHECK(mask_url("https://hooks.example/?token=abc") == "https://hooks.example/");
  CHECK(mask_url("sqlite:///shop.db") == "sqlite:///shop.db");
  CHECK(mask_url("https://token@h/x") == "https://token@h/x");
  CHECK(mask_url("no url") == "no url");
}

TEST_CASE("Among secrets only harmless names are shown; names of secrets never") {
  CHECK(show_value("host", "localhost", true) == "localhost");
  CHECK(show_value("username", "loader", true) == "***************");
  CHECK(show_value("page_size", 100, false) == "100");
  CHECK(show_value("api_key", "abc", false) == "***************");
  CHECK(show_value("stripe_secret_key", "abc", true) == "***************");
  CHECK(show_value("password", 12345, false) == "***************");
  CHECK(show_value("credentials", "postgresql://u:p@h/db", true) == "postgresql://u:***@h/db");
  CHECK(show_value("credentials", json::Value::object({{"a", "b"}}), true) == "***************");
  CHECK(show_value("token", "", true) == "(empty)");
  CHECK(show_value("next_page_tokens", "x", false) == "x");
}

namespace {

std::string number(unsigned value) {
  return {static_cast<char>(value >> 24U), static_cast<char>(value >> 16U), static_cast<char>(value >> 8U),
          static_cast<char>(value)};
}

std::string index_of(const std::vector<std::string>& names) {
  std::string out = "DIRC" + number(2) + number(static_cast<unsigned>(names.size()));
  for (const std::string& name : names) {
    std::string entry(62, '\x01');
    entry[60] = '\0';
    entry += name;
    entry.append(8 - entry.size() % 8, '\0');
    out += entry;
  }
  return out + std::string(20, 'h');
}

}  // namespace

TEST_CASE("Names are read from git's index") {
  const std::vector<std::string> names = {"a", ".dlt/secrets.toml", "some/longer/name.txt"};
  CHECK(names_in_git_index(index_of(names)) == names);
  CHECK_FALSE(names_in_git_index("DIRC").has_value());
  CHECK_FALSE(names_in_git_index("nonsense that is long enough").has_value());
  CHECK_FALSE(names_in_git_index(index_of(names).substr(0, 100)).has_value());
}

TEST_CASE("Names are read from git's index of version 4, where they are cut") {
  std::string bytes = "DIRC" + number(4) + number(2);
  std::string fixed(62, '\x01');
  fixed[60] = '\0';
  bytes += fixed + std::string(1, '\0') + ".dlt/config.toml" + std::string(1, '\0');
  bytes += fixed + std::string(1, '\x0b') + "secrets.toml" + std::string(1, '\0');
  CHECK(names_in_git_index(bytes) == std::vector<std::string>{".dlt/config.toml", ".dlt/secrets.toml"});
}

TEST_CASE("A tracked file is found, and so is a line that keeps a file out") {
  ScratchProject project;
  const Path file = project.root / "project/.dlt/secrets.toml";
  CHECK_FALSE(find_repository(project.env, file).has_value());
  project.write("project/.git/index", index_of({".dlt/secrets.toml"}));
  const Path repository = *find_repository(project.env, file);
  CHECK(project.shown(repository.string()) == "@/project");
  CHECK(*is_tracked_by_git(project.env, repository, file));
  CHECK_FALSE(*is_tracked_by_git(project.env, repository, project.root / "project/.dlt/config.toml"));
  const auto ignored_by = [&](const std::string& text) {
    project.write("project/.gitignore", text);
    return is_ignored_by_git(project.env, repository, file);
  };
  for (const char* line : {"secrets.toml", ".dlt/", ".dlt", "*.toml", "/.dlt/secrets.toml", "**/secrets.toml"}) {
    INFO(line);
    CHECK(ignored_by(std::string("# x\n") + line + "\n"));
  }
  for (const char* line : {"", "# secrets.toml", "config.toml", "secrets.toml\n!secrets.toml", "build/secrets.toml"}) {
    INFO(line);
    CHECK_FALSE(ignored_by(std::string(line) + "\n"));
  }
}

TEST_CASE("References are shown whole: they say where a secret is, and are none") {
  CHECK(show_value("api_key", "vault://secret/team/stripe?version=3#api_key", true) ==
        "vault://secret/team/stripe?version=3#api_key");
  CHECK(show_value("api_key", "aws-sm://team/stripe#api_key", true) == "aws-sm://team/stripe#api_key");
  CHECK(show_value("api_key", "https://u:hunter2@h/x?token=hunter2#hunter2", true) == "https://u:***@h/x");
}
