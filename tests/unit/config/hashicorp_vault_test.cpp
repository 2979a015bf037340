// HashiCorp Vault: names, mounts, tokens and refusals. The answers are those that Vault 1.21 gave.
#include "config/vaults/hashicorp_vault.h"

#include "config/vaults/vaults.h"
#include "support/catch.h"
#include "support/fake_cloud.h"
#include "support/scratch.h"
#include "support/test_env.h"

namespace lode {
namespace {

class ClockEnv final : public TestEnv {
 public:
  std::int64_t passed_us = 0;
  std::int64_t steady_us() override { return TestEnv::steady_us() + passed_us; }
};

constexpr const char* kMount =
    R"({"data":{"options":{"version":"2"},"path":"secret/","type":"kv","accessor":"kv_7940cee8"}})";
constexpr const char* kFound =
    R"({"data":{"data":{"token":"hunter22","pages":7},"metadata":{"deletion_time":"","destroyed":false,"version":1}}})";
constexpr const char* kNone = R"({"errors":[]})";
constexpr const char* kBadToken = R"({"errors":["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"]})";
constexpr const char* kDenied = R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})";
constexpr const char* kLife = R"({"data":{"ttl":0,"renewable":false,"creation_ttl":0}})";

struct Fixture {
  explicit Fixture(HashicorpOptions options = {}) {
    options.address = cloud.url();
    options.patience = {.timeout_s = 5, .attempts = 1};
    login.token = "hvs.TOKEN";
    login.from = "VAULT_TOKEN";
    cloud.on("GET /v1/auth/token/lookup-self", kLife);
    cloud.on("GET /v1/sys/internal/ui/mounts/secret/a", kMount);
    cloud.on("GET /v1/secret/data/a", kFound);
    vault = std::make_unique<HashicorpVault>(env, std::make_shared<HttpClient>(env), options, [this] {
      ++logins;
      HashicorpLogin copy;
      copy.token = login.token;
      copy.path = login.path;
      copy.question = login.question;
      copy.from = login.from;
      return Result<HashicorpLogin>(std::move(copy));
    });
  }
  /// The text, or "-" and why it is not there, or "!" and the error.
  std::string fetch(const std::string& name) {
    VaultEntry entry;
    const Status status = vault->fetch(name, entry, {});
    if (!status.ok()) return "!" + status.render();
    return entry.state == VaultEntry::State::kFound ? entry.text : "-" + entry.why;
  }
  std::vector<std::string> asked() {
    std::vector<std::string> paths;
    for (const auto& question : cloud.asked()) paths.push_back(question.method + " " + question.path);
    return paths;
  }
  ClockEnv env;
  FakeCloud cloud;
  HashicorpLogin login;
  int logins = 0;
  std::unique_ptr<HashicorpVault> vault;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("a secret is its fields; mount and token are asked about once") {
  Fixture vault;
  CHECK(vault.fetch("secret/a") == R"({"token":"hunter22","pages":7})");
  CHECK(vault.fetch("secret/a") == R"({"token":"hunter22","pages":7})");
  CHECK(vault.asked() == std::vector<std::string>{"GET /v1/auth/token/lookup-self",
                                                  "GET /v1/sys/internal/ui/mounts/secret/a", "GET /v1/secret/data/a",
                                                  "GET /v1/secret/data/a"});
  CHECK(vault.cloud.asked().back().header("x-vault-token") == "hvs.TOKEN");
  CHECK(vault.cloud.asked().back().header("x-vault-request") == "true");
}

TEST_CASE("names begin with the mount and the prefix, and are encoded where they are asked for") {
  Fixture vault({.name_space = "team"});
  CHECK(vault.vault->name_of(KeyPath::from_dotted("sources.github")) == "secret/dlt/sources/github");
  CHECK(vault.vault->address_of("secret/a") == "vault://secret/a");
  vault.cloud.on("GET /v1/sys/internal/ui/mounts/secret/a b%", kMount);
  vault.cloud.on("GET /v1/secret/data/a b%", kFound);
  CHECK(has(vault.fetch("secret/a b%"), "hunter22"));
  CHECK(vault.cloud.asked().back().header("x-vault-namespace") == "team");
  for (const char* bad : {"secret", "secret/", "/a", "secret/../sys", "secret//a", "secret/a?list=true",
                          "secret/a?version=", "secret/a?version=x", "secret/a\n"}) {
    CHECK(has(vault.fetch(bad), "-cannot be a name there"));
  }
}

TEST_CASE("of version 1: no data in paths; what is mounted may lie deeper, and may be something else") {
  Fixture vault;
  vault.cloud.on("GET /v1/sys/internal/ui/mounts/team/kv/a",
                 R"({"data":{"options":{"version":"1"},"path":"team/kv/","type":"kv"}})");
  vault.cloud.on("GET /v1/team/kv/a", R"({"data":{"x":"1"},"lease_duration":2764800})");
  CHECK(vault.fetch("team/kv/a") == R"({"x":"1"})");
  vault.cloud.on("GET /v1/sys/internal/ui/mounts/pki/a", R"({"data":{"options":null,"path":"pki/","type":"pki"}})");
  CHECK(vault.fetch("pki/a") == "-no such secret ('pki' is of the type pki, not kv)");
  // Who may not look at the mount is taken at his word.
  Fixture told({.mount = "kv", .kv_version = 1});
  told.cloud.on("GET /v1/kv/b", R"({"data":{"x":"2"}})");
  CHECK(told.fetch("kv/b") == R"({"x":"2"})");
}

TEST_CASE("what is not there says why") {
  Fixture vault;
  vault.cloud.on("GET /v1/secret/data/none", kNone, 404);
  vault.fetch("secret/a");
  CHECK(vault.fetch("secret/none") == "-no such secret");
  vault.cloud.on("GET /v1/secret/data/gone", R"({"data":{"data":null,"metadata":{"deletion_time":"2026-11-22"}}})",
                 404);
  CHECK(vault.fetch("secret/gone") == "-its newest version is deleted");
  CHECK(vault.fetch("secret/gone?version=3") == "-that version is deleted");
  CHECK(vault.cloud.asked().back().param("version") == "3");
  vault.cloud.on("GET /v1/sys/internal/ui/mounts/nowhere/a", kDenied, 403);
  vault.cloud.on("GET /v1/nowhere/data/a",
                 R"({"errors":["no handler for route \"nowhere/data/a\". route entry not found."]})", 404);
  CHECK(vault.fetch("nowhere/a") == "-no such secret (nothing is mounted at 'nowhere')");
}

