// Programs that give out credentials: run without a shell, ended when they take too long.
#include "config/clouds/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

#include "base/assert.h"
#include "config/secret.h"

extern char** environ;

namespace lode {
namespace {

using Clock = std::chrono::steady_clock;

class Child {
 public:
  ~Child() {
    if (output_ >= 0) close(output_);
    if (pid_ <= 0) return;
    kill(-pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  // 0, or why it could not be started.
  int start(const std::vector<std::string>& words) {
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) return errno;
    output_ = pipe_ends[0];
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);  // so that all of it can be ended
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    const int error = posix_spawnp(&pid_, arguments.front(), &actions, &attributes, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(pipe_ends[1]);
    if (error != 0) pid_ = -1;
    return error;
  }
  int output() const { return output_; }
  // Whether it ended well; nullopt while it has not ended. A host that does not care for its children's ends hides how
  // they ended.
  std::optional<bool> ended_well() {
    int status = 0;
    const pid_t ended = waitpid(pid_, &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) return std::nullopt;
    pid_ = -1;
    return ended < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }

 private:
  int output_ = -1;
  pid_t pid_ = -1;
};

// Reads until the end; false: it takes too long, writes too much, or a stop is requested.
bool read_all(int fd, std::string& text, Clock::time_point end, const std::stop_token& stop) {
  constexpr int kLookMs = 50;
  text.reserve(kProgramBytesMax);  // never moved, so that no copy is left behind
  char bytes[4096];
  while (!stop.stop_requested() && Clock::now() < end) {
    pollfd ready{fd, POLLIN, 0};
    if (poll(&ready, 1, kLookMs) <= 0) continue;
    const ssize_t size = read(fd, bytes, sizeof bytes);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return size == 0;
    if (text.size() + static_cast<std::size_t>(size) > kProgramBytesMax) return false;
    text.append(bytes, static_cast<std::size_t>(size));
  }
  return false;
}

// A program may close its output long before it ends. nullopt: it takes too long, or a stop is requested.
std::optional<bool> wait_for_end(Child& child, Clock::time_point end, const std::stop_token& stop) {
  constexpr std::chrono::milliseconds kLook{5};
  std::optional<bool> ended = child.ended_well();
  while (!ended && !stop.stop_requested() && Clock::now() < end) {
    std::this_thread::sleep_for(kLook);
    ended = child.ended_well();
  }
  return ended;
}

}  // namespace

Result<std::string> run_program(const std::vector<std::string>& words, double timeout_s, const std::stop_token& stop) {
  LODE_ASSERT(!words.empty());
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(timeout_s));
  Child child;
  const int error = child.start(words);
  if (error == ENOENT || error == EACCES) {
    return Status::error(Code::kNotFound, fmt::format("there is no program '{}'", words.front()));
  }
  const auto failed = [&](std::string_view how) {
    return Status::error(Code::kConfigUnreadable, fmt::format("the program '{}' {}", words.front(), how))
        .hint("run it by hand to see what it says");
  };
  if (error != 0) return failed("cannot be started");
  std::string text;
  const bool is_read = read_all(child.output(), text, end, stop);
  const std::optional<bool> ended_well = is_read ? wait_for_end(child, end, stop) : std::nullopt;
  if (ended_well == true) return text;
  wipe(text);
  if (ended_well) return failed("failed");
  if (stop.stop_requested()) return Status::error(Code::kCancelled, fmt::format("'{}' was stopped", words.front()));
  return failed(fmt::format("did not end within {} s, or wrote too much", timeout_s));
}

}  // namespace lode
