// ValueCipher: encrypts and decrypts values of the configuration with the keys that the user has.
#include "config/encryption/value_cipher.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "http/crypto.h"

namespace lode {
namespace {

using Method = EncryptedValue::Method;

constexpr const char* kPhraseVariable = "LODE_PASSPHRASE";
constexpr int kAttempts = 3;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kKeyIdBytes = 8;

Status no_phrase() {
  return Status::error(Code::kEncryptedValue, "the pass phrase is needed, and there is nobody to ask for it")
      .hint(fmt::format("put it into the variable {}", kPhraseVariable));
}

Status does_not_open(const EncryptedValue& value, const KeyPath& path) {
  if (value.method == Method::kPassphrase) {
    return Status::error(
        Code::kEncryptedValue,
        "it does not open: this is not its pass phrase, or it was changed, or written for another key");
  }
  return Status::error(Code::kEncryptedValue, "it does not open: it was changed, or written for another key")
      .hint(fmt::format("write it anew:  lode secrets set {} --encrypt", path.dotted()));
}

}  // namespace

Result<Secret> ValueCipher::keyring_key(const std::string& id) {
  LODE_ASSIGN(std::optional<Keyring::Key> key, keyring_.find(id));
  if (key && key->bytes.reveal().size() == kValueKeyBytes) return key->bytes;
  return Status::error(Code::kKeyring, fmt::format("credential not found: the system's keyring has no key '{}'", id))
      .hint(
          "it was encrypted by another user or on another machine: bring that keyring here, or write the value anew "
          "(lode secrets set KEY --encrypt, lode auth SOURCE)");
}

Result<Secret> ValueCipher::passphrase(const std::string& question) {
  if (std::optional<std::string> phrase = env_.variable(kPhraseVariable); phrase && !phrase->empty()) {
    return Secret(std::move(*phrase));
  }
  if (!ask_) return no_phrase();
  std::optional<Secret> phrase = ask_(question, true);
  if (!phrase || phrase->empty()) return no_phrase();
  return *phrase;
}

Result<Secret> ValueCipher::open_with_passphrase(const EncryptedValue& value, const KeyPath& path) {
  const bool is_asked = env_.variable(kPhraseVariable).value_or("").empty();
  const auto with = [&](const Secret& phrase) -> Result<Secret> {
    LODE_ASSIGN(const Secret key, key_from_passphrase(phrase, value.salt, value.cost));
    Result<Secret> plain = unseal(value, key, path);
    if (!plain.ok()) return does_not_open(value, path);
    keys_.emplace(value.header(), key);
    phrase_ = phrase;
    return plain;
  };
  if (phrase_) {
    if (Result<Secret> plain = with(*phrase_); plain.ok()) return plain;
  }
  for (int attempt = 1;; ++attempt) {
    LODE_ASSIGN(const Secret phrase, passphrase(attempt == 1 ? "pass phrase" : "that is not it; pass phrase"));
    Result<Secret> plain = with(phrase);
    if (plain.ok() || !is_asked || attempt == kAttempts) return plain;
  }
}

Result<Secret> ValueCipher::open(const EncryptedValue& value, const KeyPath& path) {
  auto key = keys_.find(value.header());
  if (key == keys_.end()) {
    if (value.method == Method::kPassphrase) return open_with_passphrase(value, path);
    LODE_ASSIGN(Secret fetched, keyring_key(value.key_id));
    key = keys_.emplace(value.header(), std::move(fetched)).first;
  }
  Result<Secret> plain = unseal(value, key->second, path);
  if (plain.ok()) return plain;
  return does_not_open(value, path);
}

Result<Secret> ValueCipher::decrypt(const Sealed& sealed) {
  const std::lock_guard lock(mutex_);
  const Result<EncryptedValue> value = parse_encrypted(sealed.text);
  Result<Secret> plain = value.ok() ? open(*value, sealed.path) : value.status();
  if (plain.ok()) return plain;
  return std::move(plain).status().about(fmt::format("'{}'", sealed.path.dotted()));
}

// What a new value of a pass phrase starts with; its key is in keys_.
Result<EncryptedValue> ValueCipher::new_phrase_value(const std::optional<Sealed>& like) {
  EncryptedValue value;
  value.method = Method::kPassphrase;
  if (like) {
    LODE_ASSIGN(const Secret plain, decrypt(*like));
    LODE_ASSIGN(const EncryptedValue other, parse_encrypted(like->text));
    value.cost = other.cost;
    value.salt = other.salt;
    return value;
  }
  LODE_ASSIGN(const Secret phrase, passphrase("new pass phrase"));
  if (env_.variable(kPhraseVariable).value_or("").empty()) {
    LODE_ASSIGN(const Secret again, passphrase("the same again"));
    if (!(again == phrase))
      return Status::error(Code::kEncryptedValue, "these are two pass phrases: nothing was written");
  }
  value.salt = random_bytes(kSaltBytes);
  LODE_ASSIGN(const Secret key, key_from_passphrase(phrase, value.salt, value.cost));
  const std::lock_guard lock(mutex_);
  keys_.emplace(value.header(), key);
  return value;
}

Result<std::string> ValueCipher::encrypt(const KeyPath& path, const Secret& plain, Method method,
                                         const std::optional<Sealed>& like) {
  EncryptedValue value;
  if (method == Method::kPassphrase) {
    LODE_ASSIGN(value, new_phrase_value(like));
  } else {
    const std::lock_guard lock(mutex_);
    LODE_ASSIGN(std::optional<Keyring::Key> key, keyring_.find(""));
    if (!key || key->bytes.reveal().size() != kValueKeyBytes) {
      key = Keyring::Key{hex_encode(random_bytes(kKeyIdBytes)), Secret(random_bytes(kValueKeyBytes))};
      LODE_TRY(keyring_.store(*key));
    }
    value.key_id = key->id;
    keys_.insert_or_assign(value.header(), key->bytes);
  }
  const std::lock_guard lock(mutex_);
  return seal(value, keys_.at(value.header()), path, plain).text();
}

Status ValueCipher::open_all(const KeyPath& path, json::Value& value) {
  if (is_encrypted_value(value)) {
    LODE_ASSIGN(const Secret plain, decrypt({path, value.as_text()}));
    value = json::Value(plain.reveal());
  } else if (value.is_object()) {
    for (auto& [name, member] : value.members()) {
      KeyPath below = path;
      below.parts.push_back(name);
      LODE_TRY(open_all(below, member));
    }
  }
  return {};
}

}  // namespace lode