TEST_CASE("a path that the token may not read is denied; a token that is none is an error") {
  Fixture vault;
  vault.cloud.on("GET /v1/secret/data/a", kDenied, 403);
  CHECK(vault.fetch("secret/a") == "-access denied: the token's policies need read on 'secret/data/a'");
  Fixture dead;
  dead.cloud.on("GET /v1/auth/token/lookup-self", kBadToken, 403);
  CHECK(has(dead.fetch("secret/a"), "it does not take the token of VAULT_TOKEN"));
  // An older server says the same of both, and is asked about the token itself.
  Fixture old;
  old.cloud.on("GET /v1/auth/token/lookup-self", R"({"errors":["permission denied"]})", 403);
  old.cloud.on("GET /v1/sys/internal/ui/mounts/secret/a", R"({"errors":["permission denied"]})", 403);
  CHECK(has(old.fetch("secret/a"), "it does not take the token of VAULT_TOKEN"));
  CHECK(old.logins == 2);  // it might have been changed meanwhile
}

TEST_CASE("a login that has ended is repeated, once") {
  Fixture vault;
  vault.login = {};
  vault.login.path = "auth/approle/login";
  vault.login.question = json::Value::object({{"role_id", "r"}, {"secret_id", "s3cr3t-id"}});
  vault.login.from = "the AppRole login";
  int number = 0;
  vault.cloud.on("POST /v1/auth/approle/login", [&](const FakeCloud::Question&) {
    return FakeCloud::Answer{200, R"({"auth":{"client_token":"hvs.)" + std::to_string(++number) +
                                      R"(","lease_duration":60,"renewable":false}})"};
  });
  vault.cloud.on("GET /v1/secret/data/a", [&](const FakeCloud::Question& question) {
    return question.header("x-vault-token") == "hvs.2" ? FakeCloud::Answer{200, kFound}
                                                       : FakeCloud::Answer{403, kBadToken};
  });
  CHECK(has(vault.fetch("secret/a"), "hunter22"));
  CHECK(number == 2);
  vault.env.passed_us += 41'000'000;  // two thirds of its life: a new one before it ends
  CHECK(has(vault.fetch("secret/a"), "!HashiCorp Vault cannot be asked for 'secret/a': it does not take the token"));
  CHECK(number == 4);
}

