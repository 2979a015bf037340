// Audit: who asked for which secret, when, and what came of it. Never the secret.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "config/key_path.h"
#include "env/env.h"

namespace lode {

/// One question for a secret.
struct SecretAccess {
  std::string script;    ///< who asks; "" if that is not known
  std::string pipeline;  ///< "" likewise
  std::string key;       ///< as it was asked for, or where it was found
  std::string provider;  ///< "" if nobody has it
  std::string place;
  bool present = false;
  std::size_t length = 0;  ///< in bytes
};

/// A file of JSON lines that only grows: {"time", "script", "pipeline", "key", "provider", "place", "present",
/// "length"}. Thread-safe; several processes may write to one file.
class AuditFile {
 public:
  /// Creates the file, mode 0600. Errors: kPermission, kIo and the like; a symbolic link is refused (kIo).
  static Result<std::shared_ptr<AuditFile>> open(Env& env, const Path& path);
  ~AuditFile();
  AuditFile(const AuditFile&) = delete;
  AuditFile& operator=(const AuditFile&) = delete;

  /// Whole lines only. Errors: kIo, kDiskFull: a secret that cannot be accounted for must not be handed out.
  Status record(const SecretAccess& access);

 private:
  AuditFile(Env& env, Path path, int descriptor) : env_(env), path_(std::move(path)), descriptor_(descriptor) {}
  Env& env_;
  const Path path_;
  const int descriptor_;
  std::mutex mutex_;
};

}  // namespace lode
