// ValueCipher: encrypts and decrypts values of the configuration with the keys that the user has.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "config/encryption/encrypted_value.h"
#include "config/encryption/keyring.h"
#include "env/env.h"

namespace lode {

/// Asks a person; `is_hidden`: what is typed must not be seen. nullopt: nobody is there, or there is no answer. Called
/// on any thread, by one at a time.
using AskPerson = std::function<std::optional<Secret>(const std::string& question, bool is_hidden)>;

/// A key is fetched, or made from a pass phrase, once. The pass phrase is that of LODE_PASSPHRASE, else a person is
/// asked. Any thread may ask; one that needs a key waits for one that is being fetched.
class ValueCipher {
 public:
  ValueCipher(Env& env, Keyring& keyring, AskPerson ask) : env_(env), keyring_(keyring), ask_(std::move(ask)) {}

  /// A value that stands at a key and is encrypted.
  struct Sealed {
    KeyPath path;
    std::string text;
  };
  /// Errors: kEncryptedValue, kKeyring; both name the key.
  Result<Secret> decrypt(const Sealed& sealed);
  /// The text to write at `path`. `like`: another one of the same file that is encrypted with a pass phrase, if there
  /// is one: both then open with the same, and only once it is made into a key. Without a key in the keyring, one is
  /// made. Errors: kKeyring; kEncryptedValue if there is no pass phrase, or another than the one of `like`.
  Result<std::string> encrypt(const KeyPath& path, const Secret& plain, EncryptedValue::Method method,
                              const std::optional<Sealed>& like = std::nullopt);
  /// Decrypts what is encrypted in a value: itself, or texts in its tables. Errors: as decrypt().
  Status open_all(const KeyPath& path, json::Value& value);

 private:
  // REQUIRES of those that open: mutex_ held
  Result<Secret> keyring_key(const std::string& id);
  Result<Secret> passphrase(const std::string& question);
  Result<Secret> open_with_passphrase(const EncryptedValue& value, const KeyPath& path);
  Result<Secret> open(const EncryptedValue& value, const KeyPath& path);
  Result<EncryptedValue> new_phrase_value(const std::optional<Sealed>& like);

  Env& env_;
  Keyring& keyring_;
  const AskPerson ask_;
  std::mutex mutex_;
  std::map<std::string, Secret> keys_;  // by the header of what they open
  std::optional<Secret> phrase_;        // one that fitted: values of other salts may have the same
};

}  // namespace lode