TEST_CASE("a token that may be renewed is") {
  Fixture vault;
  vault.cloud.on("GET /v1/auth/token/lookup-self", R"({"data":{"ttl":90,"renewable":true}})");
  vault.cloud.on("POST /v1/auth/token/renew-self",
                 R"({"auth":{"client_token":"hvs.TOKEN","lease_duration":90,"renewable":true}})");
  vault.fetch("secret/a");
  vault.env.passed_us += 61'000'000;
  vault.fetch("secret/a");
  vault.fetch("secret/a");
  const std::vector<std::string> asked = vault.asked();
  CHECK(std::count(asked.begin(), asked.end(), "POST /v1/auth/token/renew-self") == 1);
}

TEST_CASE("what a failed login sends is not shown, even if the answer repeats it") {
  Fixture vault;
  vault.login = {};
  vault.login.path = "auth/approle/login";
  vault.login.question = json::Value::object({{"role_id", "r0le-id"}, {"secret_id", "s3cr3t-id"}});
  vault.login.from = "the AppRole login";
  vault.cloud.on("POST /v1/auth/approle/login", R"({"errors":["invalid secret id s3cr3t-id of r0le-id"]})", 400);
  const std::string text = vault.fetch("secret/a");
  CHECK(has(text, "the AppRole login failed with 400"));
  CHECK(has(text, "invalid secret id *** of ***"));
  CHECK(has(text, "auth_mount"));
}

TEST_CASE("answers that are none of Vault's") {
  Fixture vault;
  vault.cloud.on("GET /v1/secret/data/a", "<html>hello</html>");
  CHECK(has(vault.fetch("secret/a"), "is address that of a Vault or OpenBao server?"));
  vault.cloud.on("GET /v1/secret/data/a", R"({"data":{"data":["a"]}})");
  CHECK(has(vault.fetch("secret/a"), "!HashiCorp Vault answered 200"));
  vault.cloud.on("GET /v1/secret/data/a", "", 307, {{"Location", "https://active:8200/v1/secret/data/a"}});
  CHECK(has(vault.fetch("secret/a"), "set address to that of the active server"));
}

TEST_CASE("all folders are listed") {
  Fixture vault;
  vault.cloud.on("GET /v1/sys/internal/ui/mounts/secret/dlt/", kMount);
  vault.cloud.on("GET /v1/secret/metadata/dlt/", R"({"data":{"keys":["dlt_secrets_toml","sources/"]}})");
  vault.cloud.on("GET /v1/secret/metadata/dlt/sources/", R"({"data":{"keys":["github","empty/"]}})");
  vault.cloud.on("GET /v1/secret/metadata/dlt/sources/empty/", kNone, 404);
  const Result<std::vector<std::string>> names = vault.vault->list({});
  REQUIRE(names.ok());
  CHECK(*names == std::vector<std::string>{"secret/dlt/dlt_secrets_toml", "secret/dlt/sources/github"});
  CHECK(vault.cloud.asked().back().param("list") == "true");
  vault.cloud.on("GET /v1/secret/metadata/dlt/sources/", kDenied, 403);
  CHECK(has(vault.vault->list({}).status().render(), "need list on 'secret/metadata/dlt/sources/'"));
}

}  // namespace
}  // namespace lode
