// Encrypted values in secrets.toml: decrypted when they are asked for and not before, kept encrypted when they change.
#include "config/encryption/value_cipher.h"

#include "config/files/secrets_file.h"
#include "config/overview.h"
#include "scratch_project.h"

using namespace lode;
using Catch::Matchers::Contains;

namespace {

const KeyPath kKey = KeyPath::from_dotted("sources.shop.api_key");
const ConfigQuery kQuery{.key = "sources.shop.api_key", .secret = true};

struct Project : ScratchProject {
  Path file() const { return root / "project/.lode/secrets.toml"; }
  std::string content() { return *env.read_file(file()); }
  SecretChange put(const KeyPath& key, const std::string& text, SecretWrite how) {
    Result<SecretChange> change = write_secret(env, file(), key, Secret(text), cipher, how);
    INFO((change.ok() ? "" : change.status().render()));
    REQUIRE(change.ok());
    return *change;
  }
  std::string stored(const KeyPath& key) {
    Config config = open();
    return find_at(config.providers()[1]->document(), key.parts)->as_text();
  }
};

}  // namespace

TEST_CASE("An encrypted value is decrypted when it is asked for, and not when it is listed") {
  Project project;
  CHECK(project.put(kKey, "hunter2", {Protection::kKeyring, {}}).is_encrypted);
  CHECK(project.content().find("hunter2") == std::string::npos);
  Config config = project.open(project.options_with_keyring());
  project.keyring.questions = 0;
  const std::vector<Setting> settings = overview(config, {});
  REQUIRE(settings.size() == 1);
  CHECK(settings[0].shown == "encrypted (keyring)");
  CHECK(config.explain(kQuery).size() > 1);
  CHECK(project.keyring.questions == 0);
  CHECK((*config.secret(kQuery))->reveal() == "hunter2");
  CHECK((*config.secret(kQuery))->reveal() == "hunter2");
  CHECK(project.keyring.questions == 1);
}

TEST_CASE("A table that is asked for whole has its encrypted values decrypted") {
  Project project;
  project.put(kKey, "hunter2", {Protection::kKeyring, {}});
  project.put(KeyPath::from_dotted("sources.shop.user"), "me", {});
  Config config = project.open(project.options_with_keyring());
  const std::optional<json::Value> table = *config.find({.key = "sources.shop", .secret = true});
  REQUIRE(table);
  CHECK(table->find("api_key")->as_text() == "hunter2");
  CHECK(table->find("user")->as_text() == "me");
}

TEST_CASE("A value that was moved to another key is refused, and the error says which") {
  Project project;
  project.put(kKey, "hunter2", {Protection::kKeyring, {}});
  std::string text = project.content();
  text.replace(text.find("api_key"), 7, "db_pass");
  project.write("project/.lode/secrets.toml", text);
  Config config = project.open(project.options_with_keyring());
  const Status status = config.secret({.key = "sources.shop.db_pass", .secret = true}).status();
  CHECK(status.code() == Code::kEncryptedValue);
  CHECK_THAT(status.render(), Contains("'sources.shop.db_pass'") && Contains("written for another key"));
}

TEST_CASE("A keyring that does not help is an error about the value") {
  Project project;
  project.put(kKey, "hunter2", {Protection::kKeyring, {}});
  project.keyring.keys[0].id = "ffffffffffffffff";
  CHECK_THAT(project.open(project.options_with_keyring()).secret(kQuery).status().render(),
             Contains("'sources.shop.api_key'") && Contains("credential not found") && Contains("[config.keyring]"));
  project.keyring.trouble = Status::error(Code::kKeyring, "the keyring is locked");
  CHECK_THAT(project.open(project.options_with_keyring()).secret(kQuery).status().render(), Contains("is locked"));
  SecretWrite how{Protection::kKeyring, {}};
  CHECK_FALSE(write_secret(project.env, project.file(), kKey, Secret("new"), project.cipher, how).ok());
}

TEST_CASE("A pass phrase comes from the environment, else a person is asked, and again if it is wrong") {
  Project project;
  project.env.variables["LODE_PASSPHRASE"] = "correct horse";
  project.put(kKey, "hunter2", {Protection::kPassphrase, {}});
  CHECK_THAT(project.content(), Contains("lode-encrypted:v1:scrypt:15,8,3:"));
  CHECK((*project.open().secret(kQuery))->reveal() == "hunter2");
  project.env.variables["LODE_PASSPHRASE"] = "wrong";
  CHECK_THAT(project.open().secret(kQuery).status().render(), Contains("not its pass phrase"));
  project.env.variables.clear();
  CHECK_THAT(project.open().secret(kQuery).status().render(), Contains("LODE_PASSPHRASE"));
  std::vector<std::string> asked;
  ConfigOptions options = project.options();
  options.ask = [&](const std::string& question, bool is_hidden) {
    CHECK(is_hidden);
    asked.push_back(question);
    return std::optional(Secret(asked.size() == 1 ? "wrong" : "correct horse"));
  };
  CHECK((*project.open(options).secret(kQuery))->reveal() == "hunter2");
  CHECK(asked.size() == 2);
}

