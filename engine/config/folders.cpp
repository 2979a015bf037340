// Where configuration files are looked for.
#include "config/folders.h"

#include "base/text.h"

namespace lode {
namespace {

// dlt's rule for its global folder. Its last resort, a folder in /tmp, is left out: anybody could put secrets there.
std::optional<Path> dlt_global_folder(Env& env, const std::string& name) {
  if (env.is_root()) return Path("/var/dlt");
  const std::optional<Path> home = env.home();
  if (!home) return std::nullopt;
  const std::optional<std::string> xdg = env.variable("XDG_DATA_HOME");
  if (xdg && !xdg->empty() && !env.exists(*home / name)) return Path(*xdg) / "dlt";
  return *home / name;
}

}  // namespace

ConfigFolders find_config_folders(Env& env, const Path& project_folder, const std::optional<Path>& global_folder) {
  const std::string dlt_name = env.variable("DLT_CONFIG_FOLDER").value_or(".dlt");
  Path project = project_folder;
  if (project.empty()) project = env.variable("DLT_PROJECT_DIR").value_or("");
  if (project.empty()) project = ".";
  ConfigFolders folders = {{project / ".lode", project / dlt_name}};
  if (global_folder) {
    folders.push_back({*global_folder});
    return folders;
  }
  std::vector<Path> global;
  if (const std::optional<Path> home = env.home()) global.push_back(*home / ".lode");
  if (const std::optional<Path> dlt = dlt_global_folder(env, dlt_name)) global.push_back(*dlt);
  if (!global.empty()) folders.push_back(std::move(global));
  return folders;
}

}  // namespace lode
