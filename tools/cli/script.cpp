// The script of `lode run` and `lode check`: from what the user typed to a name and a text.
#include "script.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "text.h"

namespace lode::cli {
namespace {

bool is_there(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0;
}

// Scripts in a folder: Lua files, and folders with init.lua.
std::vector<std::string> scripts_in(const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> handle(opendir(folder.empty() ? "." : folder.c_str()), closedir);
  if (!handle) return names;
  while (const dirent* entry = readdir(handle.get())) {
    const std::string name = entry->d_name;
    const bool is_lua = name.size() > 4 && name.compare(name.size() - 4, 4, ".lua") == 0;
    if (is_lua || is_there(folder + name + "/init.lua")) names.push_back(name);
  }
  return names;
}

Failure no_script(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const std::vector<std::string> names = scripts_in(folder);
  std::string guess = closest(name, names);
  for (const std::string& other : names) {
    if (other == name + ".lua") guess = other;
  }
  return make_failure("lua.no_script", fmt::format("there is no script '{}'", path), {},
                      guess.empty() ? "a script is a Lua file, or a folder with an init.lua"
                                    : fmt::format("did you mean '{}{}'?", folder, guess));
}

bool read_whole(const std::string& path, std::string& content) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  if (!file) return false;
  char buffer[16384];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, file.get())) content.append(buffer, got);
  return std::ferror(file.get()) == 0;
}

}  // namespace

bool is_folder(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::optional<Script> read_script(const std::string& path, Failure& failure) {
  Script script;
  script.name = path;
  if (is_folder(path)) {
    while (script.name.size() > 1 && script.name.back() == '/') script.name.pop_back();
    script.name += "/init.lua";
    if (!is_there(script.name)) {
      failure = make_failure("lua.no_script", fmt::format("the folder '{}' has no init.lua", path), {},
                             "name the script itself, or call the one to run init.lua");
      return std::nullopt;
    }
  }
  if (!read_whole(script.name, script.source)) {
    const int error = errno;
    failure = error == ENOENT || error == ENOTDIR
                  ? no_script(path)
                  : make_failure("lua.no_script", fmt::format("cannot read '{}': {}", path, std::strerror(error)));
    return std::nullopt;
  }
  // As Lua's own interpreter does: "#!/usr/bin/env -S lode run" makes a script executable.
  if (script.source.compare(0, 3, "\xEF\xBB\xBF") == 0) script.source.erase(0, 3);
  if (!script.source.empty() && script.source[0] == '#') script.source.insert(0, "--");
  if (script.source.find('\0') != std::string::npos) {
    failure =
        make_failure("lua.no_script", fmt::format("'{}' is not a Lua script: it has bytes that no text has", path), {},
                     "scripts are Lua source; compiled Lua is not accepted");
    return std::nullopt;
  }
  return script;
}

}  // namespace lode::cli
