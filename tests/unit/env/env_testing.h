// What the tests of env share: a scratch folder that goes away, and quick checks.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "env/env.h"
#include "support/catch.h"

namespace lode {

/// A new folder, removed with everything in it at the end.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lode_env_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) FAIL("no scratch folder");
    folder_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  Path operator/(const std::string& name) const { return folder_ / name; }
  const Path& folder() const { return folder_; }

 private:
  Path folder_;
};

inline std::string contents(const Path& path) {
  const auto text = Env::real().read_file(path);
  if (!text.ok()) FAIL(text.status().render());
  return *text;
}

inline void put(const Path& path, std::string_view bytes) {
  const Status status = Env::real().write_file(path, bytes);
  if (!status.ok()) FAIL(status.render());
}

/// Fails unless `status` is an error of this code whose message contains `part`.
inline void check_error(const Status& status, Code code, const std::string& part) {
  INFO(status.render());
  CHECK(status.code() == code);
  CHECK(status.message().find(part) != std::string::npos);
}

}  // namespace lode