TEST_CASE("Values of one file have one pass phrase and one salt") {
  Project project;
  const KeyPath second = KeyPath::from_dotted("sources.shop.token");
  project.env.variables["LODE_PASSPHRASE"] = "correct horse";
  project.put(kKey, "hunter2", {Protection::kPassphrase, {}});
  project.put(second, "t", {Protection::kPassphrase, {}});
  CHECK(parse_encrypted(project.stored(kKey))->salt == parse_encrypted(project.stored(second))->salt);
  project.env.variables["LODE_PASSPHRASE"] = "another";
  ValueCipher fresh(project.env, project.keyring, nullptr);
  SecretWrite how{Protection::kPassphrase, {}};
  const KeyPath third = KeyPath::from_dotted("a.b");
  CHECK_FALSE(write_secret(project.env, project.file(), third, Secret("x"), fresh, how).ok());
  CHECK(project.content().find("[a]") == std::string::npos);
}

TEST_CASE("A new pass phrase is asked for twice") {
  Project project;
  std::vector<std::string> answers = {"one", "two"};
  ValueCipher cipher(project.env, project.keyring, [&](const std::string&, bool) {
    Secret answer(answers.front());
    answers.erase(answers.begin());
    return std::optional(answer);
  });
  SecretWrite how{Protection::kPassphrase, {}};
  CHECK_THAT(write_secret(project.env, project.file(), kKey, Secret("x"), cipher, how).status().render(),
             Contains("two pass phrases"));
  answers = {"one", "one"};
  CHECK(write_secret(project.env, project.file(), kKey, Secret("x"), cipher, how).ok());
}

TEST_CASE("A value that is replaced stays as protected as it was") {
  Project project;
  project.put(kKey, "old", {Protection::kKeyring, {}});
  CHECK(project.put(kKey, "old", {}).same);
  const SecretChange change = project.put(kKey, "hunter2", {});
  CHECK(change.is_encrypted);
  CHECK_FALSE(change.same);
  CHECK(project.content().find("hunter2") == std::string::npos);
  CHECK_FALSE(project.put(kKey, "hunter2", {Protection::kPlain, {}}).is_encrypted);
  CHECK_THAT(project.content(), Contains("api_key = \"hunter2\""));
}

TEST_CASE("A value whose key is lost can be replaced") {
  Project project;
  project.put(kKey, "old", {Protection::kKeyring, {}});
  project.keyring.keys.clear();
  ValueCipher fresh(project.env, project.keyring, nullptr);
  REQUIRE(write_secret(project.env, project.file(), kKey, Secret("new"), fresh, {}).ok());
  CHECK((*project.open(project.options_with_keyring()).secret(kQuery))->reveal() == "new");
}

TEST_CASE("In the place of another value than the one expected nothing is written") {
  Project project;
  for (const Protection protection : {Protection::kPlain, Protection::kKeyring}) {
    project.put(kKey, "old", {protection, {}});
    CHECK(project.put(kKey, "new", {Protection::kAsBefore, Secret("older")}).was_replaced);
    CHECK((*project.open(project.options_with_keyring()).secret(kQuery))->reveal() == "old");
    CHECK_FALSE(project.put(kKey, "new", {Protection::kAsBefore, Secret("old")}).was_replaced);
    CHECK((*project.open(project.options_with_keyring()).secret(kQuery))->reveal() == "new");
  }
}

TEST_CASE("A text that is there can be encrypted and decrypted in its place") {
  Project project;
  project.write("project/.lode/secrets.toml",
                "# mine\n[sources.shop]\napi_key = \"hunter2\" # why\nn = 5\nv = '${A}'\n");
  REQUIRE(protect_secret(project.env, project.file(), kKey, project.cipher, Protection::kKeyring).ok());
  CHECK(project.content().find("hunter2") == std::string::npos);
  CHECK_THAT(project.content(), Contains("# why"));
  REQUIRE(protect_secret(project.env, project.file(), kKey, project.cipher, Protection::kPlain).ok());
  CHECK_THAT(project.content(), Contains("api_key = \"hunter2\" # why"));
  const auto refused = [&](const std::string& key) {
    return protect_secret(project.env, project.file(), KeyPath::from_dotted(key), project.cipher, Protection::kKeyring)
        .status()
        .message();
  };
  CHECK_THAT(refused("sources.shop.n"), Contains("no text"));
  CHECK_THAT(refused("sources.shop.v"), Contains("variable"));
  CHECK_THAT(refused("sources.shop.none"), Contains("there is no"));
}

TEST_CASE("An encrypted value of a wrong type does not show itself") {
  Project project;
  project.put(kKey, "hunter2", {Protection::kKeyring, {}});
  Config config = project.open(project.options_with_keyring());
  const Status status = config.integer({.key = "sources.shop.api_key"}).status();
  CHECK_FALSE(status.ok());
  CHECK(status.render().find("hunter2") == std::string::npos);
}
