// Access tokens of Google: every kind of credentials against a server that plays Google's endpoints.
#include "config/clouds/google_token.h"

#include "http/client.h"
#include "json/write.h"
#include "scratch_project.h"
#include "support/fake_cloud.h"
#include "support/rsa_key.h"

using namespace lode;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kCanary = "cAnArY7Xq+/v9z";

struct Google {
  FakeCloud cloud;
  ScratchProject place;
  HttpClient client{place.env};
  CloudAccess access{client, place.env};

  Google() { place.env.variables["GCE_METADATA_HOST"] = dead_host(); }

  Result<AccessToken> fetch(const json::Value& fields, const std::vector<std::string>& scopes = {"s1", "s2"}) {
    return fetch_google_token(access, fields, scopes);
  }
  std::string token(const json::Value& fields, const std::vector<std::string>& scopes = {"s1", "s2"}) {
    const Result<AccessToken> got = fetch(fields, scopes);
    return got.ok() ? std::string(got->text.reveal()) : got.status().render();
  }
  void file(const std::string& name, const json::Value& fields) { place.write(name, json::write(fields)); }
};

json::Value object(std::vector<json::Value::Member> members) { return json::Value::object(std::move(members)); }

const KeyPair& key() {
  static const KeyPair kKey;
  return kKey;
}

json::Value service_account(const std::string& token_uri) {
  return object({{"type", "service_account"},
                 {"project_id", "shop-1"},
                 {"private_key_id", "k1"},
                 {"private_key", key().pem()},
                 {"client_email", "loader@shop-1"},
                 {"token_uri", token_uri}});
}

}  // namespace

