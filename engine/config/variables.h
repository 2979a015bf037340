// Variables: the environment variables of the process, and those of a project's .env file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "env/env.h"

namespace lode {

/// A variable of the process wins over the file's. The file is read once, the process's variables at every question.
/// Immutable: any thread may ask.
class Variables {
 public:
  /// `file` may be absent, or "" for none. Errors: kConfigUnreadable, with the line.
  static Result<Variables> open(Env& env, const Path& file);

  std::optional<std::string> find(const std::string& name) const;
  /// "NAME", or "NAME in /srv/.env".
  std::string place_of(const std::string& name) const;
  bool has_file() const { return has_file_; }
  const Path& file() const { return file_; }
  std::vector<std::string> names_in_file() const;

 private:
  explicit Variables(Env& env) : env_(&env) {}
  Env* env_;
  Path file_;
  bool has_file_ = false;
  std::map<std::string, std::string> from_file_;
};

}  // namespace lode
