// Google Secret Manager and Azure Key Vault, from the configuration to the answer. A server plays both as their REST
// references describe them: there is no official one to be had on one's own machine.
#include "base/text.h"
#include "config/config.h"
#include "config/vaults/azure_vault.h"
#include "config/vaults/google_vault.h"
#include "json/write.h"
#include "scratch_project.h"
#include "support/fake_cloud.h"
#include "support/rsa_key.h"

using namespace lode;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kCanary = "cAnArY7Xq+/v9z";
using Answer = FakeCloud::Answer;

// Asks a whole configuration, as a script would.
struct Cloud {
  FakeCloud server;
  ScratchProject place;

  void set(const std::string& name, const std::string& value) { place.env.variables[name] = value; }
  /// The secret, or the error that a script would see.
  std::string secret(const std::string& key) {
    const Config config = place.open();
    const Result<std::optional<Secret>> found = config.secret({.key = key});
    std::string text = !found.ok() ? found.status().render()
                       : *found    ? std::string((*found)->reveal())
                                   : config.missing({.key = key, .secret = true}).render();
    if (text != kCanary && text.find(kCanary) != std::string::npos) FAIL("the canary is in: " + text);
    return text;
  }
  std::string follow(const std::string& reference) {
    set("SOURCES__A__KEY", reference);
    return secret("sources.a.key");
  }
  int asked(const std::string& path) {
    int count = 0;
    for (const auto& question : server.asked()) count += question.path == path ? 1 : 0;
    return count;
  }
};

const KeyPair& key() {
  static const KeyPair kKey;
  return kKey;
}

struct Google : Cloud {
  Google() {
    server.on("POST /token", R"({"access_token": "ya29.t1", "expires_in": 3600})");
    set("GCE_METADATA_HOST", dead_host());
    set("PROVIDERS__ENABLE_GOOGLE_SECRETS", "true");
    set("PROVIDERS__GOOGLE_SECRETS__ENDPOINT_URL", server.url());
    set("PROVIDERS__GOOGLE_SECRETS__CREDENTIALS",
        json::write(json::Value::object({{"type", "service_account"},
                                         {"project_id", "shop-1"},
                                         {"private_key", key().pem()},
                                         {"client_email", "loader@shop-1"},
                                         {"token_uri", server.url("/token")}})));
  }
  static std::string path(const std::string& name, const std::string& version = "latest") {
    return "/v1/projects/shop-1/secrets/" + name + "/versions/" + version + ":access";
  }
  void holds(const std::string& name, const std::string& text, const std::string& version = "latest") {
    server.on("GET " + path(name, version),
              R"({"name": "projects/1/secrets/x/versions/1", "payload": {"data": ")" + base64_encode(text) + "\"}}");
  }
  void refuses(const std::string& name, int status, const std::string& word, const std::string& message) {
    server.on("GET " + path(name),
              json::write(json::Value::object(
                  {{"error", json::Value::object({{"code", status}, {"message", message}, {"status", word}})}})),
              status);
  }
};

struct Azure : Cloud {
  Azure() {
    server.on("POST /contoso/oauth2/v2.0/token", R"({"access_token": "eyJ.t1", "expires_in": 3600})");
    set("AZURE_AUTHORITY_HOST", server.url("/"));
    set("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://" + dead_host());
    set("PROVIDERS__ENABLE_AZURE_KEYVAULT", "true");
    set("PROVIDERS__AZURE_KEYVAULT__VAULT_URL", server.url());
    set("PROVIDERS__AZURE_KEYVAULT__CREDENTIALS__AZURE_TENANT_ID", "contoso");
    set("PROVIDERS__AZURE_KEYVAULT__CREDENTIALS__AZURE_CLIENT_ID", "app");
    set("PROVIDERS__AZURE_KEYVAULT__CREDENTIALS__AZURE_CLIENT_SECRET", "s3cr3t-of-app");
  }
  void holds(const std::string& name, const std::string& text) {
    server.on("GET /secrets/" + name,
              json::write(json::Value::object({{"value", text}, {"id", server.url("/secrets/" + name + "/1")}})));
  }
  void refuses(const std::string& name, int status, const std::string& code, const std::string& inner) {
    json::Value error = json::Value::object({{"code", code}, {"message", "caller " + std::string(kCanary)}});
    if (!inner.empty()) error.set("innererror", json::Value::object({{"code", inner}}));
    server.on("GET /secrets/" + name, json::write(json::Value::object({{"error", error}})), status);
  }
};

}  // namespace

