// Writing secrets into secrets.toml, and settings into config.toml.
#pragma once

#include <optional>
#include <string>

#include "config/encryption/value_cipher.h"
#include "config/files/folders.h"
#include "config/key_path.h"
#include "config/secret.h"
#include "env/env.h"

namespace lode {

/// The file that a secret of this project goes into: the one that has the key already, else the secrets.toml that is
/// there, else a new one, in .dlt if that folder is there and in .lode if not. With a profile, its own file.
/// `folders`: as find_config_folders() gives them.
Result<Path> secrets_file_for(Env& env, const ConfigFolders& folders, const std::string& profile, const KeyPath& key);

/// The same for a setting and config.toml.
Result<Path> settings_file_for(Env& env, const ConfigFolders& folders, const std::string& profile, const KeyPath& key);

/// Whether a value is written encrypted.
enum class Protection {
  kAsBefore,  ///< as the one that it replaces; a new one is plain
  kPlain,
  kKeyring,
  kPassphrase,
};

struct SecretWrite {
  Protection protection = Protection::kAsBefore;
  /// Only in the place of this value: who wants to replace what somebody else has replaced already does not.
  std::optional<Secret> instead_of;
};

/// What was there before a write, and what is there now.
struct SecretChange {
  bool was_there = false;
  bool same = false;          ///< the value was this one already, as protected as wanted; nothing was written
  bool was_replaced = false;  ///< another than `instead_of` is there; nothing was written
  bool is_encrypted = false;
};

/// Puts the secret there, comments and order stay. Creates file (mode 0600) and folder (0700, with a .gitignore); takes
/// away from others what they may do with a file that is there; never writes through a symbolic link; after a crash the
/// old or the new file is there, whole. Errors: as toml_set(); kPermission for a link, and for a folder that others may
/// write to; as ValueCipher for encrypted ones.
Result<SecretChange> write_secret(Env& env, const Path& file, const KeyPath& key, const Secret& value,
                                  ValueCipher& cipher, const SecretWrite& how = {});

/// A text that is there, plain or encrypted, is written anew: encrypted or plain. Errors: as write_secret();
/// kSecretMissing if there is none; kConfigInvalid if it is no text, or says where the value is (${NAME}).
Result<SecretChange> protect_secret(Env& env, const Path& file, const KeyPath& key, ValueCipher& cipher,
                                    Protection protection);

/// Puts a setting there, as write_secret() does; a file that is there keeps its mode. REQUIRES: text, a number or a
/// bool
Status write_setting(Env& env, const Path& file, const KeyPath& key, const json::Value& value);

/// Takes it away. Errors: as toml_remove() and write_secret(); kNotFound if there is no such file.
Status remove_secret(Env& env, const Path& file, const KeyPath& key);

}  // namespace lode
