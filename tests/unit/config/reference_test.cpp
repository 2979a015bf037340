// References: texts that say where a value is, wherever a value stands; and texts that only look like it.
#include "config/check.h"
#include "config/config.h"
#include "config/credentials.h"
#include "config/overview.h"
#include "scratch_project.h"
#include "support/fake_cloud.h"

using namespace lode;
using Catch::Matchers::Contains;

namespace {

// A key/value store with one secret: vault://secret/shop#key is "from vault", #port is "5433".
struct Shop {
  FakeCloud server;
  ScratchProject place;

  Shop() {
    place.env.variables = {{"VAULT_ADDR", server.url()}, {"VAULT_TOKEN", "t"}, {"PLAIN", "from variable"}};
    server.on("GET /v1/sys/internal/ui/mounts/secret/shop",
              R"({"data": {"path": "secret/", "type": "kv", "options": {"version": "2"}}})");
    server.on("GET /v1/secret/data/shop", R"({"data": {"data": {"key": "from vault", "port": 5433,
        "again": "env://PLAIN", "url": "postgresql://u:file%3A%2F%2F%2Fnope@h/d"}}})");
  }
  void secrets(const std::string& text) { place.write("project/.dlt/secrets.toml", text); }
  void settings(const std::string& text) { place.write("project/.dlt/config.toml", text); }
  std::string secret(const std::string& key) {
    const Result<std::optional<Secret>> found = place.open().secret({.key = key});
    if (!found.ok()) return found.status().render();
    return *found ? std::string((*found)->reveal()) : "(nothing)";
  }
  std::string setting(const std::string& key) {
    const Result<std::optional<std::string>> found = place.open().text({.key = key});
    return found.ok() ? found->value_or("(nothing)") : found.status().render();
  }
};

}  // namespace

TEST_CASE("a reference stands for a setting, and is read as its type") {
  Shop shop;
  shop.settings("a = 'vault://secret/shop#key'\nport = 'vault://secret/shop#port'\nb = 'env://PLAIN'\n");
  CHECK(shop.setting("a") == "from vault");
  CHECK(shop.setting("b") == "from variable");
  CHECK(shop.place.open().integer({.key = "port"})->value() == 5433);
  CHECK_THAT(shop.place.open().locate({.key = "a"})->value().place, Contains("config.toml -> vault://secret/shop#key"));
}

TEST_CASE("URLs of settings stay what they are") {
  Shop shop;
  shop.settings(
      "bucket_url = 'file:///data'\nurl = 'https://vault.example/#x'\nlate = 'see vault://secret/shop#key'\n"
      "s3 = 's3://b/x'\n");
  CHECK(shop.setting("bucket_url") == "file:///data");
  CHECK(shop.setting("url") == "https://vault.example/#x");
  CHECK(shop.setting("late") == "see vault://secret/shop#key");
  CHECK(shop.setting("s3") == "s3://b/x");
  CHECK(shop.server.asked().empty());
}

TEST_CASE("references in variables, .env and what a script sets") {
  Shop shop;
  shop.place.env.variables["SHOP__KEY"] = "vault://secret/shop#key";
  shop.place.write("project/.env", "SHOP__OTHER='vault://secret/shop#key'\n");
  CHECK(shop.secret("shop.key") == "from vault");
  CHECK(shop.setting("shop.other") == "from vault");
  Config config = shop.place.open();
  config.set(KeyPath::from_dotted("x.y"), "vault://secret/shop#key");
  CHECK(text_at(config, {.key = "x.y"}) == "from vault");
  config.set(KeyPath::from_dotted("x.table"), json::Value::object({{"key", "vault://secret/shop#key"}}));
  CHECK(config.secret({.key = "x.table.key"})->value().reveal() == "from vault");
}

TEST_CASE("references in tables and lists") {
  Shop shop;
  shop.settings("[t]\nlist = ['vault://secret/shop#key', 'file:///data', 7]\ninner = {deep = 'env://PLAIN'}\n");
  const json::Value table = shop.place.open().find({.key = "t"})->value();
  CHECK(table.find("list")->items()[0].as_text() == "from vault");
  CHECK(table.find("list")->items()[1].as_text() == "file:///data");
  CHECK(table.find_path({"inner", "deep"})->as_text() == "from variable");
}

TEST_CASE("a reference may stand where secrets may not; a secret still may not") {
  Shop shop;
  shop.settings("token = 'vault://secret/shop#key'\npass = 'hunter22'\n");
  CHECK(shop.secret("token") == "from vault");
  CHECK_THAT(shop.secret("pass"), Contains("must not hold secrets"));
}

