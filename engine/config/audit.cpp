// Audit: who asked for which secret, when, and what came of it.
#include "config/audit.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/iso8601.h"
#include "base/time.h"
#include "json/value.h"
#include "json/write.h"

namespace lode {
namespace {

Status failure(const Path& path, int error) {
  const Code code = error == EACCES ? Code::kPermission : error == ENOSPC ? Code::kDiskFull : Code::kIo;
  Status status = Status::error(
      code, fmt::format("cannot write the audit file '{}': {}", path.string(), std::generic_category().message(error)));
  if (error == ELOOP) status.note("it is a symbolic link");
  return status.hint("set runtime.audit_file to a file that lode may append to, or remove the setting");
}

}  // namespace

Result<std::shared_ptr<AuditFile>> AuditFile::open(Env& env, const Path& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return failure(path, errno);
  return std::shared_ptr<AuditFile>(new AuditFile(env, path, descriptor));
}

AuditFile::~AuditFile() { ::close(descriptor_); }

Status AuditFile::record(const SecretAccess& access) {
  json::Value line = json::Value::object({{"time", iso_timestamp(env_.now_us())}});
  if (!access.script.empty()) line.set("script", access.script);
  if (!access.pipeline.empty()) line.set("pipeline", access.pipeline);
  line.set("key", access.key);
  if (access.present) {
    line.set("provider", access.provider);
    line.set("place", access.place);
  }
  line.set("present", access.present);
  line.set("length", static_cast<std::int64_t>(access.length));
  const std::string text = json::write(line) + "\n";
  // One write a line: the system appends it whole, whoever else writes.
  const std::lock_guard lock(mutex_);
  ssize_t written = 0;
  do {
    written = ::write(descriptor_, text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0) return failure(path_, errno);
  if (static_cast<std::size_t>(written) != text.size()) return failure(path_, ENOSPC);
  return {};
}

}  // namespace lode