TEST_CASE("Google's secrets have dlt's names") {
  TestEnv env;
  HttpClient client(env);
  const GoogleVault vault(env, client, {}, {});
  CHECK(vault.name_of(KeyPath::from_dotted("destination.bigquery.credentials.project_id")) ==
        "destination-bigquery-credentials-project_id");
  CHECK(vault.name_of(KeyPath{{"my_pipe", "dlt_secrets_toml"}}) == "my_pipe-dlt_secrets_toml");
  CHECK(vault.name_of(KeyPath{{"sources", "a b!c", "x-y"}}) == "sources-abc-x-y");
}

TEST_CASE("Google: fragments, the key's own name, and what is not there") {
  Google google;
  google.holds("dlt_secrets_toml", "[sources.wide]\nkey = 'of all'\n");
  google.holds("sources-github", std::string("[sources.github]\ntoken = \"") + kCanary + "\"\n");
  google.holds("sources-single-key", kCanary);
  CHECK(google.secret("sources.wide.key") == "of all");
  CHECK(google.secret("sources.github.token") == kCanary);
  CHECK(google.server.asked().back().header("authorization") == "Bearer ya29.t1");
  CHECK_THAT(google.secret("sources.single.key"), Contains("gcp-sm://sources-single") && Contains("no such secret"));
  google.set("PROVIDERS__GOOGLE_SECRETS__ONLY_TOML_FRAGMENTS", "false");
  CHECK(google.secret("sources.single.key") == kCanary);
}

TEST_CASE("Google: references") {
  Google google;
  google.set("PROVIDERS__ENABLE_GOOGLE_SECRETS", "false");
  google.holds("plain", kCanary);
  google.holds("fields", R"({"user": "u", "password": ")" + std::string(kCanary) + "\"}");
  google.holds("plain", "the third", "3");
  CHECK(google.follow("gcp-sm://plain") == kCanary);
  CHECK(google.follow("gcp-sm://plain/versions/3") == "the third");
  CHECK(google.follow("gcp-sm://fields#password") == kCanary);
  CHECK(google.follow("gcp-sm://projects/shop-1/secrets/plain") == kCanary);
  CHECK(google.follow("gcp-sm://projects/shop-1/secrets/plain/versions/3") == "the third");
  google.server.on("GET /v1/projects/p2/locations/europe-west3/secrets/r/versions/latest:access",
                   R"({"payload": {"data": "cmVnaW9uYWw="}})");
  CHECK(google.follow("gcp-sm://projects/p2/locations/europe-west3/secrets/r") == "regional");
  for (const char* bad :
       {"gcp-sm://a b", "gcp-sm://a/b", "gcp-sm://projects/p/secrets", "gcp-sm://projects/p/x/secrets/s",
        "gcp-sm://projects/p/secrets/s/versions/", "gcp-sm://projects/../secrets/s"}) {
    CHECK_THAT(google.follow(bad), Contains("cannot be a name there"));
  }
  // In a list that is asked first only names of the project stand.
  google.set("PROVIDERS__GOOGLE_SECRETS__LIST_SECRETS", "true");
  CHECK(google.follow("gcp-sm://projects/p2/locations/europe-west3/secrets/r") == "regional");
}

