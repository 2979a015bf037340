// Keyring: where the key of encrypted values is kept, apart from the files that have the values.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "config/secret.h"

namespace lode {

/// Any thread may ask. Nothing here opens a window or waits for a person: a keyring that is locked is an error.
class Keyring {
 public:
  virtual ~Keyring() = default;
  struct Key {
    std::string id;  ///< public: it stands in what was encrypted
    Secret bytes;
  };
  /// The key of that id, or, of "", any of lode's keys; nullopt if there is none. Errors: kKeyring, in words for the
  /// user: there is no keyring, it is locked, it does not let us in, it does not answer.
  virtual Result<std::optional<Key>> find(const std::string& id) = 0;
  /// Keeps a new key. Errors: as find().
  virtual Status store(const Key& key) = 0;
};

/// The user's own: the Secret Service on the session's D-Bus (GNOME Keyring, KWallet, KeePassXC). libsecret is loaded
/// when it is first asked: linked in, it would cost every start of the program 2 ms and 3.5 MB. An answer takes 10 s at
/// most.
Keyring& system_keyring();

}  // namespace lode
