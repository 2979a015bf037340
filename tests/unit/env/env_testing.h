// What the tests of env share.
#pragma once

#include <string>

#include "env/env.h"
#include "support/catch.h"
#include "support/scratch.h"

namespace lode {

using Scratch = test::ScratchFolder;

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
