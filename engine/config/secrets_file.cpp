// Writing secrets into secrets.toml, and settings into config.toml.
#include "config/secrets_file.h"

#include <fmt/format.h>

#include "config/protected_file.h"
#include "config/provider.h"
#include "config/toml.h"
#include "config/toml_edit.h"

namespace lode {
namespace {

Result<Path> project_file_for(Env& env, const ConfigFolders& folders, const std::string& name, const KeyPath& key) {
  const std::vector<Path>& project = folders.front();
  std::optional<Path> there;
  for (const Path& folder : project) {
    const Path file = folder / name;
    const Result<std::string> text = env.read_file(file);
    if (!text.ok()) continue;
    if (!there) there = file;
    const Result<json::Value> document = parse_toml(*text, file.string());
    if (document.ok() && find_at(*document, key.parts) != nullptr) return file;
  }
  if (there) return *there;
  for (auto folder = project.rbegin(); folder != project.rend(); ++folder) {
    if (env.exists(*folder)) return *folder / name;
  }
  return project.front() / name;
}

std::string profile_prefix(const std::string& profile) { return profile.empty() ? "" : profile + "."; }

}  // namespace

Result<Path> secrets_file_for(Env& env, const ConfigFolders& folders, const std::string& profile, const KeyPath& key) {
  return project_file_for(env, folders, profile_prefix(profile) + "secrets.toml", key);
}

Result<Path> settings_file_for(Env& env, const ConfigFolders& folders, const std::string& profile, const KeyPath& key) {
  return project_file_for(env, folders, profile_prefix(profile) + "config.toml", key);
}

Result<SecretChange> write_secret(Env& env, const Path& file, const KeyPath& key, const Secret& value) {
  LODE_TRY(make_config_folder(env, file));
  SecretChange outcome;
  const Status status =
      change_protected_file(env, file, kSecretMode, [&](const std::string& text) -> Result<std::string> {
        LODE_ASSIGN(json::Value document, parse_toml(text, file.string()));
        const json::Value* before = find_at(document, key.parts);
        outcome.was_there = before != nullptr;
        outcome.same = before != nullptr && before->is_text() && before->as_text() == value.reveal();
        wipe(document);
        if (outcome.same) return text;
        return toml_set(text, file.string(), key, value.reveal());
      });
  if (!status.ok()) return status;
  return outcome;
}

Status write_setting(Env& env, const Path& file, const KeyPath& key, const json::Value& value) {
  LODE_TRY(make_config_folder(env, file));
  return change_protected_file(env, file, kSettingMode,
                               [&](const std::string& text) { return toml_set(text, file.string(), key, value); });
}

Status remove_secret(Env& env, const Path& file, const KeyPath& key) {
  if (!env.exists(file)) {
    return Status::error(Code::kNotFound, fmt::format("there is no file '{}'", file.string()));
  }
  return change_protected_file(env, file, kSecretMode,
                               [&](const std::string& text) { return toml_remove(text, file.string(), key); });
}

}  // namespace lode
