// Where configuration files are looked for.
#pragma once

#include <optional>
#include <vector>

#include "env/env.h"

namespace lode {

/// Groups of folders, most important first; the folders of a group belong to one place (.lode and .dlt beside each
/// other).
using ConfigFolders = std::vector<std::vector<Path>>;

/// The project's .lode and .dlt, then the user's. `project_folder` "": DLT_PROJECT_DIR, else the current folder.
/// `global_folder`: the one folder to use instead of the user's. DLT_CONFIG_FOLDER renames .dlt. Pure but for `env`.
ConfigFolders find_config_folders(Env& env, const Path& project_folder, const std::optional<Path>& global_folder);

}  // namespace lode
