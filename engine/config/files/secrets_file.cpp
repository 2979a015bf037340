// Writing secrets into secrets.toml, and settings into config.toml.
#include "config/files/secrets_file.h"

#include <fmt/format.h>

#include "config/files/protected_file.h"
#include "config/files/toml.h"
#include "config/files/toml_edit.h"
#include "config/provider.h"

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

// What stands in a file; wiped when it goes.
struct Document {
  json::Value root;
  static Result<Document> read(const std::string& text, const Path& file) {
    LODE_ASSIGN(json::Value root, parse_toml(text, file.string()));
    return Document(std::move(root));
  }
  explicit Document(json::Value value) : root(std::move(value)) {}
  Document(Document&&) = default;
  Document& operator=(Document&&) = default;
  ~Document() { wipe(root); }
};

Protection protection_of(const json::Value* value) {
  if (value == nullptr || !is_encrypted_value(*value)) return Protection::kPlain;
  const Result<EncryptedValue> parsed = parse_encrypted(value->as_text());
  const bool is_phrase = parsed.ok() && parsed->method == EncryptedValue::Method::kPassphrase;
  return is_phrase ? Protection::kPassphrase : Protection::kKeyring;
}

Protection chosen(Protection wanted, const json::Value* before) {
  return wanted == Protection::kAsBefore ? protection_of(before) : wanted;
}

// The text that a value is or hides. A broken value that is to be replaced by any other need not be read.
Result<std::optional<Secret>> plain_text(const json::Value* value, const KeyPath& key, ValueCipher& cipher,
                                         const SecretWrite& how) {
  if (value == nullptr || !value->is_text()) return std::optional<Secret>();
  if (!is_encrypted_value(*value)) return std::optional<Secret>(Secret(value->as_text()));
  Result<Secret> plain = cipher.decrypt({key, value->as_text()});
  if (plain.ok()) return std::optional<Secret>(*plain);
  const bool asks_again = chosen(how.protection, value) == Protection::kPassphrase;
  if (how.instead_of || asks_again) return std::move(plain).status();
  return std::optional<Secret>();
}

// One that is encrypted with a pass phrase.
std::optional<ValueCipher::Sealed> find_with_passphrase(const json::Value& node, const KeyPath& path) {
  if (is_encrypted_value(node) && protection_of(&node) == Protection::kPassphrase) {
    return ValueCipher::Sealed{path, node.as_text()};
  }
  for (const auto& [name, value] : node.is_object() ? node.members() : std::vector<json::Value::Member>()) {
    KeyPath below = path;
    below.parts.push_back(name);
    if (auto found = find_with_passphrase(value, below)) return found;
  }
  return std::nullopt;
}

Result<std::string> protected_text(const KeyPath& key, const Secret& value, Protection protection,
                                   const Document& document, ValueCipher& cipher) {
  if (protection == Protection::kPlain) return std::string(value.reveal());
  const bool with_phrase = protection == Protection::kPassphrase;
  return cipher.encrypt(key, value,
                        with_phrase ? EncryptedValue::Method::kPassphrase : EncryptedValue::Method::kKeyring,
                        with_phrase ? find_with_passphrase(document.root, {}) : std::nullopt);
}

}  // namespace

Result<Path> secrets_file_for(Env& env, const ConfigFolders& folders, const std::string& profile, const KeyPath& key) {
  return project_file_for(env, folders, profile_prefix(profile) + "secrets.toml", key);
}

Result<Path> settings_file_for(Env& env, const ConfigFolders& folders, const std::string& profile, const KeyPath& key) {
  return project_file_for(env, folders, profile_prefix(profile) + "config.toml", key);
}

Result<SecretChange> write_secret(Env& env, const Path& file, const KeyPath& key, const Secret& value,
                                  ValueCipher& cipher, const SecretWrite& how) {
  LODE_TRY(make_config_folder(env, file));
  SecretChange outcome;
  const auto change = [&](const std::string& text) -> Result<std::string> {
    LODE_ASSIGN(Document document, Document::read(text, file));
    const json::Value* before = find_at(document.root, key.parts);
    outcome.was_there = before != nullptr;
    LODE_ASSIGN(const std::optional<Secret> old, plain_text(before, key, cipher, how));
    if (how.instead_of && !(old == how.instead_of)) {
      outcome.was_replaced = true;
      return text;
    }
    const Protection protection = chosen(how.protection, before);
    outcome.is_encrypted = protection != Protection::kPlain;
    outcome.same = old == value && protection == protection_of(before);
    if (outcome.same) return text;
    LODE_ASSIGN(const std::string written, protected_text(key, value, protection, document, cipher));
    return toml_set(text, file.string(), key, written);
  };
  const Status status = change_protected_file(env, file, kSecretMode, change);
  if (!status.ok()) return status;
  return outcome;
}

Result<SecretChange> protect_secret(Env& env, const Path& file, const KeyPath& key, ValueCipher& cipher,
                                    Protection protection) {
  LODE_ASSIGN(std::string text, env.read_file(file));
  Result<Document> document = Document::read(text, file);
  wipe(text);
  if (!document.ok()) return std::move(document).status();
  const json::Value* value = find_at(document->root, key.parts);
  if (value == nullptr) {
    return Status::error(Code::kSecretMissing, fmt::format("there is no '{}' in {}", key.dotted(), file.string()))
        .hint(fmt::format("lode secrets set {}", key.dotted()));
  }
  if (!value->is_text()) {
    return Status::error(Code::kConfigInvalid,
                         fmt::format("'{}' is no text: only texts can be encrypted", key.dotted()));
  }
  if (value->as_text().find("${") != std::string::npos) {
    return Status::error(Code::kConfigInvalid,
                         fmt::format("'{}' only says in which variable the value is", key.dotted()))
        .hint("there is nothing to encrypt; to keep the value itself here, lode secrets set " + key.dotted());
  }
  SecretWrite how;
  how.protection = protection;
  Secret plain(value->as_text());
  if (is_encrypted_value(*value)) {
    LODE_ASSIGN(plain, cipher.decrypt({key, value->as_text()}));
  }
  how.instead_of = plain;
  return write_secret(env, file, key, plain, cipher, how);
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