TEST_CASE("parts of credentials: a table's, a JSON text's, a URL's") {
  Shop shop;
  const CredentialKind& kind = *find_credential_kind("postgres");
  const ConfigQuery where{.key = "credentials", .sections = {"sources", "pg"}};
  const auto password = [&] {
    const Result<json::Value> fields = find_credentials(shop.place.open(), kind, where, shop.place.env);
    return fields.ok() ? fields->text_or("password", "") : fields.status().render();
  };
  shop.secrets(
      "[sources.pg.credentials]\npassword = 'vault://secret/shop#key'\nhost = 'h'\nusername = 'u'\n"
      "database = 'd'\nport = 'vault://secret/shop#port'\n");
  CHECK(password() == "from vault");
  CHECK(find_credentials(shop.place.open(), kind, where, shop.place.env)->find("port")->as_int() == 5433);
  shop.secrets("[sources.pg]\ncredentials = 'postgresql://u:vault%3A%2F%2Fsecret%2Fshop%23key@h/d'\n");
  CHECK(password() == "from vault");
  shop.secrets(
      "[sources.pg]\ncredentials = '{\"password\": \"vault://secret/shop#key\", \"host\": \"h\", "
      "\"username\": \"u\", \"database\": \"d\"}'\n");
  CHECK(password() == "from vault");
  shop.secrets("[sources.pg]\ncredentials = 'postgresql://u@h/d'\n[sources.pg.credentials_of]\n");
  shop.place.env.variables["SOURCES__PG__CREDENTIALS__PASSWORD"] = "vault://secret/shop#key";
  CHECK(password() == "from vault");
}

TEST_CASE("what comes out of a vault is not looked into") {
  Shop shop;
  shop.secrets("a = 'vault://secret/shop#again'\n[sources.pg]\ncredentials = 'vault://secret/shop#url'\n");
  CHECK(shop.secret("a") == "env://PLAIN");
  const ConfigQuery where{.key = "credentials", .sections = {"sources", "pg"}};
  const Result<json::Value> fields =
      find_credentials(shop.place.open(), *find_credential_kind("postgres"), where, shop.place.env);
  REQUIRE(fields.ok());
  CHECK(fields->text_or("password", "") == "file:///nope");
}

TEST_CASE("what a reference leads to and is not there names both") {
  Shop shop;
  shop.settings("a = 'vault://secret/shop#nope'\nb = 'env://NOPE'\n");
  CHECK_THAT(shop.setting("a"), Contains("'a' refers to vault://secret/shop#nope, which cannot be had") &&
                                    Contains("has no key 'nope'") && Contains("config.toml"));
  CHECK_THAT(shop.setting("b"), Contains("'b' refers to env://NOPE, which is not set"));
  // What a vault is reached with cannot stand in it.
  shop.settings("[providers.hashicorp_vault]\naddress = 'vault://secret/shop#key'\n");
  CHECK_THAT(shop.setting("providers.hashicorp_vault.address"), Contains("cannot be had"));
}

TEST_CASE("a stop ends the question behind a setting") {
  Shop shop;
  shop.settings("a = 'vault://secret/shop#key'\n");
  std::stop_source stop;
  stop.request_stop();
  CHECK(shop.place.open().with_stop(stop.get_token()).text({.key = "a"}).status().code() == Code::kCancelled);
}

TEST_CASE("what stands in files is shown and checked without asking vaults") {
  Shop shop;
  shop.settings(
      "[providers]\nenable_hashicorp_vault = true\n[providers.hashicorp_vault]\nmount = 'secret'\n"
      "[sources.shop]\nkey = 'vault://secret/shop#key'\n");
  const Config config = shop.place.open();
  std::vector<std::string> shown;
  for (const Setting& setting : overview(config, {})) shown.push_back(setting.key.dotted() + " " + setting.problem);
  CHECK(shown == std::vector<std::string>{"providers.enable_hashicorp_vault ", "providers.hashicorp_vault.mount ",
                                          "sources.shop.key "});
  for (const Finding& finding : check_config(shop.place.env, config, {}, std::nullopt)) {
    CHECK_THAT(finding.what, !Contains("providers."));
  }
  CHECK(shop.server.asked().empty());
}

TEST_CASE("secrets in files stand where the configuration says") {
  Shop shop;
  shop.place.write("mounted/shop--token", "from file\n");
  CHECK(shop.secret("shop.token") == "(nothing)");
  shop.settings("[providers.secret_files]\nfolder = '" + (shop.place.root / "mounted").string() + "'\n");
  CHECK(shop.secret("shop.token") == "from file");
  shop.place.write("run-secrets/shop--token", "the usual place");
  shop.settings("[providers.secret_files]\nfolder = ''\n");
  CHECK(shop.secret("shop.token") == "(nothing)");
}
