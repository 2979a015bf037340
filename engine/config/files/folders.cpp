// Where configuration files are looked for.
#include "config/files/folders.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

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

Path project_folder_of(Env& env, const Path& project_folder) {
  Path folder = project_folder;
  if (folder.empty()) folder = env.variable("DLT_PROJECT_DIR").value_or("");
  if (folder.empty()) folder = ".";
  std::error_code failed;  // the current folder may be gone
  const Path absolute = std::filesystem::absolute(folder, failed).lexically_normal();
  if (failed) return folder;
  return absolute.has_filename() ? absolute : absolute.parent_path();  // "/srv/shop/." ends in "/"
}

ConfigFolders find_config_folders(Env& env, const Path& project_folder, const std::optional<Path>& global_folder) {
  const std::string dlt_name = env.variable("DLT_CONFIG_FOLDER").value_or(".dlt");
  const Path project = project_folder_of(env, project_folder);
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

namespace {

Result<std::string> checked_profile(const std::string& name, const std::string& place) {
  const bool fits = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  });
  if (fits) return name;
  return Status::error(Code::kConfigInvalid, fmt::format("'{}' is no name of a profile", shorten(name, 60)))
      .with("in", place)
      .hint("a profile is named with letters, digits, '_' and '-': dev, prod");
}

}  // namespace

Result<std::string> find_profile(Env& env, const Path& project_folder, const std::string& given) {
  if (!given.empty()) return checked_profile(given, "the command line");
  if (const auto own = env.variable("LODE_PROFILE"); own && !own->empty()) return checked_profile(*own, "LODE_PROFILE");
  const Path project = project_folder_of(env, project_folder);
  for (const Path& folder : {project / ".lode", project / env.variable("DLT_CONFIG_FOLDER").value_or(".dlt")}) {
    if (!env.exists(folder / ".workspace")) continue;
    if (const auto named = env.variable("WORKSPACE__PROFILE"); named && !named->empty()) {
      return checked_profile(*named, "WORKSPACE__PROFILE");
    }
    const Path pin = folder / "profile-name";
    Result<std::string> text = env.read_file(pin);
    if (text.ok()) return checked_profile(std::string(trim(split(*text, '\n').front())), pin.string());
    if (text.status().code() == Code::kNotFound) return std::string("dev");
    return std::move(text).status();
  }
  return std::string();
}

Path find_env_file(Env& env, const Path& project_folder) {
  if (const auto named = env.variable("LODE_ENV_FILE")) return Path(*named);
  return project_folder_of(env, project_folder) / ".env";
}

}  // namespace lode
