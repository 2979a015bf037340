// Starts and ends the demo API. POSIX alone.
#include "support/demo_api_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace lode::test {
namespace {

// Far more than a server with millions of rows needs on a busy machine.
constexpr int kStartTimeoutMs = 120'000;

[[noreturn]] void give_up(const std::string& reason) {
  std::fprintf(stderr, "demo_api_process: %s\n", reason.c_str());
  std::abort();
}

std::string program_path() {
  const char* chosen = std::getenv("LODE_DEMO_API_PROGRAM");
  return chosen != nullptr ? chosen : LODE_DEMO_API_PROGRAM;
}

/// A pipe whose ends other programs started by this process do not inherit.
void open_pipe(int (&ends)[2]) {
  if (pipe(ends) != 0) give_up("no pipe to be had");
  for (const int fd : ends) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/// In the child, between fork and exec: only calls that are safe while other threads of the parent held locks.
[[noreturn]] void become(const char* program, char* const* argv, int stdin_fd, int stdout_fd) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(stdin_fd, STDIN_FILENO);
  dup2(stdout_fd, STDOUT_FILENO);
  // Sockets of the test that stayed open here would never look closed to their other end.
  for (int fd = 3; fd < 1024; ++fd) close(fd);
  execv(program, argv);
  _exit(127);
}

/// The first line that comes out of `fd`, or what came until the end or the timeout.
std::string read_line(int fd) {
  std::string line;
  for (;;) {
    pollfd watched{fd, POLLIN, 0};
    char c = 0;
    if (poll(&watched, 1, kStartTimeoutMs) <= 0 || read(fd, &c, 1) != 1 || c == '\n') return line;
    line += c;
  }
}

}  // namespace

DemoApiProcess::DemoApiProcess(std::vector<std::string> arguments) {
  const std::string program = program_path();
  arguments.insert(arguments.begin(), {program, "--port", "0", "--until-stdin-closes"});
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  int to_server[2], from_server[2];
  open_pipe(to_server);
  open_pipe(from_server);
  pid_ = fork();
  if (pid_ < 0) give_up("fork failed");
  if (pid_ == 0) become(program.c_str(), argv.data(), to_server[0], from_server[1]);
  close(to_server[0]);
  close(from_server[1]);
  stdin_fd_ = to_server[1];
  stdout_fd_ = from_server[0];

  const std::string line = read_line(stdout_fd_);
  if (std::sscanf(line.c_str(), "listening on http://127.0.0.1:%d", &port_) != 1) {
    give_up(program + " did not start; it said: '" + line + "'");
  }
}

DemoApiProcess::~DemoApiProcess() {
  if (pid_ != 0) stop();
}

std::string DemoApiProcess::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

int DemoApiProcess::stop() {
  if (pid_ == 0) return 0;
  ::kill(pid_, SIGTERM);
  return wait_for_exit();
}

void DemoApiProcess::kill() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  wait_for_exit();
}

int DemoApiProcess::wait_for_exit() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  close(stdin_fd_);
  close(stdout_fd_);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace lode::test
