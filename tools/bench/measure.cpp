// measure REPORT COMMAND [ARGUMENT]...: runs the command and writes what it took into the file REPORT, as one JSON
// object:
// {"status": 0, "wall_s": 1.5, "user_s": 1.2, "sys_s": 0.3, "peak_kib": 9000}. status is the exit code, 128 + n for
// signal n.
//
// A program of its own, and a small one, because on Linux the peak memory of a process starts at that of the program it
// was forked from: started from Python, everything would seem to need Python's 14 MB at least.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

int fail(const char* what) {
  std::fprintf(stderr, "measure: %s: %s\n", what, std::strerror(errno));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: measure REPORT COMMAND [ARGUMENT]...\n", stderr);
    return 2;
  }
  auto start = std::chrono::steady_clock::now();
  pid_t child = fork();
  if (child < 0) return fail("fork");
  if (child == 0) {
    execvp(argv[2], argv + 2);
    fail(argv[2]);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  while (wait4(child, &status, 0, &usage) < 0) {
    if (errno != EINTR) return fail("wait4");
  }
  std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  std::FILE* report = std::fopen(argv[1], "w");
  if (report == nullptr) return fail(argv[1]);
  std::fprintf(report, R"({"status": %d, "wall_s": %.6f, "user_s": %.6f, "sys_s": %.6f, "peak_kib": %ld})",
               WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), wall.count(), seconds(usage.ru_utime),
               seconds(usage.ru_stime), usage.ru_maxrss);
  return std::fclose(report) == 0 ? 0 : fail(argv[1]);
}
