// TomlProvider: settings from secrets.toml or config.toml files in several folders.
#pragma once

#include <memory>

#include "config/files/folders.h"
#include "config/provider.h"
#include "config/variables.h"
#include "env/env.h"

namespace lode {

/// Files are read once, when the provider is made, and merged table by table: what stands in an earlier file wins. Keys
/// compare with regard to case. ${NAME} in texts is replaced when a value is asked for. Texts are wiped when they go.
class TomlProvider final : public ConfigProvider {
 public:
  /// `folders`: groups of folders of the same rank (".lode" and ".dlt" of one place), most important first. With a
  /// profile, "<profile>.secrets.toml" of a group comes before "secrets.toml" of the same group. Files that are not
  /// there are fine. Errors: kConfigUnreadable, with file, line and column.
  static Result<std::unique_ptr<TomlProvider>> open(Env& env, std::string file_name, const ConfigFolders& folders,
                                                    const std::string& profile, bool holds_secrets,
                                                    std::shared_ptr<const Variables> variables);
  ~TomlProvider() override;

  std::string_view name() const override { return file_name_; }
  bool holds_secrets() const override { return holds_secrets_; }
  Result<std::optional<json::Value>> find(const KeyPath& key, bool secret) const override;
  std::string spelling_of(const KeyPath& key) const override { return key.dotted(); }
  std::string place_of(const KeyPath& key, bool secret) const override;
  std::vector<LookedAt> explain(const std::vector<KeyPath>& keys, bool secret) const override;
  std::vector<std::string> locations() const override;
  json::Value document() const override { return merged_; }
  /// Of the files that are there, most important first.
  std::vector<Path> files() const;
  /// What stands in one of files(), as it is written.
  const json::Value& content(const Path& file) const;

 private:
  struct File {
    Path path;
    bool exists = false;
    bool is_shown = true;  ///< of several absent files of a group only one is worth a line
    json::Value content;
  };
  TomlProvider(std::string file_name, bool holds_secrets, std::shared_ptr<const Variables> variables)
      : file_name_(std::move(file_name)), holds_secrets_(holds_secrets), variables_(std::move(variables)) {}
  Status add_group(Env& env, const std::vector<Path>& folders, const std::string& profile);

  const std::string file_name_;
  const bool holds_secrets_;
  const std::shared_ptr<const Variables> variables_;
  std::vector<File> files_;  ///< most important first
  json::Value merged_ = json::Value::object();
};

}  // namespace lode
