// EnvProvider: settings from environment variables, and secrets from mounted files.
#include "config/env_provider.h"

#include <algorithm>
#include <system_error>

#include "base/text.h"

namespace lode {

EnvProvider::EnvProvider(Env& env, std::shared_ptr<const Variables> variables, Path secrets_folder)
    : env_(env),
      variables_(std::move(variables)),
      secrets_folder_(std::move(secrets_folder)),
      has_secrets_folder_(env.exists(secrets_folder_)) {}

// Kubernetes allows only letters, digits and '-' in such names.
Path EnvProvider::secret_file(const KeyPath& key) const {
  std::string name = to_lower(key.environment_name());
  std::replace(name.begin(), name.end(), '_', '-');
  return secrets_folder_ / name;
}

std::optional<Path> EnvProvider::existing_secret_file(const KeyPath& key) const {
  if (!has_secrets_folder_) return std::nullopt;
  Path path = secret_file(key);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) path /= path.filename();
  if (!env_.exists(path)) return std::nullopt;
  return path;
}

Result<std::optional<json::Value>> EnvProvider::find(const KeyPath& key, bool secret) const {
  if (secret) {
    if (const std::optional<Path> path = existing_secret_file(key)) {
      Result<std::string> text = env_.read_file(*path);
      if (!text.ok()) {
        return Status::error(Code::kConfigUnreadable, "cannot read the secret file " + path->string())
            .caused_by(std::move(text).status());
      }
      while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
      return std::optional<json::Value>(std::move(*text));
    }
  }
  std::optional<std::string> text = variables_->find(key.environment_name());
  if (!text) return std::optional<json::Value>();
  return std::optional<json::Value>(std::move(*text));
}

std::string EnvProvider::place_of(const KeyPath& key, bool secret) const {
  if (secret) {
    if (const std::optional<Path> path = existing_secret_file(key)) return path->string();
  }
  return variables_->place_of(key.environment_name());
}

std::vector<LookedAt> EnvProvider::explain(const std::vector<KeyPath>& keys, bool secret) const {
  std::vector<LookedAt> lines;
  for (const KeyPath& key : keys) {
    // Only where such files are in use at all: elsewhere the lines would say nothing.
    if (secret && has_secrets_folder_) lines.push_back({"secret file", secret_file(key).string(), "no such file"});
    lines.push_back({"environment", key.environment_name(), "not set"});
  }
  return lines;
}

std::vector<std::string> EnvProvider::locations() const {
  std::vector<std::string> out;
  if (has_secrets_folder_) out.push_back(secrets_folder_.string());
  if (variables_->has_file()) out.push_back(variables_->file().string());
  return out;
}

}  // namespace lode
