// BodyFile: an answer's body on its way into a file. Private to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "env/env.h"

namespace lode {

/// The file is there whole or not at all: until finish() the bytes are in "<file>.part" beside it, which goes with this
/// object. Used by one thread at a time.
class BodyFile {
 public:
  BodyFile(Env& env, Path file);
  ~BodyFile();
  BodyFile(const BodyFile&) = delete;

  /// Begins, or begins anew. Errors: those of the file.
  Status begin();
  Status add(std::string_view bytes);
  std::uint64_t size() const { return size_; }
  /// Puts the file in its place, also when there was no body. REQUIRES: begin()
  Status finish();

 private:
  Env& env_;
  const Path file_;
  const Path part_;
  std::unique_ptr<AppendFile> open_;
  std::uint64_t size_ = 0;
};

}  // namespace lode
