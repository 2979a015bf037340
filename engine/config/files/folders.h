// Where configuration files are looked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "env/env.h"

namespace lode {

/// Groups of folders, most important first; the folders of a group belong to one place (.lode and .dlt beside each
/// other).
using ConfigFolders = std::vector<std::vector<Path>>;

/// The project's .lode and .dlt, then the user's. `project_folder` "": DLT_PROJECT_DIR, else the current folder.
/// `global_folder`: the one folder to use instead of the user's. DLT_CONFIG_FOLDER renames .dlt. Pure but for `env`.
ConfigFolders find_config_folders(Env& env, const Path& project_folder, const std::optional<Path>& global_folder);

/// The project's folder, from the root: `project_folder`, DLT_PROJECT_DIR, or the current one.
Path project_folder_of(Env& env, const Path& project_folder);

/// The profile in use, "" for none: `given`, else LODE_PROFILE, else, in a folder that is a workspace (its .lode or
/// .dlt has a file ".workspace"): WORKSPACE__PROFILE, the first line of the file "profile-name", or "dev". Errors:
/// kConfigInvalid for a name that could not be part of a file's name.
Result<std::string> find_profile(Env& env, const Path& project_folder, const std::string& given);

/// The project's .env; LODE_ENV_FILE names another, and "" none.
Path find_env_file(Env& env, const Path& project_folder);

}  // namespace lode
