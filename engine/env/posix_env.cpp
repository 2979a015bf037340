// Env on POSIX systems.
#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/assert.h"
#include "base/text.h"
#include "env/env.h"

namespace lode {
namespace {

Code code_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Code::kNotFound;
    case EEXIST:
    case ENOTEMPTY:
      return Code::kExists;
    case EACCES:
    case EPERM:
      return Code::kPermission;
    case EROFS:
      return Code::kReadOnly;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Code::kDiskFull;
    default:
      return Code::kIo;
  }
}

/// "cannot read '/data/a.json': Permission denied". `doing` is a verb that fits after "cannot".
Status failure(std::string_view doing, const Path& path, int error) {
  return Status::error(code_of(error),
                       fmt::format("cannot {} '{}': {}", doing, path.string(), std::generic_category().message(error)));
}

/// A file descriptor that is closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      close();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  ~Descriptor() { close(); }

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  /// 0 or errno.
  int close() {
    if (number_ < 0) return 0;
    // After EINTR Linux has closed it all the same; trying again could close another thread's file.
    const int result = ::close(std::exchange(number_, -1));
    return result == 0 || errno == EINTR ? 0 : errno;
  }

 private:
  int number_;
};

Descriptor open_file(const Path& path, int flags, unsigned mode = 0) {
  for (;;) {
    Descriptor file(::open(path.c_str(), flags | O_CLOEXEC, mode));
    if (file.is_open() || errno != EINTR) return file;
  }
}

/// 0 or errno.
int write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

/// 0 or errno.
int sync_descriptor(int file) {
  while (::fsync(file) != 0) {
    if (errno == EINTR) continue;
    // Some file systems have nothing to sync for a folder or a pipe and say so.
    return errno == EINVAL || errno == ENOTSUP ? 0 : errno;
  }
  return 0;
}

class PosixAppendFile : public AppendFile {
 public:
  PosixAppendFile(Path path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  Status append(std::string_view bytes) override {
    if (failed_ != 0) return failure("write to", path_, failed_);
    LODE_ASSERT(file_.is_open());
    size_ += bytes.size();
    const int error = write_all(file_.number(), bytes);
    return error != 0 ? fail("write to", error) : Status();
  }

  void start_sync() override {
#ifdef SYNC_FILE_RANGE_WRITE
    if (file_.is_open()) (void)::sync_file_range(file_.number(), 0, 0, SYNC_FILE_RANGE_WRITE);
#endif
  }

  Status sync() override {
    if (failed_ != 0) return failure("write to", path_, failed_);
    if (const int error = sync_descriptor(file_.number())) return fail("sync", error);
    return {};
  }

  Status close() override {
    const int error = file_.is_open() ? file_.close() : 0;
    if (failed_ != 0) return failure("close", path_, failed_);
    return error != 0 ? fail("close", error) : Status();
  }

  std::uint64_t size() const override { return size_; }

 private:
  Status fail(std::string_view doing, int error) {
    failed_ = error;
    return failure(doing, path_, error);
  }

  Path path_;
  Descriptor file_;
  std::uint64_t size_ = 0;
  int failed_ = 0;  // the first error; nothing may follow a hole
};

class PosixReadFile : public ReadFile {
 public:
  PosixReadFile(Path path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    std::size_t used = 0;
    while (used < size) {
      const ssize_t got = ::read(file_.number(), buffer + used, size - used);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failure("read", path_, errno);
      if (got == 0) break;
      used += static_cast<std::size_t>(got);
    }
    return used;
  }

 private:
  Path path_;
  Descriptor file_;
};

class PosixMappedFile : public MappedFile {
 public:
  PosixMappedFile(void* start, std::size_t size) : start_(start), size_(size) {}
  ~PosixMappedFile() override {
    if (size_ > 0) ::munmap(start_, size_);
  }
  std::string_view bytes() const override { return {static_cast<const char*>(start_), size_}; }

 private:
  void* start_;
  std::size_t size_;
};

class PosixFileLock : public FileLock {
 public:
  explicit PosixFileLock(Descriptor file) : file_(std::move(file)) {}
  // Who holds it is in the file only while it is held. Closing lets go of the lock.
  ~PosixFileLock() override { (void)!::ftruncate(file_.number(), 0); }

