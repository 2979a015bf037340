// AppendFile: order, sizes, errors that stay.
#include <filesystem>
#include <string>

#include "env_testing.h"

using namespace lode;

TEST_CASE("bytes arrive in order, small and large ones mixed", "[env][append]") {
  const Scratch scratch;
  std::string expected;
  {
    const auto file = Env::real().create_file(scratch / "a");
    REQUIRE(file.ok());
    for (std::size_t i = 0; i < 300; ++i) {
      const std::string bytes(i % 50 == 49 ? 300'000 : i, static_cast<char>('a' + i % 26));
      REQUIRE((*file)->append(bytes).ok());
      expected += bytes;
      REQUIRE((*file)->size() == expected.size());
    }
    REQUIRE((*file)->close().ok());
  }
  CHECK(contents(scratch / "a") == expected);
}

TEST_CASE("what was appended is seen by readers at once", "[env][append]") {
  const Scratch scratch;
  const auto file = Env::real().create_file(scratch / "a");
  REQUIRE((*file)->append("abc").ok());
  CHECK(contents(scratch / "a") == "abc");
  REQUIRE((*file)->append("def").ok());
  REQUIRE((*file)->sync().ok());
  REQUIRE((*file)->close().ok());
  CHECK(contents(scratch / "a") == "abcdef");
  CHECK((*file)->close().ok());
}

TEST_CASE("a file that is dropped keeps what was appended", "[env][append]") {
  const Scratch scratch;
  { REQUIRE((*Env::real().create_file(scratch / "a"))->append("abc").ok()); }
  CHECK(contents(scratch / "a") == "abc");
}

TEST_CASE("creating truncates", "[env][append]") {
  const Scratch scratch;
  put(scratch / "a", "old and long");
  REQUIRE((*Env::real().create_file(scratch / "a"))->close().ok());
  CHECK(contents(scratch / "a").empty());
}

TEST_CASE("a file cannot be created where there is no folder", "[env][append]") {
  const Scratch scratch;
  check_error(Env::real().create_file(scratch / "no/a").status(), Code::kNotFound, "cannot create '");
  check_error(Env::real().create_file(scratch.path()).status(), Code::kIo, scratch.path().string());
}

TEST_CASE("a full disk is reported, and by every call after it too", "[env][append]") {
  if (!std::filesystem::exists("/dev/full")) return;
  const auto file = Env::real().create_file("/dev/full");
  REQUIRE(file.ok());
  check_error((*file)->append("some"), Code::kDiskFull, "cannot write to '/dev/full': No space left on device");
  check_error((*file)->append("more"), Code::kDiskFull, "/dev/full");
  check_error((*file)->sync(), Code::kDiskFull, "/dev/full");
  check_error((*file)->close(), Code::kDiskFull, "/dev/full");
}