TEST_CASE("Google: what is refused, and in which words") {
  Google google;
  google.refuses("s", 404, "NOT_FOUND", "Secret [projects/1/secrets/s] not found or has no versions.");
  CHECK_THAT(google.follow("gcp-sm://s"), Contains("no such secret"));
  google.refuses("s", 403, "PERMISSION_DENIED", "Permission 'secretmanager.versions.access' denied on resource.");
  CHECK_THAT(google.follow("gcp-sm://s"), Contains("access denied") && Contains("roles/secretmanager.secretAccessor"));
  google.refuses("s", 400, "FAILED_PRECONDITION",
                 "Secret Version [projects/1/secrets/s/versions/1] is in DISABLED state.");
  CHECK_THAT(google.follow("gcp-sm://s"), Contains("is in DISABLED state"));
  google.refuses("s", 403, "PERMISSION_DENIED", "Secret Manager API has not been used in project 1 before.");
  CHECK_THAT(google.follow("gcp-sm://s"), Contains("answered 403") && Contains("has not been used in project 1"));
  google.set("PROVIDERS__GOOGLE_SECRETS__ATTEMPTS", "1");
  google.refuses("s", 503, "UNAVAILABLE", "later");
  CHECK_THAT(google.follow("gcp-sm://s"), Contains("Google Secret Manager cannot be asked") && Contains("503"));
  google.server.on("GET " + Google::path("s"), "<html>");
  CHECK_THAT(google.follow("gcp-sm://s"), Contains("is its address that of this service?"));
  google.server.on("GET " + Google::path("s"), R"({"payload": {"data": "/w=="}})");
  CHECK_THAT(google.follow("gcp-sm://s"), Contains("it is binary, not text"));
}

TEST_CASE("Google: what arrives damaged is not used") {
  Google google;
  // "123456789" is CRC-32C's own example: 0xE3069283.
  google.server.on("GET " + Google::path("s"), R"({"payload": {"data": "MTIzNDU2Nzg5", "dataCrc32c": "3808858755"}})");
  CHECK(google.follow("gcp-sm://s") == "123456789");
  google.server.on("GET " + Google::path("s"), R"({"payload": {"data": "MTIzNDU2Nzg5", "dataCrc32c": "3808858756"}})");
  CHECK_THAT(google.follow("gcp-sm://s"), Contains("arrived damaged"));
}

TEST_CASE("Google: a token that is refused is replaced, once") {
  Google google;
  int given = 0;
  google.server.on("POST /token", [&](const FakeCloud::Question&) {
    return Answer{200, R"({"access_token": "t)" + std::to_string(++given) + R"(", "expires_in": 3600})"};
  });
  google.server.on("GET " + Google::path("s"), [&](const FakeCloud::Question& question) {
    return question.header("authorization") == "Bearer t2" ? Answer{200, R"({"payload": {"data": "b2s="}})"}
                                                           : Answer{401, R"({"error": {"message": "expired"}})"};
  });
  CHECK(google.follow("gcp-sm://s") == "ok");
  CHECK(given == 2);
  CHECK_THAT(google.follow("gcp-sm://s"), Contains("does not take the access token of") && Contains("expired"));
  CHECK(given == 4);
}

TEST_CASE("Google: names are listed page by page") {
  Google google;
  google.set("PROVIDERS__GOOGLE_SECRETS__LIST_SECRETS", "true");
  google.holds("sources-github", std::string("token = '") + kCanary + "'");
  google.server.on("GET /v1/projects/shop-1/secrets", [](const FakeCloud::Question& question) {
    return question.param("pageToken").empty()
               ? Answer{200, R"({"secrets": [{"name": "projects/1/secrets/other"}], "nextPageToken": "a/b+c="})"}
               : Answer{question.param("pageToken") == "a/b+c=" ? 200 : 500,
                        R"({"secrets": [{"name": "projects/1/secrets/sources-github"}]})"};
  });
  CHECK(google.secret("sources.github.token") == kCanary);
  CHECK(google.asked(Google::path("dlt_secrets_toml")) == 0);
  google.server.on("GET /v1/projects/shop-1/secrets", R"({"error": {"message": "denied"}})", 403);
  CHECK_THAT(google.secret("sources.github.token"), Contains("roles/secretmanager.viewer"));
}

