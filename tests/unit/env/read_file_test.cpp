// Reading whole files and mapping them.
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "env_testing.h"

using namespace lode;

TEST_CASE("files of any size are read whole", "[env][read]") {
  const Scratch scratch;
  for (const std::size_t size : {0u, 1u, 4095u, 4096u, 4097u, 3'000'000u}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 % 251);
    put(scratch / "a", bytes);
    CHECK(contents(scratch / "a") == bytes);
    const auto mapped = Env::real().map_file(scratch / "a");
    REQUIRE(mapped.ok());
    CHECK((*mapped)->bytes() == bytes);
  }
}

TEST_CASE("files that do not tell their size are read too", "[env][read]") {
  CHECK_FALSE(contents("/proc/self/status").empty());
}

TEST_CASE("a pipe is read to its end", "[env][read]") {
  const Scratch scratch;
  const Path pipe = scratch / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer([&] { (void)(*Env::real().create_file(pipe))->append(std::string(200'000, 'x')); });
  const std::string text = contents(pipe);
  writer.join();
  CHECK(text.size() == 200'000);
}

TEST_CASE("a mapping outlives the name of its file", "[env][read]") {
  const Scratch scratch;
  put(scratch / "a", "still here");
  const auto mapped = Env::real().map_file(scratch / "a");
  REQUIRE(Env::real().remove_file(scratch / "a").ok());
  CHECK((*mapped)->bytes() == "still here");
}

TEST_CASE("what cannot be read is named with the reason", "[env][read]") {
  const Scratch scratch;
  check_error(Env::real().read_file(scratch / "a").status(), Code::kNotFound,
              "cannot open '" + (scratch / "a").string() + "': No such file or directory");
  check_error(Env::real().map_file(scratch / "a").status(), Code::kNotFound, "cannot open '");
  check_error(Env::real().read_file(scratch.path()).status(), Code::kIo, "Is a directory");
  check_error(Env::real().map_file(scratch.path()).status(), Code::kIo, "Is a directory");
  put(scratch / "a", "x");
  check_error(Env::real().read_file(scratch / "a/b").status(), Code::kNotFound, "Not a directory");
}

TEST_CASE("a file of someone else's is a matter of permission", "[env][read]") {
  if (Env::real().is_root()) return;  // root may read everything
  const Scratch scratch;
  put(scratch / "a", "secret");
  REQUIRE(::chmod((scratch / "a").c_str(), 0) == 0);
  check_error(Env::real().read_file(scratch / "a").status(), Code::kPermission, "Permission denied");
}
