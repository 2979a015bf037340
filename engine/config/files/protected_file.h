// Changing a file of the configuration so that nobody can come between, and a crash leaves the old one or the new one.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "base/result.h"
#include "env/env.h"

namespace lode {

/// Of files with secrets: what others may do with one that is there is taken away first.
inline constexpr mode_t kSecretMode = 0600;
/// Of a new file with settings; one that is there keeps its own.
inline constexpr mode_t kSettingMode = 0644;

/// The text that takes the place of the file's; "" of one that is not there.
using FileChange = std::function<Result<std::string>(const std::string& text)>;

/// The folder of `file`, if it is not there yet: for its owner alone, with a .gitignore for secrets.
Status make_config_folder(Env& env, const Path& file);

/// Reads, changes and replaces a file; two that do so at the same time wait for each other. Texts are wiped. Errors:
/// `change`'s; kPermission for a symbolic link, for what is no ordinary file, and for a folder that others may write
/// to.
Status change_protected_file(Env& env, const Path& file, mode_t mode, const FileChange& change);

}  // namespace lode
