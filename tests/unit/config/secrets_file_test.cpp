// Secrets are written so that nobody else can read them, and nothing else is lost.
#include "config/files/secrets_file.h"

#include <sys/stat.h>

#include "scratch_project.h"

using namespace lode;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

const KeyPath kKey = KeyPath::from_dotted("sources.shop.api_key");

int mode_of(const Path& path) {
  struct stat facts {};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  return static_cast<int>(facts.st_mode & 0777);
}

ConfigFolders folders_of(const ScratchProject& project) {
  return {{project.root / "project/.lode", project.root / "project/.dlt"}, {project.root / "home/.lode"}};
}

}  // namespace

TEST_CASE("A new file is for its owner alone, in a folder that keeps it out of git") {
  ScratchProject project;
  const Path file = *secrets_file_for(project.env, folders_of(project), "", kKey);
  CHECK(file == project.root / "project/.lode/secrets.toml");
  const Result<SecretChange> change = write_secret(project.env, file, kKey, Secret("k"), project.cipher);
  REQUIRE(change.ok());
  CHECK_FALSE(change->was_there);
  CHECK(mode_of(file) == 0600);
  CHECK(mode_of(file.parent_path()) == 0700);
  CHECK(*project.env.read_file(file) == "[sources.shop]\napi_key = \"k\"\n");
  // What a crash while it is written leaves behind has a name of its own.
  CHECK_THAT(*project.env.read_file(file.parent_path() / ".gitignore"),
             Contains("\nsecrets.toml\n") && Contains("\n*secrets.toml.*.tmp\n"));
}

TEST_CASE("The file that has the key is the one to change, else the one that is there") {
  ScratchProject project;
  const auto chosen = [&](const std::string& profile = "") {
    return project.shown(secrets_file_for(project.env, folders_of(project), profile, kKey)->string());
  };
  fs::create_directories(project.root / "project/.dlt");
  CHECK(chosen() == "@/project/.dlt/secrets.toml");
  project.write("project/.lode/secrets.toml", "a = 1\n");
  CHECK(chosen() == "@/project/.lode/secrets.toml");
  project.write("project/.dlt/secrets.toml", "[sources.shop]\napi_key = 'x'\n");
  CHECK(chosen() == "@/project/.dlt/secrets.toml");
  CHECK(chosen("prod") == "@/project/.dlt/prod.secrets.toml");
}

TEST_CASE("A file that others could read is closed to them, and keeps the rest") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml", "# mine\n[sources.shop]\napi_key = 'old' # why\n");
  const Path file = project.root / "project/.dlt/secrets.toml";
  fs::permissions(file, fs::perms(0644));
  const Result<SecretChange> change = write_secret(project.env, file, kKey, Secret("new"), project.cipher);
  REQUIRE(change.ok());
  CHECK((change->was_there && !change->same));
  CHECK(mode_of(file) == 0600);
  CHECK(*project.env.read_file(file) == "# mine\n[sources.shop]\napi_key = \"new\" # why\n");
  CHECK(write_secret(project.env, file, kKey, Secret("new"), project.cipher)->same);
  REQUIRE(remove_secret(project.env, file, kKey).ok());
  CHECK(*project.env.read_file(file) == "# mine\n[sources.shop]\n");
  CHECK(mode_of(file) == 0600);
}

TEST_CASE("Secrets are not written through symbolic links") {
  ScratchProject project;
  project.write("victim", "keep = 1\n");
  fs::create_directories(project.root / "project/.dlt");
  const Path file = project.root / "project/.dlt/secrets.toml";
  fs::create_symlink(project.root / "victim", file);
  const Status status = write_secret(project.env, file, kKey, Secret("hunter2"), project.cipher).status();
  CHECK(status.code() == Code::kPermission);
  CHECK_THAT(status.render(), Contains("is a symbolic link") && !Contains("hunter2"));
  CHECK(*project.env.read_file(project.root / "victim") == "keep = 1\n");
  CHECK(fs::is_symlink(file));
  CHECK_FALSE(remove_secret(project.env, file, kKey).ok());
}

TEST_CASE("A folder that others may write to is refused, and so is what is no file") {
  ScratchProject project;
  fs::create_directories(project.root / "project/.dlt");
  fs::permissions(project.root / "project/.dlt", fs::perms(0777));
  const Path file = project.root / "project/.dlt/secrets.toml";
  CHECK_THAT(write_secret(project.env, file, kKey, Secret("k"), project.cipher).status().render(),
             Contains("other users may write to the folder") && Contains("chmod go-w"));
  CHECK_FALSE(fs::exists(file));
  fs::permissions(project.root / "project/.dlt", fs::perms(0700));
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  CHECK_THAT(write_secret(project.env, file, kKey, Secret("k"), project.cipher).status().render(),
             Contains("no ordinary file"));
}

TEST_CASE("A file that is no TOML is left as it is") {
  ScratchProject project;
  project.write("project/.dlt/secrets.toml", "a = hunter2\n");
  const Path file = project.root / "project/.dlt/secrets.toml";
  const Status status = write_secret(project.env, file, kKey, Secret("k"), project.cipher).status();
  CHECK(status.code() == Code::kConfigUnreadable);
  CHECK_THAT(status.render(), Contains("secrets.toml:1:") && !Contains("hunter2"));
  CHECK(*project.env.read_file(file) == "a = hunter2\n");
}

TEST_CASE("Removing what is not there says so") {
  ScratchProject project;
  const Path file = project.root / "project/.dlt/secrets.toml";
  CHECK(remove_secret(project.env, file, kKey).code() == Code::kNotFound);
  project.write("project/.dlt/secrets.toml", "a = 1\n");
  CHECK(remove_secret(project.env, file, kKey).code() == Code::kConfigMissing);
}