TEST_CASE("A service account signs what it asks for") {
  Google google;
  google.cloud.on("POST /token", R"({"access_token": "t1", "expires_in": 1800})");
  const Result<AccessToken> got = google.fetch(service_account(google.cloud.url("/token")));
  REQUIRE(got.ok());
  CHECK(got->text.reveal() == "t1");
  CHECK(got->project_id == "shop-1");
  const double life_s = static_cast<double>(got->ends_us - google.place.env.now_us()) / 1e6;
  CHECK((life_s > 1700 && life_s <= 1800));
  const FakeCloud::Question asked = google.cloud.asked().at(0);
  CHECK(asked.field("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const std::string assertion = asked.field("assertion");
  const auto parts = split(assertion, '.');
  REQUIRE(parts.size() == 3);
  CHECK(base64url_decode(std::string(parts[0])) == R"({"alg":"RS256","typ":"JWT","kid":"k1"})");
  const json::Value claims = *json::parse_value(base64url_decode(std::string(parts[1])));
  CHECK(claims.text_or("iss", "") == "loader@shop-1");
  CHECK(claims.text_or("scope", "") == "s1 s2");
  CHECK(claims.text_or("aud", "") == google.cloud.url("/token"));
  CHECK(claims.int_or("exp", 0) - claims.int_or("iat", 0) == 3600);
  CHECK(claims.find("sub") == nullptr);
  CHECK(key().verifies(assertion.substr(0, assertion.rfind('.')), base64url_decode(std::string(parts[2]))));
}

TEST_CASE("A person's refresh token is exchanged, and a busy endpoint is asked again") {
  Google google;
  int count = 0;
  google.cloud.on("POST /token", [&](const FakeCloud::Question&) {
    return ++count == 1 ? FakeCloud::Answer{503, "busy"} : FakeCloud::Answer{200, R"({"access_token": "t2"})"};
  });
  const json::Value fields = object({{"client_id", "i"},
                                     {"client_secret", "s&c"},
                                     {"refresh_token", "r"},
                                     {"project_id", "p"},
                                     {"token_uri", google.cloud.url("/token")}});
  CHECK(google.token(fields) == "t2");
  REQUIRE(google.cloud.asked().size() == 2);
  const FakeCloud::Question asked = google.cloud.asked().back();
  CHECK(asked.field("grant_type") == "refresh_token");
  CHECK(asked.field("client_secret") == "s&c");
  CHECK(asked.field("refresh_token") == "r");
  CHECK(asked.field("scope") == "s1 s2");
}

TEST_CASE("Without configuration the file of GOOGLE_APPLICATION_CREDENTIALS counts, then gcloud's") {
  Google google;
  google.cloud.on("POST /token", [](const FakeCloud::Question& asked) {
    return FakeCloud::Answer{200, "{\"access_token\": \"" + asked.field("client_id") + "!\"}"};
  });
  const auto person = [&](const std::string& id) {
    return object({{"type", "authorized_user"},
                   {"client_id", id},
                   {"client_secret", "s"},
                   {"refresh_token", "r"},
                   {"quota_project_id", "quota"},
                   {"token_uri", google.cloud.url("/token")}});
  };
  google.file("home/.config/gcloud/application_default_credentials.json", person("of-gcloud"));
  Result<AccessToken> got = google.fetch({});
  REQUIRE(got.ok());
  CHECK(got->text.reveal() == "of-gcloud!");
  CHECK(got->project_id == "quota");
  google.place.write("home/.config/gcloud/configurations/config_default", "[core]\nproject = of-settings\n");
  CHECK(google.fetch({})->project_id == "of-settings");
  google.place.write("home/.config/gcloud/active_config", "work\n");
  google.place.write("home/.config/gcloud/configurations/config_work",
                     "[compute]\nzone = z\n[core]\nproject=of-work\n");
  CHECK(google.fetch({})->project_id == "of-work");
  google.file("elsewhere/application_default_credentials.json", person("of-named-folder"));
  google.place.env.variables["CLOUDSDK_CONFIG"] = google.place.root / "elsewhere";
  CHECK(google.token({}) == "of-named-folder!");
  google.file("key.json", person("of-variable"));
  google.place.env.variables["GOOGLE_APPLICATION_CREDENTIALS"] = google.place.root / "key.json";
  CHECK(google.token({}) == "of-variable!");
  google.place.env.variables["GOOGLE_CLOUD_PROJECT"] = "of-variable";
  CHECK(google.fetch({})->project_id == "of-variable");
}

TEST_CASE("Workload identity: a token of elsewhere is exchanged, and a service account acted as") {
  Google google;
  google.cloud.on("POST /sts", R"({"access_token": "federated", "expires_in": 60})");
  google.cloud.on("POST /act", R"({"accessToken": "acted", "expireTime": "2100-01-02T03:04:05Z"})");
  google.cloud.on("GET /subject", R"({"value": "from url"})");
  google.place.write("subject", "from file\n");
  json::Value fields = object({{"type", "external_account"},
                               {"audience", "//iam.googleapis.com/x"},
                               {"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"},
                               {"token_url", google.cloud.url("/sts")},
                               {"credential_source", object({{"file", (google.place.root / "subject").string()}})}});
  google.file("key.json", fields);
  google.place.env.variables["GOOGLE_APPLICATION_CREDENTIALS"] = google.place.root / "key.json";
  CHECK(google.token({}) == "federated");
  FakeCloud::Question asked = google.cloud.asked().back();
  CHECK(asked.field("subject_token") == "from file");
  CHECK(asked.field("audience") == "//iam.googleapis.com/x");
  CHECK(asked.field("scope") == "s1 s2");

  fields.set("credential_source",
             object({{"url", google.cloud.url("/subject")},
                     {"headers", object({{"X-Key", kCanary}})},
                     {"format", object({{"type", "json"}, {"subject_token_field_name", "value"}})}}));
  fields.set("service_account_impersonation_url", google.cloud.url("/act"));
  fields.set("service_account_impersonation", object({{"token_lifetime_seconds", 600}}));
  google.file("key.json", fields);
  const Result<AccessToken> got = google.fetch({});
  REQUIRE(got.ok());
  CHECK(got->text.reveal() == "acted");
  CHECK(got->ends_us == 4'102'542'245'000'000);
  const std::vector<FakeCloud::Question> all = google.cloud.asked();
  CHECK(all.at(1).header("x-key") == kCanary);
  CHECK(all.at(2).field("subject_token") == "from url");
  CHECK(all.at(2).field("scope") == "https://www.googleapis.com/auth/cloud-platform");
  CHECK(all.at(3).header("authorization") == "Bearer federated");
  CHECK(all.at(3).body == R"({"scope":["s1","s2"],"lifetime":"600s"})");

  google.file("key.json", object({{"type", "impersonated_service_account"},
                                  {"service_account_impersonation_url", google.cloud.url("/act")},
                                  {"delegates", json::Value::list()},
                                  {"source_credentials", service_account(google.cloud.url("/sts"))}}));
  CHECK(google.token({}) == "acted");
}

TEST_CASE("The metadata server is the last place, and says the project") {
  Google google;
  const std::map<std::string, std::string> flavor = {{"Metadata-Flavor", "Google"}};
  google.place.env.variables["GCE_METADATA_HOST"] = google.cloud.host();
  google.cloud.on("GET /computeMetadata/v1/project/project-id", "of-machine", 200, flavor);
  google.cloud.on("GET /computeMetadata/v1/instance/service-accounts/default/token",
                  R"({"access_token": "machine", "expires_in": 100})", 200, flavor);
  const Result<AccessToken> got = google.fetch({});
  REQUIRE(got.ok());
  CHECK(got->text.reveal() == "machine");
  CHECK(got->project_id == "of-machine");
  CHECK(google.cloud.asked().at(0).header("metadata-flavor") == "Google");
  CHECK(google.cloud.asked().at(1).header("metadata-flavor") == "Google");
  CHECK(google.cloud.asked().at(1).param("scopes") == "s1,s2");

  google.cloud.on("GET /computeMetadata/v1/instance/service-accounts/default/token", "no", 404, flavor);
  CHECK_THAT(google.token({}), Contains("answered 404") && Contains("have a service account?"));
  google.place.env.variables["NO_GCE_CHECK"] = "true";
  CHECK_THAT(google.token({}), Contains("NO_GCE_CHECK"));
}

TEST_CASE("A machine without credentials says where it looked, in order") {
  Google google;
  const std::string text = google.place.shown(google.token({}));
  const std::size_t first = text.find("GOOGLE_APPLICATION_CREDENTIALS is not set");
  const std::size_t second = text.find("@/home/.config/gcloud/application_default_credentials.json is not there");
  const std::size_t third = text.find("the metadata server at 127.0.0.1:");
  INFO(text);
  CHECK((first < second && second < third && third != std::string::npos));
  CHECK(google.fetch({}).status().code() == Code::kConfigMissing);

  google.place.env.variables["GCE_METADATA_HOST"] = google.cloud.host();  // answers, but is not Google's
  CHECK_THAT(google.token({}), Contains("what answers there is not Google's"));
  google.place.env.variables["GOOGLE_APPLICATION_CREDENTIALS"] = google.place.root / "gone.json";
  CHECK(google.fetch({}).status().code() == Code::kConfigUnreadable);
  CHECK_THAT(google.token({}), Contains("gone.json") && Contains("GOOGLE_APPLICATION_CREDENTIALS"));
}

TEST_CASE("Nothing is asked over the network unless it must be") {
  Google google;
  google.place.env.variables["GCE_METADATA_HOST"] = google.cloud.host();
  std::vector<std::string> looked;
  const auto nothing = find_google_identity(google.access, false, looked);
  REQUIRE(nothing.ok());
  CHECK_FALSE(nothing->has_value());
  CHECK(google.cloud.asked().empty());
}

TEST_CASE("What Google refuses is told without secrets") {
  Google google;
  google.cloud.on("POST /token", [](const FakeCloud::Question& asked) {
    return FakeCloud::Answer{
        400, json::write(object({{"error", "invalid_grant"},
                                 {"error_description", "no good: " + asked.body + " or " +
                                                           asked.field("refresh_token") + asked.field("assertion")}}))};
  });
  const json::Value person = object({{"client_id", "i"},
                                     {"client_secret", kCanary},
                                     {"refresh_token", std::string("r") + kCanary},
                                     {"token_uri", google.cloud.url("/token")}});
  CHECK_THAT(google.token(person), Contains("Google's token endpoint answered 400") && Contains("invalid_grant") &&
                                       !Contains(kCanary) && !Contains(form_encode(kCanary)));
  CHECK(google.fetch(person).status().code() == Code::kHttpAuth);
  const std::string refused = google.token(service_account(google.cloud.url("/token")));
  const std::string assertion = google.cloud.asked().back().field("assertion");
  CHECK_THAT(refused, Contains("invalid_grant") && !Contains(assertion) && !Contains(assertion.substr(0, 40)));

  google.cloud.on("POST /token", std::string("{\"token\": \"") + kCanary + "\"}");
  CHECK_THAT(google.token(person), Contains("without an access_token") && !Contains(kCanary));
  google.cloud.on("POST /token", std::string("<html>") + kCanary);
  CHECK_THAT(google.token(person), Contains("is the address right?") && !Contains(kCanary));

  json::Value bad = service_account(google.cloud.url("/token"));
  bad.set("private_key", std::string("-----BEGIN PRIVATE KEY-----\n") + kCanary);
  CHECK_THAT(google.token(bad), Contains("private key") && !Contains(kCanary));
  CHECK_THAT(google.token(object({{"type", "gdch_service_account"}, {"x", kCanary}})),
             Contains("'gdch_service_account'") && !Contains(kCanary));
  google.place.write("bad.json", std::string("{\"private_key\": \"") + kCanary);
  google.place.env.variables["GOOGLE_APPLICATION_CREDENTIALS"] = google.place.root / "bad.json";
  CHECK_THAT(google.token({}), Contains("is not JSON") && !Contains(kCanary));
}

TEST_CASE("A token is kept until shortly before it ends, and forgotten when it was refused") {
  struct Clock : TestEnv {
    std::int64_t now = 1'000'000'000;
    std::int64_t now_us() override { return now; }
  } env;
  AccessTokenCache cache(env);
  int count = 0;
  const auto fetch = [&]() -> Result<AccessToken> {
    if (++count == 3) return Status::error(Code::kHttpAuth, "no");
    AccessToken token;
    token.text = Secret(std::to_string(count));
    token.ends_us = env.now + 1000'000'000;
    return token;
  };
  const auto got = [&](const char* name) {
    const Result<AccessToken> token = cache.get(name, fetch);
    return token.ok() ? std::string(token->text.reveal()) : token.status().message();
  };
  CHECK(got("a") == "1");
  env.now += 899'000'000;  // a tenth of its life is left
  CHECK(got("a") == "1");
  CHECK(got("b") == "2");
  env.now += 2'000'000;
  CHECK(got("a") == "no");
  CHECK(got("a") == "4");
  CHECK(got("a") == "4");
  cache.forget("a");
  CHECK(got("a") == "5");
}
