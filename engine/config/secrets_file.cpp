// Writing secrets into secrets.toml.
#include "config/secrets_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <system_error>

#include "config/provider.h"
#include "config/toml.h"
#include "config/toml_edit.h"

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

// A folder of our own making keeps its secrets out of git.
Status make_folder(Env& env, const Path& folder) {
  if (env.exists(folder)) return {};
  LODE_TRY(env.make_folders(folder));
  if (::chmod(folder.c_str(), 0700) != 0) return failure("protect", folder, errno);
  return env.write_file(folder / ".gitignore", "# Secrets stay on this machine.\nsecrets.toml\n*.secrets.toml\n");
}

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

// The file's text, "" if it is not there, with all that others may do with it taken away first.
Result<std::string> read_protected(const Path& file) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (opened.number() < 0) {
    if (errno == ENOENT) return std::string();
    if (errno != ELOOP) return failure("read", file, errno);
    return Status::error(Code::kPermission, fmt::format("'{}' is a symbolic link", file.string()))
        .hint("secrets are not written through links: name the real file's project, or replace the link by a file");
  }
  struct stat facts {};
  if (::fstat(opened.number(), &facts) != 0) return failure("look at", file, errno);
  if (!S_ISREG(facts.st_mode)) {
    return Status::error(Code::kPermission, fmt::format("'{}' is no ordinary file", file.string()));
  }
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  if ((facts.st_mode & kOthers) != 0 && ::fchmod(opened.number(), facts.st_mode & ~kOthers & 07777) != 0) {
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

using Change = std::function<Result<std::string>(const std::string& text)>;

// Reads, changes and replaces the file; two that do so at the same time wait for each other.
Status change_file(Env& env, const Path& file, const Change& change) {
  const Path folder = folder_of(file);
  const Descriptor held(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (held.number() < 0) return failure("open", folder, errno);
  LODE_TRY(check_folder(folder, held.number()));
  if (::flock(held.number(), LOCK_EX) != 0) return failure("lock", folder, errno);
  LODE_ASSIGN(std::string text, read_protected(file));
  Result<std::string> changed = change(text);
  if (!changed.ok()) {
    wipe(text);
    return std::move(changed).status();
  }
  Status status = *changed == text ? Status() : env.write_file(file, *changed, 0600);
  wipe(text);
  wipe(*changed);
  return status;
}

}  // namespace

Result<Path> secrets_file_for(Env& env, const ConfigFolders& folders, const std::string& profile, const KeyPath& key) {
  const std::string name = (profile.empty() ? "" : profile + ".") + "secrets.toml";
  const std::vector<Path>& project = folders.front();
  std::optional<Path> there;
  for (const Path& folder : project) {
    const Path file = folder / name;
    const Result<std::string> text = env.read_file(file);
    if (!text.ok()) continue;
    if (!there) there = file;
    const Result<json::Value> document = parse_toml(*text, file.string());
    if (document.ok() && find_at(*document, key.parts) != nullptr) return file;
  }
  if (there) return *there;
  for (auto folder = project.rbegin(); folder != project.rend(); ++folder) {
    if (env.exists(*folder)) return *folder / name;
  }
  return project.front() / name;
}

Result<SecretChange> write_secret(Env& env, const Path& file, const KeyPath& key, const Secret& value) {
  LODE_TRY(make_folder(env, folder_of(file)));
  SecretChange outcome;
  const Status status = change_file(env, file, [&](const std::string& text) -> Result<std::string> {
    LODE_ASSIGN(json::Value document, parse_toml(text, file.string()));
    const json::Value* before = find_at(document, key.parts);
    outcome.was_there = before != nullptr;
    outcome.same = before != nullptr && before->is_text() && before->as_text() == value.reveal();
    wipe(document);
    if (outcome.same) return text;
    return toml_set(text, file.string(), key, value.reveal());
  });
  if (!status.ok()) return status;
  return outcome;
}

Status remove_secret(Env& env, const Path& file, const KeyPath& key) {
  if (!env.exists(file)) {
    return Status::error(Code::kNotFound, fmt::format("there is no file '{}'", file.string()));
  }
  return change_file(env, file, [&](const std::string& text) { return toml_remove(text, file.string(), key); });
}

}  // namespace lode
