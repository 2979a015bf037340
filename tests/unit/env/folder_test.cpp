// Folders: making, listing, removing.
#include <string>
#include <vector>

#include "env_testing.h"

using namespace lode;

TEST_CASE("folders are made with their parents, again and again", "[env][folder]") {
  const Scratch scratch;
  CHECK(Env::real().make_folders(scratch / "a/b/c").ok());
  CHECK(Env::real().make_folders(scratch / "a/b/c").ok());
  CHECK(Env::real().exists(scratch / "a/b/c"));
}

TEST_CASE("a folder cannot be made where a file is", "[env][folder]") {
  const Scratch scratch;
  put(scratch / "a", "x");
  check_error(Env::real().make_folders(scratch / "a"), Code::kExists,
              "cannot make folder '" + (scratch / "a").string());
  check_error(Env::real().make_folders(scratch / "a/b"), Code::kNotFound, (scratch / "a/b").string());
}

TEST_CASE("a listing is sorted by name, with kinds and sizes", "[env][folder]") {
  const Scratch scratch;
  put(scratch / "b", "12345");
  put(scratch / "a", "");
  REQUIRE(Env::real().make_folders(scratch / "C").ok());
  const auto entries = Env::real().list_folder(scratch.path());
  REQUIRE(entries.ok());
  REQUIRE(entries->size() == 3);
  CHECK((*entries)[0].name == "C");
  CHECK((*entries)[0].is_folder);
  CHECK((*entries)[1].name == "a");
  CHECK((*entries)[1].bytes == 0);
  CHECK((*entries)[2].name == "b");
  CHECK((*entries)[2].bytes == 5);
  CHECK_FALSE((*entries)[2].is_folder);
}

TEST_CASE("an absent folder has no entries, a file is no folder", "[env][folder]") {
  const Scratch scratch;
  const auto entries = Env::real().list_folder(scratch / "no");
  REQUIRE(entries.ok());
  CHECK(entries->empty());
  put(scratch / "a", "x");
  check_error(Env::real().list_folder(scratch / "a").status(), Code::kNotFound, "cannot list '");
}

TEST_CASE("removing what is not there is fine", "[env][folder]") {
  const Scratch scratch;
  CHECK(Env::real().remove_file(scratch / "a").ok());
  CHECK(Env::real().remove_tree(scratch / "a").ok());
  put(scratch / "a", "x");
  CHECK(Env::real().remove_file(scratch / "a").ok());
  CHECK_FALSE(Env::real().exists(scratch / "a"));
}

TEST_CASE("a tree goes with everything in it, a link's target stays", "[env][folder]") {
  const Scratch scratch;
  REQUIRE(Env::real().make_folders(scratch / "tree/b/c").ok());
  REQUIRE(Env::real().make_folders(scratch / "outside").ok());
  put(scratch / "outside/a", "x");
  put(scratch / "tree/b/c/d", "x");
  std::filesystem::create_directory_symlink(scratch / "outside", scratch / "tree/link");
  CHECK(Env::real().remove_tree(scratch / "tree").ok());
  CHECK_FALSE(Env::real().exists(scratch / "tree"));
  CHECK(contents(scratch / "outside/a") == "x");
}

TEST_CASE("remove_file does not take folders", "[env][folder]") {
  const Scratch scratch;
  REQUIRE(Env::real().make_folders(scratch / "a").ok());
  const Status status = Env::real().remove_file(scratch / "a");
  CHECK_FALSE(status.ok());
  CHECK(Env::real().exists(scratch / "a"));
}

TEST_CASE("folders can be synced", "[env][folder]") {
  const Scratch scratch;
  CHECK(Env::real().sync_folder(scratch.path()).ok());
  check_error(Env::real().sync_folder(scratch / "no"), Code::kNotFound, "cannot sync folder '");
}