TEST_CASE("Google: credentials of a person, of the machine, and none") {
  Google google;
  google.holds("s", "ok");
  google.set(
      "PROVIDERS__GOOGLE_SECRETS__CREDENTIALS",
      R"({"client_id": "c", "client_secret": "s", "refresh_token": "1//r", "project_id": "shop-1", "token_uri": ")" +
          google.server.url("/token") + "\"}");
  CHECK(google.follow("gcp-sm://s") == "ok");
  CHECK(google.server.asked().front().field("grant_type") == "refresh_token");
  google.place.env.variables.erase("PROVIDERS__GOOGLE_SECRETS__CREDENTIALS");
  CHECK_THAT(google.follow("gcp-sm://s"),
             Contains("cannot be asked for 's'") && Contains("GOOGLE_APPLICATION_CREDENTIALS"));
  google.place.write("adc.json", R"({"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token":
                                     "1//r", "token_uri": ")" +
                                     google.server.url("/token") + "\"}");
  google.set("GOOGLE_APPLICATION_CREDENTIALS", (google.place.root / "adc.json").string());
  CHECK_THAT(google.follow("gcp-sm://s"), Contains("nothing says which project"));
  google.set("PROVIDERS__GOOGLE_SECRETS__PROJECT_ID", "shop-1");
  CHECK(google.follow("gcp-sm://s") == "ok");
  // A whole file of another type.
  google.set("PROVIDERS__GOOGLE_SECRETS__CREDENTIALS",
             google.place.env.read_file(google.place.root / "adc.json").value());
  google.place.env.variables.erase("GOOGLE_APPLICATION_CREDENTIALS");
  CHECK(google.follow("gcp-sm://s") == "ok");
  google.set("PROVIDERS__GOOGLE_SECRETS__CREDENTIALS", R"({"private_key": ")" + std::string(kCanary) + "\"}");
  CHECK_THAT(google.follow("gcp-sm://s"), Contains("client_email"));
}

TEST_CASE("Azure: fragments, the key's own name, and what is not there") {
  Azure azure;
  azure.holds("dlt-dlt-secrets-toml", "[sources.wide]\nkey = 'of all'\n");
  azure.holds("dlt-sources-github", R"({"token": ")" + std::string(kCanary) + "\"}");
  azure.holds("dlt-sources-single-api-key", kCanary);
  azure.refuses("dlt-sources-single", 404, "SecretNotFound", "");
  CHECK(azure.secret("sources.wide.key") == "of all");
  CHECK(azure.secret("sources.github.token") == kCanary);
  CHECK(azure.server.asked().back().header("authorization") == "Bearer eyJ.t1");
  CHECK(azure.server.asked().back().param("api-version") == "7.4");
  CHECK_THAT(azure.secret("sources.single.api_key"),
             Contains("azure-kv://dlt-sources-single") && Contains("no such secret"));
  azure.set("PROVIDERS__AZURE_KEYVAULT__ONLY_TOML_FRAGMENTS", "false");
  CHECK(azure.secret("sources.single.api_key") == kCanary);
}

TEST_CASE("Azure: references, and hosts that get no token") {
  Azure azure;
  azure.holds("plain", kCanary);
  azure.holds("fields", R"({"password": ")" + std::string(kCanary) + "\"}");
  azure.server.on("GET /secrets/plain/0123abcd", R"({"value": "older"})");
  CHECK(azure.follow("azure-kv://plain") == kCanary);
  CHECK(azure.follow("azure-kv://fields#password") == kCanary);
  CHECK(azure.follow("azure-kv://127.0.0.1/plain") == kCanary);
  CHECK(azure.follow("azure-kv://127.0.0.1/plain/0123abcd") == "older");
  CHECK_THAT(azure.follow("azure-kv://evil.example/plain"), Contains("'evil.example' is no host of Azure's vaults"));
  CHECK_THAT(azure.follow("azure-kv://evil.vault.azure.net.example/plain"), Contains("is no host of Azure's vaults"));
  for (const char* bad : {"azure-kv://a_b", "azure-kv://a/b/c/d", "azure-kv://v/a%2Fb", "azure-kv://v@h/a"}) {
    CHECK_THAT(azure.follow(bad), Contains("cannot be a name there"));
  }
  azure.set("PROVIDERS__ENABLE_AZURE_KEYVAULT", "false");
  azure.set("PROVIDERS__AZURE_KEYVAULT__VAULT_URL", "");
  CHECK_THAT(azure.follow("azure-kv://plain"), Contains("no vault is named"));
}

