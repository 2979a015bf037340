// Locks: one holder at a time, between processes too, and a death lets go.
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "env_testing.h"

using namespace lode;

TEST_CASE("a second lock is refused and names the holder", "[env][lock]") {
  const Scratch scratch;
  {
    const auto first = Env::real().lock_file(scratch / "lock");
    REQUIRE(first.ok());
    const auto second = Env::real().lock_file(scratch / "lock");
    REQUIRE_FALSE(second.ok());
    CHECK(second.status().code() == Code::kLocked);
    CHECK(second.status().message() ==
          "'" + (scratch / "lock").string() + "' is locked by process " + std::to_string(::getpid()));
  }
  CHECK(Env::real().lock_file(scratch / "lock").ok());
}

TEST_CASE("another process is kept out, and its death lets go", "[env][lock]") {
  const Scratch scratch;
  int ready[2];
  int done[2];
  REQUIRE(::pipe(ready) == 0);
  REQUIRE(::pipe(done) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    char answer = Env::real().lock_file(scratch / "lock").ok() ? 'n' : 'x';
    const auto lock = Env::real().lock_file(scratch / "lock");
    if (lock.ok()) answer = 'y';
    (void)!::write(ready[1], &answer, 1);
    (void)!::read(done[0], &answer, 1);
    ::_exit(0);  // without letting go
  }
  char answer = 0;
  REQUIRE(::read(ready[0], &answer, 1) == 1);
  REQUIRE(answer == 'y');
  const auto refused = Env::real().lock_file(scratch / "lock");
  check_error(refused.status(), Code::kLocked, "is locked by process " + std::to_string(child));
  REQUIRE(::write(done[1], &answer, 1) == 1);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(Env::real().lock_file(scratch / "lock").ok());
  for (const int file : {ready[0], ready[1], done[0], done[1]}) ::close(file);
}

TEST_CASE("a lock file left by the dead does not lock", "[env][lock]") {
  const Scratch scratch;
  put(scratch / "lock", "99999999\nand rather more text than a process id would need, from an earlier run\n");
  const auto lock = Env::real().lock_file(scratch / "lock");
  REQUIRE(lock.ok());
  CHECK(contents(scratch / "lock") == std::to_string(::getpid()) + "\n");
}

TEST_CASE("a lock needs its folder", "[env][lock]") {
  const Scratch scratch;
  check_error(Env::real().lock_file(scratch / "no/lock").status(), Code::kNotFound, "cannot open lock '");
}
