// Vaults: which names are asked for, how often, and what becomes of the texts.
#include "base/text.h"
#include "config/vaults/vault_provider.h"
#include "support/catch.h"
#include "support/test_env.h"

namespace lode {
namespace {

class ClockEnv final : public TestEnv {
 public:
  std::int64_t now = 1'000'000;
  std::int64_t steady_us() override { return now; }
};

struct Book {
  std::map<std::string, std::string> texts;
  std::vector<std::string> asked;
  bool is_down = false;
};

class FakeStore final : public VaultStore {
 public:
  explicit FakeStore(Book& book) : book_(book) {}
  std::string_view title() const override { return "fake vault"; }
  std::string name_of(const KeyPath& key) const override { return join(key.parts, "/"); }
  std::string address_of(const std::string& name) const override { return "fake://" + name; }
  Status fetch(const std::string& name, VaultEntry& entry, const std::stop_token&) override {
    book_.asked.push_back(name);
    if (book_.is_down) return Status::error(Code::kConfigUnreadable, "down");
    entry.why = "no such secret";
    const auto found = book_.texts.find(name);
    if (found == book_.texts.end()) return {};
    entry.state = VaultEntry::State::kFound;
    entry.text = found->second;
    return {};
  }
  Result<std::vector<std::string>> list(const std::stop_token&) override {
    book_.asked.push_back("*");
    std::vector<std::string> names;
    for (const auto& [name, text] : book_.texts) names.push_back(name);
    return names;
  }

 private:
  Book& book_;
};

struct Fixture {
  explicit Fixture(VaultOptions options = {}, double ttl_s = 0, bool list_first = false)
      : provider(std::make_shared<VaultCache>(env, std::make_unique<FakeStore>(book), ttl_s, list_first), options) {}
  /// "" for absent, "!…" for an error.
  std::string find(const char* key, bool secret = true) {
    const Result<std::optional<json::Value>> value = provider.find(KeyPath::from_dotted(key), secret);
    if (!value.ok()) return "!" + value.status().message();
    return *value ? (*value)->as_text() : "";
  }
  ClockEnv env;
  Book book;
  VaultProvider provider;
};

using Names = std::vector<std::string>;

TEST_CASE("fragments of all sections of a key are asked for, each once") {
  Fixture vault;
  CHECK(vault.find("p.sources.shop.orders.key").empty());
  CHECK(vault.book.asked ==
        Names{"dlt_secrets_toml", "p/dlt_secrets_toml", "p/sources", "p/sources/shop", "p/sources/shop/orders"});
  vault.book.asked.clear();
  CHECK(vault.find("p.sources.shop.other").empty());
  CHECK(vault.book.asked.empty());
}

TEST_CASE("a key's own name is asked for when that is switched on, and never read as TOML") {
  Fixture vault({.only_secrets = true, .only_toml_fragments = false});
  vault.book.texts = {{"sources/shop/key", "a = 1"}, {"key", "{\"x\": \"y\"}"}};
  CHECK(vault.find("sources.shop.key") == "a = 1");
  CHECK(vault.find("key.x") == "y");
  Fixture fragments;
  fragments.book.texts = vault.book.texts;
  CHECK(fragments.find("sources.shop.key").empty());
}

TEST_CASE("a fragment repeats its sections or stands below them") {
  Fixture vault;
  vault.book.texts = {{"sources/a", "key = 'below'"},
                      {"sources/b", "[sources.b]\nkey = 'repeated'"},
                      {"sources/c", "{\"key\": \"json\"}"},
                      {"dlt_secrets_toml", "[sources.d]\nkey = 'all'\n[sources.a]\nkey = 'less specific'"}};
  CHECK(vault.find("sources.a.key") == "below");
  CHECK(vault.find("sources.b.key") == "repeated");
  CHECK(vault.find("sources.c.key") == "json");
  CHECK(vault.find("sources.d.key") == "all");
}

TEST_CASE("settings are found in what is there, and not asked for") {
  Fixture vault;
  vault.book.texts = {{"destination/pg/credentials", "{\"host\": \"db\", \"password\": \"secret\"}"}};
  CHECK(vault.find("destination.pg.credentials.host", false).empty());
  CHECK(vault.book.asked == Names{"dlt_secrets_toml"});
  CHECK(vault.find("destination.pg.credentials.password") == "secret");
  CHECK(vault.find("destination.pg.credentials.host", false) == "db");
}

TEST_CASE("malformed texts are errors that do not quote them") {
  Fixture vault;
  vault.book.texts = {{"sources/a", "{\"key\": \"hunter22"}};
  CHECK(vault.find("sources.a.key") == "!fake://sources/a in fake vault begins like a JSON object and is none");
  Fixture toml;
  toml.book.texts = {{"dlt_secrets_toml", "key = hunter22"}};
  const Status error = toml.provider.find(KeyPath::from_dotted("key"), true).status();
  CHECK(error.message() == "fake://dlt_secrets_toml in fake vault is not TOML");
  CHECK(error.render().find("hunter22") == std::string::npos);
}

TEST_CASE("answers hold for their time, and are then asked for again") {
  Fixture vault({}, 60);
  vault.book.texts = {{"sources/a", "key = 'old'"}};
  CHECK(vault.find("sources.a.key") == "old");
  vault.book.texts = {{"sources/a", "key = 'new'"}};
  vault.env.now += 59'000'000;
  CHECK(vault.find("sources.a.key") == "old");
  vault.env.now += 2'000'000;
  CHECK(vault.find("sources.a.key") == "new");
}

TEST_CASE("a vault that is down is left alone for a while") {
  Fixture vault;
  vault.book.is_down = true;
  CHECK(vault.find("sources.a.key") == "!down");
  CHECK(vault.find("sources.b.key") == "!down");
  CHECK(vault.book.asked.size() == 1);
  vault.book.is_down = false;
  vault.book.texts = {{"sources/a", "key = 'back'"}};
  vault.env.now += VaultCache::kFailureHoldsUs;
  CHECK(vault.find("sources.a.key") == "back");
}

TEST_CASE("names that are not listed are not asked for") {
  Fixture vault({}, 0, true);
  vault.book.texts = {{"sources/a", "key = 'x'"}};
  CHECK(vault.find("sources.a.key") == "x");
  CHECK(vault.book.asked == Names{"*", "sources/a"});
  const std::vector<LookedAt> lines = vault.provider.explain({KeyPath::from_dotted("sources.a.other")}, true);
  CHECK(lines == std::vector<LookedAt>{{"fake vault", "fake://dlt_secrets_toml", "not in the vault's list"},
                                       {"fake vault", "fake://sources", "not in the vault's list"},
                                       {"fake vault", "fake://sources/a", "has no such key"}});
}

}  // namespace
}  // namespace lode
