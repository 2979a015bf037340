// Running a piece of a test in a process of its own: to be killed, to be limited, or to be another user.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "support/catch.h"

namespace lode::test {

/// Forks; the child runs `work` and ends with its answer as exit status. The answer is what waitpid() says.
inline int run_in_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());  // no destructors, no exit handlers: they are the parent's
  REQUIRE(child > 0);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

inline bool exited_with(int status, int code) { return WIFEXITED(status) && WEXITSTATUS(status) == code; }
inline bool was_killed_by(int status, int signal) { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }

/// Root may write everywhere; in a child this makes us somebody who may not.
inline bool become_ordinary_user() {
  constexpr unsigned kNobody = 65534;
  return ::geteuid() != 0 || (::setgid(kNobody) == 0 && ::setuid(kNobody) == 0);
}

}  // namespace lode::test
