// TomlProvider: settings from secrets.toml or config.toml files in several folders.
#include "config/files/toml_provider.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"
#include "config/files/interpolate.h"
#include "config/files/toml.h"
#include "config/secret.h"

namespace lode {
namespace {

// Adds what `from` has and `into` lacks; only tables are merged, all else is kept whole.
void merge_under(json::Value& into, const json::Value& from) {
  for (const auto& [key, value] : from.members()) {
    json::Value* existing = into.find(key);
    if (existing == nullptr) {
      into.set(key, value);
    } else if (existing->is_object() && value.is_object()) {
      merge_under(*existing, value);
    }
  }
}

std::vector<std::string> parent_of(const KeyPath& key) { return {key.parts.begin(), key.parts.end() - 1}; }

// "[sources.shop]", or "the top" outside of all tables.
std::string table_name(const KeyPath& key) { return key.parts.size() == 1 ? "the top" : "[" + key.section() + "]"; }

// What a file that exists has in place of the value.
std::string what_is_there(const json::Value& content, const std::vector<KeyPath>& keys) {
  for (const KeyPath& key : keys) {
    const json::Value* table = key.parts.size() == 1 ? nullptr : find_at(content, parent_of(key));
    if (table == nullptr || !table->is_object()) continue;
    std::vector<std::string> names;
    for (const auto& member : table->members()) names.push_back(member.first);
    const std::string similar = closest(key.key(), names);
    return fmt::format("has {} but no {}{}", table_name(key), key.key(),
                       similar.empty() ? "" : fmt::format(" (is '{}' meant?)", similar));
  }
  std::vector<std::string> tables;
  for (const KeyPath& key : keys) {
    if (key.parts.size() > 1) tables.push_back(table_name(key));
  }
  if (tables.empty()) return fmt::format("has no {} at the top", keys.front().key());
  return "has no " + join(tables, ", ");
}

}  // namespace

Result<std::unique_ptr<TomlProvider>> TomlProvider::open(Env& env, std::string file_name, const ConfigFolders& folders,
                                                         const std::string& profile, bool holds_secrets,
                                                         std::shared_ptr<const Variables> variables) {
  std::unique_ptr<TomlProvider> provider(new TomlProvider(std::move(file_name), holds_secrets, std::move(variables)));
  for (const std::vector<Path>& group : folders) LODE_TRY(provider->add_group(env, group, profile));
  for (const File& file : provider->files_) {
    if (file.exists) merge_under(provider->merged_, file.content);
  }
  return provider;
}

TomlProvider::~TomlProvider() {
  if (!holds_secrets_) return;
  wipe(merged_);
  for (File& file : files_) wipe(file.content);
}

Status TomlProvider::add_group(Env& env, const std::vector<Path>& folders, const std::string& profile) {
  std::vector<Path> paths;
  if (!profile.empty()) {
    for (const Path& folder : folders) paths.push_back(folder / (profile + "." + file_name_));
  }
  for (const Path& folder : folders) paths.push_back(folder / file_name_);
  std::vector<File> group;
  for (Path& path : paths) {
    const bool known = std::any_of(files_.begin(), files_.end(), [&](const File& other) { return other.path == path; });
    if (known) continue;  // the project's folder is the home folder
    File file;
    file.path = std::move(path);
    Result<std::string> text = env.read_file(file.path);
    if (text.ok()) {
      Result<json::Value> content = parse_toml(*text, file.path.string());
      if (holds_secrets_) wipe(*text);
      if (!content.ok()) return std::move(content).status();
      file.content = std::move(*content);
      file.exists = true;
    } else if (text.status().code() != Code::kNotFound) {
      return Status::error(Code::kConfigUnreadable, "cannot read " + file.path.string())
          .caused_by(std::move(text).status());
    }
    group.push_back(std::move(file));
  }
  const bool any = std::any_of(group.begin(), group.end(), [](const File& file) { return file.exists; });
  auto shown = std::find_if(group.begin(), group.end(), [&](const File& file) {
    return file.path.filename() == file_name_ && env.exists(file.path.parent_path());
  });
  if (shown == group.end()) shown = group.begin();
  for (auto file = group.begin(); file != group.end(); ++file) file->is_shown = any ? file->exists : file == shown;
  std::move(group.begin(), group.end(), std::back_inserter(files_));
  return {};
}

Result<std::optional<json::Value>> TomlProvider::find(const KeyPath& key, bool) const {
  const json::Value* value = find_at(merged_, key.parts);
  if (value == nullptr) return std::optional<json::Value>();
  json::Value filled = *value;
  std::string missing;
  const VariableLookup lookup = [this](const std::string& name) { return variables_->find(name); };
  if (interpolate(filled, lookup, missing)) return std::optional<json::Value>(std::move(filled));
  return Status::error(Code::kConfigInvalid,
                       fmt::format("'{}' refers to the variable {}, which is not set", key.dotted(), missing))
      .with("in", place_of(key, holds_secrets_))
      .hint(fmt::format("export {}=…  or add it to .env; a text that has '${{' in it is written with '$${{'", missing));
}

std::string TomlProvider::place_of(const KeyPath& key, bool) const {
  for (const File& file : files_) {
    if (file.exists && find_at(file.content, key.parts) != nullptr) return file.path.string();
  }
  return file_name_;
}

std::vector<LookedAt> TomlProvider::explain(const std::vector<KeyPath>& keys, bool) const {
  std::vector<LookedAt> lines;
  for (const File& file : files_) {
    if (!file.is_shown) continue;
    lines.push_back({file_name_, file.path.string(), file.exists ? what_is_there(file.content, keys) : "no such file"});
  }
  return lines;
}

std::vector<std::string> TomlProvider::locations() const {
  std::vector<std::string> out;
  for (const File& file : files_) out.push_back(file.path.string());
  return out;
}

std::vector<Path> TomlProvider::files() const {
  std::vector<Path> out;
  for (const File& file : files_) {
    if (file.exists) out.push_back(file.path);
  }
  return out;
}

const json::Value& TomlProvider::content(const Path& file) const {
  const auto found =
      std::find_if(files_.begin(), files_.end(), [&](const File& each) { return each.exists && each.path == file; });
  LODE_ASSERT(found != files_.end());
  return found->content;
}

}  // namespace lode
