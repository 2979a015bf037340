// Writing whole files and replacing: all or nothing, and nothing left lying about.
#include <sys/stat.h>

#include <string>
#include <thread>
#include <vector>

#include "env_testing.h"

using namespace lode;

namespace {

std::size_t files_in(const Path& folder) { return Env::real().list_folder(folder)->size(); }

unsigned mode_of(const Path& path) {
  struct stat facts {};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  return facts.st_mode & 0777;
}

}  // namespace

TEST_CASE("a whole file is written and overwritten", "[env][write]") {
  const Scratch scratch;
  put(scratch / "a", "one");
  put(scratch / "a", "two");
  CHECK(contents(scratch / "a") == "two");
  CHECK(files_in(scratch.path()) == 1);
}

TEST_CASE("a new file gets the mode asked for", "[env][write]") {
  const Scratch scratch;
  REQUIRE(Env::real().write_file(scratch / "secret", "x", 0600).ok());
  CHECK(mode_of(scratch / "secret") == 0600);
}

TEST_CASE("a file that is there keeps its mode", "[env][write]") {
  const Scratch scratch;
  REQUIRE(Env::real().write_file(scratch / "secret", "x", 0600).ok());
  REQUIRE(Env::real().write_file(scratch / "secret", "y").ok());
  CHECK(mode_of(scratch / "secret") == 0600);
}

TEST_CASE("a failed write leaves the old file and no temporary one", "[env][write]") {
  const Scratch scratch;
  REQUIRE(Env::real().make_folders(scratch / "target/sub").ok());
  check_error(Env::real().write_file(scratch / "target", "x"), Code::kIo, "cannot write '");
  CHECK(files_in(scratch.path()) == 1);
  check_error(Env::real().write_file(scratch / "no/such/a", "x"), Code::kNotFound, (scratch / "no/such/a").string());
}

TEST_CASE("writers of one file at the same time never mix", "[env][write]") {
  const Scratch scratch;
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      for (int k = 0; k < 20; ++k) {
        (void)Env::real().write_file(scratch / "a", std::string(50'000, static_cast<char>('a' + i)));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  const std::string text = contents(scratch / "a");
  CHECK(text == std::string(50'000, text.at(0)));
  CHECK(files_in(scratch.path()) == 1);
}

TEST_CASE("replace moves files and folders over what is there", "[env][write]") {
  const Scratch scratch;
  put(scratch / "new", "new");
  put(scratch / "old", "old");
  REQUIRE(Env::real().replace(scratch / "new", scratch / "old").ok());
  CHECK(contents(scratch / "old") == "new");
  CHECK_FALSE(Env::real().exists(scratch / "new"));

  REQUIRE(Env::real().make_folders(scratch / "from").ok());
  REQUIRE(Env::real().make_folders(scratch / "to").ok());
  REQUIRE(Env::real().make_folders(scratch / "elsewhere").ok());
  put(scratch / "from/a", "a");
  REQUIRE(Env::real().replace(scratch / "from", scratch / "to").ok());
  CHECK(contents(scratch / "to/a") == "a");
  REQUIRE(Env::real().replace(scratch / "to", scratch / "elsewhere/to").ok());
  CHECK(contents(scratch / "elsewhere/to/a") == "a");
}

TEST_CASE("replace names both ends when it cannot", "[env][write]") {
  const Scratch scratch;
  check_error(Env::real().replace(scratch / "a", scratch / "b"), Code::kNotFound,
              "cannot move '" + (scratch / "a").string() + "' to '" + (scratch / "b").string() + "': No such file");
  REQUIRE(Env::real().make_folders(scratch / "from").ok());
  REQUIRE(Env::real().make_folders(scratch / "full").ok());
  put(scratch / "full/a", "a");
  check_error(Env::real().replace(scratch / "from", scratch / "full"), Code::kExists, "Directory not empty");
  CHECK(contents(scratch / "full/a") == "a");
}
