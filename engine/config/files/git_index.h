// Whether git keeps a file: read from the repository's index, without running git.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "env/env.h"

namespace lode {

/// The folder that has the repository of `file` (".git" beside it or above); nullopt: none.
std::optional<Path> find_repository(Env& env, const Path& file);

/// Whether the file is in the index of the repository: what is there gets into every copy. Errors: kIo and the like,
/// and kConfigUnreadable for an index that is not understood.
Result<bool> is_tracked_by_git(Env& env, const Path& repository, const Path& file);

/// Whether a line of a .gitignore, from the repository's folder down to the file's, plainly names the file, its folder
/// or all files of its kind. Patterns that need more than '*' at the begin are not understood and count as no.
bool is_ignored_by_git(Env& env, const Path& repository, const Path& file);

/// Names of all files in an index, versions 2 to 4. nullopt: not understood.
std::optional<std::vector<std::string>> names_in_git_index(std::string_view bytes);

}  // namespace lode
