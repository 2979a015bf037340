// TestEnv: the real machine, but with environment variables and a home folder of the test's choosing.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "env/env.h"

namespace lode {

/// Variables that are not listed are not set, whatever the machine says. Change them before other threads run.
class TestEnv : public Env {
 public:
  std::map<std::string, std::string> variables;
  std::optional<Path> home_folder;
  bool root = false;

  std::optional<std::string> variable(const std::string& name) override {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<Path> home() override { return home_folder; }
  bool is_root() override { return root; }

  Result<std::string> read_file(const Path& path) override { return real_.read_file(path); }
  Result<std::unique_ptr<ReadFile>> open_file(const Path& path) override { return real_.open_file(path); }
  Result<std::shared_ptr<const MappedFile>> map_file(const Path& path) override { return real_.map_file(path); }
  Result<std::unique_ptr<AppendFile>> create_file(const Path& path) override { return real_.create_file(path); }
  Status write_file(const Path& path, std::string_view bytes, unsigned mode) override {
    return real_.write_file(path, bytes, mode);
  }
  Status replace(const Path& source, const Path& target) override { return real_.replace(source, target); }
  Status make_folders(const Path& path) override { return real_.make_folders(path); }
  Status remove_file(const Path& path) override { return real_.remove_file(path); }
  Status remove_tree(const Path& path) override { return real_.remove_tree(path); }
  Status sync_folder(const Path& path) override { return real_.sync_folder(path); }
  Result<std::vector<FolderEntry>> list_folder(const Path& path) override { return real_.list_folder(path); }
  bool exists(const Path& path) override { return real_.exists(path); }
  Result<std::unique_ptr<FileLock>> lock_file(const Path& path) override { return real_.lock_file(path); }
  std::int64_t now_us() override { return real_.now_us(); }
  std::int64_t steady_us() override { return real_.steady_us(); }

 private:
  Env& real_ = Env::real();
};

}  // namespace lode