 private:
  Descriptor file_;
};

/// 0 or errno.
int sync_path(const Path& folder) {
  const Descriptor file = lode::open_file(folder, O_RDONLY | O_DIRECTORY);
  return file.is_open() ? sync_descriptor(file.number()) : errno;
}

Path folder_of(const Path& path) {
  const Path parent = path.parent_path();
  return parent.empty() ? Path(".") : parent;
}

class PosixEnv : public Env {
 public:
  Result<std::string> read_file(const Path& path) override;
  Result<std::unique_ptr<ReadFile>> open_file(const Path& path) override;
  Result<std::shared_ptr<const MappedFile>> map_file(const Path& path) override;
  Result<std::unique_ptr<AppendFile>> create_file(const Path& path) override;
  Status write_file(const Path& path, std::string_view bytes, unsigned mode) override;
  Status replace(const Path& source, const Path& target) override;
  Status make_folders(const Path& path) override;
  Status remove_file(const Path& path) override;
  Status remove_tree(const Path& path) override;
  Status sync_folder(const Path& path) override;
  Result<std::vector<FolderEntry>> list_folder(const Path& path) override;
  bool exists(const Path& path) override;
  Result<std::unique_ptr<FileLock>> lock_file(const Path& path) override;
  std::int64_t now_us() override;
  std::int64_t steady_us() override;
  std::optional<std::string> variable(const std::string& name) override;
  std::optional<Path> home() override;
  bool is_root() override { return ::geteuid() == 0; }

