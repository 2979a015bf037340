// TomlProvider: settings from secrets.toml or config.toml files in several folders.
#pragma once

#include "config/provider.h"
#include "env/env.h"

namespace lode {

/// Files are read once, when the provider is made, and merged table by table: what stands in an earlier file wins. Keys
/// compare with regard to case.
class TomlProvider final : public ConfigProvider {
 public:
  /// `folders`: groups of folders of the same rank (".lode" and ".dlt" of one place), most important first. Files that
  /// are not there are fine. Errors: kConfigUnreadable, with file, line and column.
  static Result<std::unique_ptr<TomlProvider>> open(Env& env, std::string file_name,
                                                    const std::vector<std::vector<Path>>& folders, bool holds_secrets);

  std::string_view name() const override { return file_name_; }
  bool holds_secrets() const override { return holds_secrets_; }
  Result<std::optional<json::Value>> find(const KeyPath& key, bool secret) const override;
  std::string spelling_of(const KeyPath& key) const override { return key.dotted(); }
  std::string place_of(const KeyPath& key, bool secret) const override;
  std::vector<LookedAt> explain(const std::vector<KeyPath>& keys, bool secret) const override;
  std::vector<std::string> locations() const override;

 private:
  struct File {
    Path path;
    bool exists = false;
    bool is_shown = true;  ///< of several absent files of a group only one is worth a line
    json::Value content;
  };
  TomlProvider(std::string file_name, bool holds_secrets)
      : file_name_(std::move(file_name)), holds_secrets_(holds_secrets) {}
  Status add_group(Env& env, const std::vector<Path>& folders);

  const std::string file_name_;
  const bool holds_secrets_;
  std::vector<File> files_;  ///< most important first
  json::Value merged_ = json::Value::object();
};

}  // namespace lode