TEST_CASE("Azure: where vaults are, and what tokens are for") {
  CHECK(azure_vault_url("Team", "") == "https://team.vault.azure.net");
  CHECK(azure_vault_url("team", "https://x.vault.azure.cn") == "https://team.vault.azure.cn");
  CHECK(azure_vault_url("team.vault.azure.net", "") == "https://team.vault.azure.net");
  CHECK(azure_vault_url("https://team.vault.azure.net/", "") == "https://team.vault.azure.net");
  CHECK(azure_vault_url("https://user:x@team.vault.azure.net/", "") == std::nullopt);
  CHECK(azure_vault_url("te am", "") == std::nullopt);
  CHECK(azure_vault_scope("https://team.vault.azure.net") == "https://vault.azure.net/.default");
  CHECK(azure_vault_scope("https://team.vault.usgovcloudapi.net") == "https://vault.usgovcloudapi.net/.default");
  CHECK(azure_vault_scope("") == "https://vault.azure.net/.default");
}

TEST_CASE("Azure: what is refused, and in which words") {
  Azure azure;
  azure.set("PROVIDERS__AZURE_KEYVAULT__ATTEMPTS", "1");
  azure.refuses("s", 403, "Forbidden", "ForbiddenByRbac");
  CHECK_THAT(azure.follow("azure-kv://s"), Contains("access denied") && Contains("Key Vault Secrets User"));
  azure.refuses("s", 403, "Forbidden", "SecretDisabled");
  CHECK_THAT(azure.follow("azure-kv://s"), Contains("it is disabled"));
  azure.refuses("s", 403, "Forbidden", "ForbiddenByConnection");
  azure.server.on("GET /secrets/s",
                  R"({"error": {"code": "Forbidden", "innererror": {"code": "ForbiddenByConnection"}}})", 403);
  CHECK_THAT(azure.follow("azure-kv://s"), Contains("answered 403") && Contains("firewall"));
  azure.server.on("GET /secrets/s", R"({"error": {"code": "Throttled", "message": "too many"}})", 429,
                  {{"Retry-After", "1"}});
  CHECK_THAT(azure.follow("azure-kv://s"), Contains("429") && Contains("asked to wait 1 s"));
  azure.server.on("GET /secrets/s", R"({"error": {"message": "AKV10032: Invalid issuer."}})", 401);
  CHECK_THAT(azure.follow("azure-kv://s"), Contains("does not take the access token") && Contains("AKV10032"));
  azure.server.on(
      "POST /contoso/oauth2/v2.0/token",
      R"({"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret s3cr3t-of-app"})", 401);
  const std::string text = azure.follow("azure-kv://s");
  CHECK_THAT(text, Contains("Azure Key Vault cannot be asked for 's'") && Contains("AADSTS7000215"));
  CHECK_THAT(text, !Contains("s3cr3t-of-app"));
  azure.place.env.variables.erase("PROVIDERS__AZURE_KEYVAULT__CREDENTIALS__AZURE_CLIENT_SECRET");
  CHECK_THAT(azure.follow("azure-kv://s"), Contains("azure_client_secret"));
}

TEST_CASE("Azure: names are listed page by page, and never of another host") {
  Azure azure;
  azure.set("PROVIDERS__AZURE_KEYVAULT__LIST_SECRETS", "true");
  azure.holds("dlt-sources-github", std::string("token = '") + kCanary + "'");
  const std::string url = azure.server.url("/secrets");
  azure.server.on("GET /secrets", [url](const FakeCloud::Question& question) {
    return question.param("$skiptoken").empty()
               ? Answer{200, R"({"value": [{"id": ")" + url + R"(/other"}], "nextLink": ")" + url +
                                 R"(?api-version=7.4&$skiptoken=x"})"}
               : Answer{200, R"({"value": [{"id": ")" + url + R"(/dlt-sources-github"}], "nextLink": null})"};
  });
  CHECK(azure.secret("sources.github.token") == kCanary);
  CHECK(azure.asked("/secrets/dlt-dlt-secrets-toml") == 0);
  azure.server.on("GET /secrets", R"({"value": [], "nextLink": "http://evil.example/secrets"})");
  CHECK_THAT(azure.secret("sources.github.token"), Contains("answered 200 to the question for the list"));
  azure.server.on("GET /secrets", R"({"error": {"message": "denied"}})", 403);
  CHECK_THAT(azure.secret("sources.github.token"), Contains("policy 'list'"));
}
