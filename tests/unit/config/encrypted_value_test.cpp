// Encrypted values: what is sealed opens with the same key at the same place, and nowhere else.
#include "config/encryption/encrypted_value.h"

#include "http/crypto.h"
#include "support/catch.h"

using namespace lode;
using Catch::Matchers::Contains;

namespace {

const KeyPath kPath = KeyPath::from_dotted("sources.shop.api_key");
const Secret kKey(std::string(kValueKeyBytes, 'k'));

EncryptedValue sealed_value() {
  EncryptedValue value;
  value.key_id = "0123456789abcdef";
  return seal(value, kKey, kPath, Secret("hunter2"));
}

std::string why_not(const std::string& text) {
  const Result<EncryptedValue> value = parse_encrypted(text);
  return value.ok() ? "" : value.status().message();
}

}  // namespace

TEST_CASE("What is sealed opens again, and looks different each time") {
  const std::string text = sealed_value().text();
  CHECK_THAT(text, Catch::Matchers::StartsWith("lode-encrypted:v1:keyring:0123456789abcdef:"));
  CHECK(text != sealed_value().text());
  CHECK(text.find("hunter2") == std::string::npos);
  const EncryptedValue read = *parse_encrypted(text);
  CHECK(read.text() == text);
  CHECK(unseal(read, kKey, kPath)->reveal() == "hunter2");
  CHECK(show_encrypted(text) == "encrypted (keyring)");
}

TEST_CASE("An empty value and one with all bytes open again") {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes.push_back(static_cast<char>(i));
  for (const std::string& plain : {std::string(), bytes}) {
    EncryptedValue value;
    value.key_id = "0123456789abcdef";
    value = seal(value, kKey, kPath, Secret(plain));
    CHECK(unseal(*parse_encrypted(value.text()), kKey, kPath)->reveal() == plain);
  }
}

TEST_CASE("Another key, another place, another header, and any changed byte are refused") {
  const EncryptedValue value = sealed_value();
  CHECK_FALSE(unseal(value, Secret(std::string(kValueKeyBytes, 'x')), kPath).ok());
  CHECK_FALSE(unseal(value, kKey, KeyPath::from_dotted("sources.shop.api_keys")).ok());
  CHECK_FALSE(unseal(value, kKey, KeyPath::from_dotted("shop.sources.shop.api_key")).ok());
  EncryptedValue other = value;
  other.key_id = "0123456789abcdee";
  CHECK_FALSE(unseal(other, kKey, kPath).ok());
  for (std::size_t i = 0; i < value.payload.size(); ++i) {
    EncryptedValue changed = value;
    changed.payload[i] = static_cast<char>(changed.payload[i] ^ 1);
    CHECK_FALSE(unseal(changed, kKey, kPath).ok());
  }
}

TEST_CASE("A pass phrase makes the same key for the same salt only") {
  const ScryptCost cheap = {14, 1, 1};
  const std::string salt(16, 's');
  const Secret key = *key_from_passphrase(Secret("correct horse"), salt, cheap);
  CHECK(key.reveal().size() == kValueKeyBytes);
  CHECK(*key_from_passphrase(Secret("correct horse"), salt, cheap) == key);
  CHECK_FALSE(*key_from_passphrase(Secret("correct hors"), salt, cheap) == key);
  CHECK_FALSE(*key_from_passphrase(Secret("correct horse"), std::string(16, 't'), cheap) == key);
}

TEST_CASE("scrypt is the one of RFC 7914") {
  // Section 12, third vector (64 bytes; we take the first 32).
  const Secret key = *key_from_passphrase(Secret("pleaseletmein"), "SodiumChloride", {14, 8, 1});
  std::string expected;
  const bool is_hex = [&] {
    const std::string_view text = "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2";
    for (std::size_t i = 0; i < text.size(); i += 2)
      expected.push_back(static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    return expected.size() == 32;
  }();
  REQUIRE(is_hex);
  CHECK(key.reveal() == expected);
}

TEST_CASE("A wrapper that nobody wrote is refused in words") {
  const std::string payload = base64url_encode(std::string(28, 'p'));
  const std::string salt = base64url_encode(std::string(16, 's'));
  const auto start = [](const std::string& rest) { return "lode-encrypted:" + rest; };
  CHECK(why_not(start("v1:keyring:0123456789abcdef:" + payload)).empty());
  CHECK(why_not(start("v1:scrypt:15,8,3:" + salt + ":" + payload)).empty());
  CHECK_THAT(why_not(start("v2:keyring:0123456789abcdef:" + payload)), Contains("version"));
  CHECK_THAT(why_not(start("")), Contains("version"));
  for (const std::string id : {"", "0123456789ABCDEF", "0123456789abcde", "0123456789abcdeg", "0123456789abcdef00"}) {
    CHECK_THAT(why_not(start("v1:keyring:" + id + ":" + payload)), Contains("id"));
  }
  for (const std::string cost : {"", "15,8", "15,8,3,1", "13,8,3", "21,8,3", "15,0,3", "15,17,3", "15,8,17", "20,16,1",
                                 "20,4,16", "18,4,5", "015,8,3", "-15,8,3", "15, 8,3", "99999999999,8,3"}) {
    CHECK_THAT(why_not(start("v1:scrypt:" + cost + ":" + salt + ":" + payload)), Contains("work"));
  }
  CHECK_THAT(why_not(start("v1:scrypt:15,8,3:AAAA:" + payload)), Contains("salt"));
  CHECK_THAT(why_not(start("v1:rot13:0123456789abcdef:" + payload)), Contains("missing"));
  CHECK_THAT(why_not(start("v1:keyring:0123456789abcdef")), Contains("missing"));
  for (const std::string& bad : std::vector<std::string>{"", "AAAA", "A A", payload.substr(1), payload + "="}) {
    CHECK_THAT(why_not(start("v1:keyring:0123456789abcdef:" + bad)), Contains("a part of it"));
  }
  CHECK(show_encrypted(start("v9")) == "encrypted (broken)");
  CHECK_FALSE(is_encrypted(std::string_view("Lode-encrypted:v1")));
}
