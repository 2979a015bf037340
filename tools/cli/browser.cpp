// The user's browser.
#include "browser.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace lode::cli {
namespace {

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

// In the child's child: nobody waits for it, and what it says does not come between our lines.
[[noreturn]] void become(const char* program, const char* url) {
  setsid();
  const int nowhere = open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, stream);
  execlp(program, program, url, nullptr);
  _exit(127);
}

// Whether the program is one that can be started.
bool is_there(const char* program) {
  if (std::strchr(program, '/') != nullptr) return access(program, X_OK) == 0;
  const char* path = std::getenv("PATH");
  std::string rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t end = rest.find(':');
    if (access((rest.substr(0, end) + "/" + program).c_str(), X_OK) == 0) return true;
    rest = end == std::string::npos ? "" : rest.substr(end + 1);
  }
  return false;
}

}  // namespace

bool open_browser(const std::string& url) {
  const bool has_own = is_set("BROWSER");
  if (!has_own && !is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY")) return false;
  const std::string own = has_own ? std::getenv("BROWSER") : "";
  const std::string first = own.substr(0, own.find(':'));
  const char* program = has_own ? first.c_str() : "xdg-open";
  if (!is_there(program)) return false;
  const pid_t child = fork();
  if (child < 0) return false;
  if (child == 0) {
    if (fork() == 0) become(program, url.c_str());
    _exit(0);
  }
  return waitpid(child, nullptr, 0) == child;
}

}  // namespace lode::cli