 private:
  std::atomic<std::int64_t> last_us_{0};
  std::atomic<unsigned> temporary_{0};
};

Result<std::string> PosixEnv::read_file(const Path& path) {
  const Descriptor file = lode::open_file(path, O_RDONLY);
  if (!file.is_open()) return failure("open", path, errno);
  struct stat facts {};
  if (::fstat(file.number(), &facts) != 0) return failure("read", path, errno);
  if (S_ISDIR(facts.st_mode)) return failure("read", path, EISDIR);
  // The size is only a hint: it is 0 for pipes and files in /proc, and the file may be growing.
  std::string text(static_cast<std::size_t>(std::max<off_t>(facts.st_size, 0)) + 1, '\0');
  for (std::size_t used = 0;;) {
    const ssize_t got = ::read(file.number(), text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read", path, errno);
    used += static_cast<std::size_t>(got);
    if (got == 0) {
      text.resize(used);
      return text;
    }
    if (used == text.size()) text.resize(std::max<std::size_t>(4096, text.size() * 2));
  }
}

Result<std::unique_ptr<ReadFile>> PosixEnv::open_file(const Path& path) {
  if (path == "-") {
    Descriptor input(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
    if (!input.is_open()) return failure("read", "standard input", errno);
    return std::unique_ptr<ReadFile>(std::make_unique<PosixReadFile>("standard input", std::move(input)));
  }
  Descriptor file = lode::open_file(path, O_RDONLY);
  if (!file.is_open()) return failure("open", path, errno);
  struct stat facts {};
  if (::fstat(file.number(), &facts) != 0) return failure("read", path, errno);
  if (S_ISDIR(facts.st_mode)) return failure("read", path, EISDIR);
  return std::unique_ptr<ReadFile>(std::make_unique<PosixReadFile>(path, std::move(file)));
}

Result<std::shared_ptr<const MappedFile>> PosixEnv::map_file(const Path& path) {
  const Descriptor file = lode::open_file(path, O_RDONLY);
  if (!file.is_open()) return failure("open", path, errno);
  struct stat facts {};
  if (::fstat(file.number(), &facts) != 0) return failure("read", path, errno);
  if (S_ISDIR(facts.st_mode)) return failure("read", path, EISDIR);
  const auto size = static_cast<std::size_t>(facts.st_size);
  void* start = nullptr;
  if (size > 0) {  // mmap refuses to map nothing
    start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
    if (start == MAP_FAILED) return failure("map", path, errno);
  }
  return std::shared_ptr<const MappedFile>(std::make_shared<PosixMappedFile>(start, size));
}

Result<std::unique_ptr<AppendFile>> PosixEnv::create_file(const Path& path) {
  Descriptor file = lode::open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (!file.is_open()) return failure("create", path, errno);
  return std::unique_ptr<AppendFile>(std::make_unique<PosixAppendFile>(path, std::move(file)));
}

Status PosixEnv::write_file(const Path& path, std::string_view bytes, unsigned mode) {
  // In the same folder, so that the rename stays within one file system.
  Path temporary = path;
  temporary += fmt::format(".{}-{}.tmp", ::getpid(), temporary_.fetch_add(1));
  Descriptor file = lode::open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
  if (!file.is_open()) return failure("create", path, errno);
  // Who has closed a file to others expects that it stays so.
  struct stat old {};
  if (::stat(path.c_str(), &old) == 0) (void)!::fchmod(file.number(), old.st_mode & 07777);
  int error = write_all(file.number(), bytes);
  if (error == 0) error = sync_descriptor(file.number());
  if (const int closed = file.close(); error == 0) error = closed;
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    return failure("write", path, error);
  }
  return sync_folder(folder_of(path));
}

Status PosixEnv::replace(const Path& source, const Path& target) {
  if (::rename(source.c_str(), target.c_str()) != 0) {
    const int error = errno;
    return Status::error(code_of(error), fmt::format("cannot move '{}' to '{}': {}", source.string(), target.string(),
                                                     std::generic_category().message(error)));
  }
  LODE_TRY(sync_folder(folder_of(target)));
  return folder_of(source) == folder_of(target) ? Status() : sync_folder(folder_of(source));
}

Status PosixEnv::make_folders(const Path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return {};
  // The library says that a file in this place is "not a directory".
  const bool is_taken = error == std::errc::not_a_directory && exists(path);
  return failure("make folder", path, is_taken ? EEXIST : error.value());
}

Status PosixEnv::remove_file(const Path& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return failure("remove", path, errno);
}

Status PosixEnv::remove_tree(const Path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  return error ? failure("remove", path, error.value()) : Status();
}

Status PosixEnv::sync_folder(const Path& path) {
  const int error = sync_path(path);
  return error != 0 ? failure("sync folder", path, error) : Status();
}

Result<std::vector<FolderEntry>> PosixEnv::list_folder(const Path& path) {
  std::vector<FolderEntry> entries;
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    FolderEntry found;
    found.name = entry->path().filename().string();
    std::error_code vanished;  // another process may remove files while we look: then they count as empty
    found.is_folder = entry->is_directory(vanished);
    if (!found.is_folder && entry->is_regular_file(vanished)) {
      const std::uintmax_t bytes = entry->file_size(vanished);
      found.bytes = vanished ? 0 : bytes;
    }
    entries.push_back(std::move(found));
  }
  if (error == std::errc::no_such_file_or_directory) return std::vector<FolderEntry>();
  if (error) return failure("list", path, error.value());
  std::sort(entries.begin(), entries.end(), [](const FolderEntry& a, const FolderEntry& b) { return a.name < b.name; });
  return entries;
}

bool PosixEnv::exists(const Path& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0;
}

Result<std::unique_ptr<FileLock>> PosixEnv::lock_file(const Path& path) {
  Descriptor file = lode::open_file(path, O_RDWR | O_CREAT, 0644);
  if (!file.is_open()) return failure("open lock", path, errno);
  if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return failure("lock", path, errno);
    char holder[32];
    const ssize_t got = ::pread(file.number(), holder, sizeof holder, 0);
    const std::string_view pid = trim(std::string_view(holder, got > 0 ? static_cast<std::size_t>(got) : 0));
    return Status::error(Code::kLocked, pid.empty() ? fmt::format("'{}' is locked by another process", path.string())
                                                    : fmt::format("'{}' is locked by process {}", path.string(), pid));
  }
  // For the message of whoever comes second; that it cannot be written must not keep us from working.
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(file.number(), 0) == 0) (void)!::pwrite(file.number(), pid.data(), pid.size(), 0);
  return std::unique_ptr<FileLock>(std::make_unique<PosixFileLock>(std::move(file)));
}

std::int64_t PosixEnv::now_us() {
  using namespace std::chrono;
  const std::int64_t clock = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  std::int64_t last = last_us_.load(std::memory_order_relaxed);
  for (;;) {
    // A clock that was set back, or was asked twice within a microsecond, still moves on here.
    const std::int64_t now = std::max(clock, last + 1);
    if (last_us_.compare_exchange_weak(last, now, std::memory_order_relaxed)) return now;
  }
}

std::int64_t PosixEnv::steady_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

std::optional<std::string> PosixEnv::variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

std::optional<Path> PosixEnv::home() {
  std::string folder = variable("HOME").value_or("");
  if (folder.empty()) {
    char buffer[4096];
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(::geteuid(), &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr)
      folder = found->pw_dir;
  }
  if (folder.empty() || ::access(folder.c_str(), W_OK) != 0) return std::nullopt;
  return Path(folder);
}

}  // namespace

Env& Env::real() {
  static PosixEnv* const env = new PosixEnv;  // never destroyed: threads may outlive main()
  return *env;
}

}  // namespace lode
