// Changing a file of the configuration so that nobody can come between, and a crash leaves the old one or the new one.
#include "config/files/protected_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "config/secret.h"

namespace lode {
namespace {

Status failure(std::string_view what, const Path& path, int error) {
  const Code code = error == ENOENT   ? Code::kNotFound
                    : error == EACCES ? Code::kPermission
                    : error == EPERM  ? Code::kPermission
                                      : Code::kIo;
  return Status::error(code,
                       fmt::format("cannot {} '{}': {}", what, path.string(), std::generic_category().message(error)));
}

// Closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Path folder_of(const Path& file) { return file.has_parent_path() ? file.parent_path() : Path("."); }

// Who may write to a folder may put another file in the place of ours.
Status check_folder(const Path& folder, int descriptor) {
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0) return failure("look at", folder, errno);
  const bool is_open = (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (facts.st_mode & S_ISVTX) == 0;
  const bool is_foreign = facts.st_uid != ::geteuid() && facts.st_uid != 0 && ::geteuid() != 0;
  if (!is_open && !is_foreign) return {};
  Status status = Status::error(Code::kPermission,
                                is_foreign ? fmt::format("the folder '{}' belongs to another user", folder.string())
                                           : fmt::format("other users may write to the folder '{}'", folder.string()));
  return std::move(status).hint(fmt::format("chmod go-w {}", folder.string()));
}

// The file's text, "" if it is not there; `mode` becomes the one it is to have. From a file with secrets all that
// others may do is taken away first.
Result<std::string> read_protected(const Path& file, mode_t& mode) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (opened.number() < 0) {
    if (errno == ENOENT) return std::string();
    if (errno != ELOOP) return failure("read", file, errno);
    return Status::error(Code::kPermission, fmt::format("'{}' is a symbolic link", file.string()))
        .hint(
            "the configuration is not written through links: name the real file's project, or replace the link by a "
            "file");
  }
  struct stat facts {};
  if (::fstat(opened.number(), &facts) != 0) return failure("look at", file, errno);
  if (!S_ISREG(facts.st_mode)) {
    return Status::error(Code::kPermission, fmt::format("'{}' is no ordinary file", file.string()));
  }
  const mode_t now = facts.st_mode & 07777;
  const mode_t of_others = now & (S_IRWXG | S_IRWXO);
  if (mode != kSecretMode) {
    mode = now;
  } else if (of_others != 0 && ::fchmod(opened.number(), now & ~of_others) != 0) {
    return failure("protect", file, errno);
  }
  std::string text(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t used = 0;
  while (used < text.size()) {
    const ssize_t got = ::read(opened.number(), text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read", file, errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  text.resize(used);
  return text;
}

}  // namespace

Status make_config_folder(Env& env, const Path& file) {
  const Path folder = folder_of(file);
  if (env.exists(folder)) return {};
  LODE_TRY(env.make_folders(folder));
  if (::chmod(folder.c_str(), 0700) != 0) return failure("protect", folder, errno);
  return env.write_file(folder / ".gitignore",
                        "# Secrets stay on this machine.\nsecrets.toml\n*.secrets.toml\n*secrets.toml.*.tmp\n");
}

Status change_protected_file(Env& env, const Path& file, mode_t mode, const FileChange& change) {
  const Path folder = folder_of(file);
  const Descriptor held(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (held.number() < 0) return failure("open", folder, errno);
  LODE_TRY(check_folder(folder, held.number()));
  if (::flock(held.number(), LOCK_EX) != 0) return failure("lock", folder, errno);
  LODE_ASSIGN(std::string text, read_protected(file, mode));
  Result<std::string> changed = change(text);
  if (!changed.ok()) {
    wipe(text);
    return std::move(changed).status();
  }
  Status status = *changed == text ? Status() : env.write_file(file, *changed, mode);
  wipe(text);
  wipe(*changed);
  return status;
}

}  // namespace lode
