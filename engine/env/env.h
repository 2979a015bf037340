// Env: the machine as the engine sees it: files, clock, environment variables.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lode {

using Path = std::filesystem::path;

/// A file that is written from front to end. Used by one thread at a time. Not buffered, so append large pieces: what
/// was appended is seen by whoever opens the file. Errors: kDiskFull, kIo; after one, every call answers it.
class AppendFile {
 public:
  virtual ~AppendFile() = default;
  virtual Status append(std::string_view bytes) = 0;
  virtual void start_sync() {}             ///< asks for what was appended to go to the disk soon; does not wait
  virtual Status sync() = 0;               ///< on the disk (fsync)
  virtual Status close() = 0;              ///< not synced
  virtual std::uint64_t size() const = 0;  ///< bytes appended so far
};

/// A file that is read from front to end, pipes included. Used by one thread at a time.
class ReadFile {
 public:
  virtual ~ReadFile() = default;
  /// Fills `buffer` as far as bytes are to be had; fewer than `size` only at the end. 0: the end. Errors: kIo.
  virtual Result<std::size_t> read(char* buffer, std::size_t size) = 0;
};

/// The bytes of a whole file, mapped read-only. Any thread may read it. Unmapped when destroyed.
class MappedFile {
 public:
  virtual ~MappedFile() = default;
  virtual std::string_view bytes() const = 0;
};

/// Held while the object lives; the system lets go when the process dies.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

struct FolderEntry {
  std::string name;
  bool is_folder = false;
  std::uint64_t bytes = 0;
};

/// Everything that could make two runs differ goes through here. All methods are thread-safe. Errors name the path:
/// kNotFound, kExists, kPermission, kReadOnly, kDiskFull, kIo.
class Env {
 public:
  virtual ~Env() = default;
  /// The real machine. Lives as long as the process.
  static Env& real();

  // Files
  virtual Result<std::string> read_file(const Path& path) = 0;
  /// "-" is standard input.
  virtual Result<std::unique_ptr<ReadFile>> open_file(const Path& path) = 0;
  virtual Result<std::shared_ptr<const MappedFile>> map_file(const Path& path) = 0;
  /// Creates or truncates.
  virtual Result<std::unique_ptr<AppendFile>> create_file(const Path& path) = 0;
  /// Writes the whole file so that after a crash the old or the new content is there, whole: temporary file, fsync,
  /// rename, fsync of the folder. `mode` is the permission of a new file; one that is there keeps its own.
  virtual Status write_file(const Path& path, std::string_view bytes, unsigned mode = 0644) = 0;
  /// Puts `source` (file or folder) in the place of `target`, in one step: after a crash, one or the other is there,
  /// whole. Durable once it returns ok. A target folder must be empty or absent.
  virtual Status replace(const Path& source, const Path& target) = 0;
  virtual Status make_folders(const Path& path) = 0;  ///< ok if it is there
  virtual Status remove_file(const Path& path) = 0;   ///< ok if it is not there
  virtual Status remove_tree(const Path& path) = 0;   ///< ok if it is not there
  virtual Status sync_folder(const Path& path) = 0;
  /// Sorted by name; empty if the folder is not there.
  virtual Result<std::vector<FolderEntry>> list_folder(const Path& path) = 0;
  virtual bool exists(const Path& path) = 0;
  /// Takes the lock or answers kLocked at once. Creates the file.
  virtual Result<std::unique_ptr<FileLock>> lock_file(const Path& path) = 0;

  // Clock
  /// UTC, in microseconds since 1970. Never smaller than an earlier answer to this process.
  virtual std::int64_t now_us() = 0;
  /// For durations only.
  virtual std::int64_t steady_us() = 0;

  // Environment
  virtual std::optional<std::string> variable(const std::string& name) = 0;
  /// The user's home folder; nullopt if there is none or it is not writable.
  virtual std::optional<Path> home() = 0;
  virtual bool is_root() = 0;
};

}  // namespace lode
