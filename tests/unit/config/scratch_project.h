// A project and a home folder with configuration files, gone when the test ends.
#pragma once

#include <unistd.h>

#include <string>
#include <vector>

#include "config/config.h"
#include "support/catch.h"
#include "support/test_env.h"

namespace lode {

/// The system's is tested in tests/real_servers.
class MemoryKeyring final : public Keyring {
 public:
  Result<std::optional<Key>> find(const std::string& id) override {
    ++questions;
    if (!trouble.ok()) return trouble;
    for (const Key& key : keys) {
      if (id.empty() || key.id == id) return std::optional<Key>(key);
    }
    return std::optional<Key>();
  }
  Status store(const Key& key) override {
    keys.push_back(key);
    return {};
  }
  std::vector<Key> keys;
  Status trouble;
  int questions = 0;
};

class ScratchProject {
 public:
  ScratchProject() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lode-config-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    root = pattern;
    env.home_folder = root / "home";
    std::filesystem::create_directories(root / "home");
    std::filesystem::create_directories(root / "project");
  }
  ~ScratchProject() { std::filesystem::remove_all(root); }

  /// "project/.dlt/secrets.toml"
  void write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((root / file).parent_path());
    REQUIRE(env.write_file(root / file, text, 0600).ok());
  }
  ConfigOptions options() const {
    ConfigOptions options;
    options.project_folder = root / "project";
    options.secrets_folder = root / "run-secrets";
    return options;
  }
  ConfigOptions options_with_keyring() {
    ConfigOptions with = options();
    with.keyring = &keyring;
    return with;
  }
  Config open() { return open(options()); }
  Config open(ConfigOptions with) {
    Result<Config> config = Config::open(env, std::move(with));
    INFO((config.ok() ? "" : config.status().render()));
    REQUIRE(config.ok());
    return std::move(*config);
  }
  /// `text` with the scratch folder's name as "@".
  std::string shown(const std::string& text) const {
    std::string out = text;
    for (std::size_t at = 0; (at = out.find(root.string(), at)) != std::string::npos;)
      out.replace(at, root.string().size(), "@");
    return out;
  }

  TestEnv env;
  Path root;
  MemoryKeyring keyring;
  ValueCipher cipher{env, keyring, nullptr};
};

/// The text at `query`, "" when absent.
inline std::string text_at(const Config& config, const ConfigQuery& query) {
  Result<std::optional<std::string>> text = config.text(query);
  INFO((text.ok() ? "" : text.status().render()));
  REQUIRE(text.ok());
  return text->value_or("");
}

}  // namespace lode
