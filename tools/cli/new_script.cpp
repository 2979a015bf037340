// Scripts that the program writes: where they go, and never over what is there.
#include "new_script.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "script.h"

namespace lode::cli {
namespace {

Failure exists(const std::string& command, const std::string& path) {
  return make_failure("file.exists", fmt::format("{}: '{}' is there already", command, path), {"it stays as it is"},
                      "choose another place with  --output FILE, or remove it first");
}

bool is_there(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0;
}

}  // namespace

Failure file_failure(const std::string& command, const char* verb, const std::string& path, int number) {
  const char* code = number == ENOENT ? "file.not_found" : number == EACCES ? "file.permission" : "file.io";
  return make_failure(code, fmt::format("{}: '{}' cannot be {}: {}", command, path, verb, std::strerror(number)));
}

std::optional<Failure> write_new_script(const std::string& command, const std::string& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return errno == EEXIST ? exists(command, path) : file_failure(command, "written", path, errno);
  std::size_t written = 0;
  int number = 0;
  while (written < text.size() && number == 0) {
    const ssize_t count = write(file, text.data() + written, text.size() - written);
    if (count >= 0) written += static_cast<std::size_t>(count);
    if (count < 0 && errno != EINTR) number = errno;
  }
  if (close(file) != 0 && number == 0) number = errno;
  if (number == 0) return std::nullopt;
  unlink(path.c_str());
  return file_failure(command, "written", path, number);
}

std::string with_slash(const std::string& output) {
  return is_folder(output) && !output.ends_with('/') ? output + "/" : output;
}

std::string new_script_path(const std::string& output, const std::string& name) {
  return output.empty() || is_folder(output) ? with_slash(output) + name + ".lua" : output;
}

std::optional<Failure> check_new_script(const std::string& command, const std::string& output,
                                        const std::string& name) {
  if (output.ends_with('/') && !is_folder(output)) return file_failure(command, "written", output, ENOENT);
  if (!output.empty() && !is_folder(output) && is_there(output)) return exists(command, output);
  // Without a name it is known only later where the script goes.
  const std::string path = name.empty() ? "" : new_script_path(output, name);
  return !path.empty() && is_there(path) ? std::optional(exists(command, path)) : std::nullopt;
}

}  // namespace lode::cli
