// Access tokens of Azure: every way to one against a server that plays Azure's endpoints.
#include "config/clouds/azure_token.h"

#include "http/client.h"
#include "json/write.h"
#include "scratch_project.h"
#include "support/fake_cloud.h"

using namespace lode;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kCanary = "cAnArY7Xq+/v9z";
constexpr const char* kScope = "https://vault.azure.net/.default";

struct Azure {
  FakeCloud cloud;
  ScratchProject place;
  HttpClient client{place.env};
  CloudAccess access{client, place.env};

  Azure() {
    place.env.variables["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = "http://" + dead_host();
    place.env.variables["AZURE_AUTHORITY_HOST"] = cloud.url("/");
  }
  void set(const std::string& name, const std::string& value) { place.env.variables[name] = value; }
  Result<AccessToken> fetch(const json::Value& fields = {}) { return fetch_azure_token(access, fields, kScope); }
  std::string token(const json::Value& fields = {}) {
    const Result<AccessToken> got = fetch(fields);
    return got.ok() ? std::string(got->text.reveal()) : got.status().render();
  }
};

json::Value principal(const std::string& secret) {
  return json::Value::object(
      {{"azure_tenant_id", "contoso.com"}, {"azure_client_id", "app"}, {"azure_client_secret", secret}});
}

}  // namespace

TEST_CASE("A service principal shows its secret to its directory") {
  Azure azure;
  azure.cloud.on("POST /contoso.com/oauth2/v2.0/token", R"({"access_token": "t1", "expires_in": 600})");
  const Result<AccessToken> got = azure.fetch(principal("s&c"));
  REQUIRE(got.ok());
  CHECK(got->text.reveal() == "t1");
  const double life_s = static_cast<double>(got->ends_us - azure.place.env.now_us()) / 1e6;
  CHECK((life_s > 500 && life_s <= 600));
  const FakeCloud::Question asked = azure.cloud.asked().at(0);
  CHECK(asked.field("grant_type") == "client_credentials");
  CHECK(asked.field("client_id") == "app");
  CHECK(asked.field("client_secret") == "s&c");
  CHECK(asked.field("scope") == kScope);
}

TEST_CASE("Without configuration Azure's variables count, then workload identity, then a managed identity") {
  Azure azure;
  azure.cloud.on("GET /metadata/identity/oauth2/token",
                 R"({"access_token": "of machine", "expires_in": "5", "expires_on": "4102542245"})");
  azure.set("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure.cloud.url("/"));
  Result<AccessToken> got = azure.fetch();
  REQUIRE(got.ok());
  CHECK(got->text.reveal() == "of machine");
  CHECK(got->ends_us == 4'102'542'245'000'000);
  FakeCloud::Question asked = azure.cloud.asked().back();
  CHECK(asked.header("metadata") == "true");
  CHECK(asked.param("resource") == "https://vault.azure.net");
  CHECK(asked.param("api-version") == "2018-02-01");
  CHECK(asked.param("client_id").empty());
  azure.set("AZURE_CLIENT_ID", "app");
  CHECK(azure.token() == "of machine");
  CHECK(azure.cloud.asked().back().param("client_id") == "app");

  azure.cloud.on("GET /msi", R"({"access_token": "of service", "expires_on": "4102542245"})");
  azure.set("IDENTITY_ENDPOINT", azure.cloud.url("/msi"));
  azure.set("IDENTITY_HEADER", "h1");
  CHECK(azure.token() == "of service");
  asked = azure.cloud.asked().back();
  CHECK(asked.header("x-identity-header") == "h1");
  CHECK(asked.param("api-version") == "2019-08-01");
  CHECK(asked.param("client_id") == "app");

  azure.place.write("federated", "jwt\n");
  azure.cloud.on("POST /dir/oauth2/v2.0/token", [](const FakeCloud::Question& question) {
    return FakeCloud::Answer{
        200, "{\"access_token\": \"" + question.field("client_assertion") + question.field("client_secret") + "\"}"};
  });
  azure.set("AZURE_TENANT_ID", "dir");
  azure.set("AZURE_FEDERATED_TOKEN_FILE", azure.place.root / "federated");
  CHECK(azure.token() == "jwt");
  CHECK(azure.cloud.asked().back().field("client_assertion_type") ==
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  azure.set("AZURE_CLIENT_SECRET", "secret");
  CHECK(azure.token() == "secret");
}

TEST_CASE("Machine Learning's identity endpoint has names of its own") {
  Azure azure;
  azure.cloud.on("GET /ml", R"({"access_token": "of ml", "expires_on": "4102542245"})");
  azure.set("MSI_ENDPOINT", azure.cloud.url("/ml"));
  azure.set("MSI_SECRET", "h2");
  azure.set("AZURE_CLIENT_ID", "app");
  CHECK(azure.token() == "of ml");
  CHECK(azure.cloud.asked().back().header("secret") == "h2");
  CHECK(azure.cloud.asked().back().param("clientid") == "app");
}

TEST_CASE("A machine without credentials of Azure says where it looked, in order") {
  Azure azure;
  std::string text = azure.token();
  INFO(text);
  const std::size_t first = text.find("AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET: not set");
  const std::size_t second = text.find("AZURE_FEDERATED_TOKEN_FILE is not set");
  const std::size_t third = text.find("nothing answers at http://127.0.0.1:");
  CHECK((first < second && second < third && third != std::string::npos));
  CHECK(azure.fetch().status().code() == Code::kConfigMissing);
  azure.set("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure.cloud.url());
  azure.cloud.on("GET /metadata/identity/oauth2/token",
                 R"({"error": "invalid_request", "error_description": "Identity not found"})", 400);
  CHECK_THAT(azure.token(), Contains("no credentials of Azure") && Contains("answered 400"));
  azure.set("AZURE_CLIENT_ID", "app");
  CHECK_THAT(azure.token(), Contains("not all of them are set"));
  azure.set("IDENTITY_ENDPOINT", azure.cloud.url());
  CHECK_THAT(azure.token(), Contains("Service Fabric"));
}

TEST_CASE("Whoever has signed in with az is the last place") {
  Azure azure;
  CHECK_THAT(azure.token(), Contains("az, Azure's command line, is not in PATH"));
  const Path folder = azure.place.root / "bin";
  azure.set("PATH", "relative::" + folder.string());
  const auto program = [&](const std::string& script) {
    azure.place.write("bin/az", "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(folder / "az", std::filesystem::perms::owner_all);
  };
  program("echo '{\"accessToken\": \"'$6'\", \"expires_on\": 4102542245}'");
  Result<AccessToken> got = azure.fetch();
  INFO((got.ok() ? "" : got.status().render()));
  REQUIRE(got.ok());
  CHECK(got->text.reveal() == "https://vault.azure.net");
  CHECK(got->ends_us == 4'102'542'245'000'000);
  program("echo '{\"accessToken\": \"t\", \"expiresOn\": \"2100-01-01 00:00:00.0\"}'");
  CHECK(azure.token() == "t");
  program(std::string("echo ") + kCanary + "; exit 1");
  CHECK_THAT(azure.token(), Contains("az login") && Contains("no credentials of Azure") && !Contains(kCanary));
  program(std::string("echo ") + kCanary);
  CHECK_THAT(azure.token(), Contains("az printed no JSON") && !Contains(kCanary));
}

TEST_CASE("What Azure refuses is told without secrets, and the next place is not tried") {
  Azure azure;
  azure.set("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure.cloud.url());
  azure.cloud.on("GET /metadata/identity/oauth2/token", R"({"access_token": "of machine"})");
  azure.cloud.on("POST /contoso.com/oauth2/v2.0/token", [](const FakeCloud::Question& asked) {
    return FakeCloud::Answer{401, "{\"error\": \"invalid_client\", \"error_description\": \"" + asked.body + " " +
                                      asked.field("client_secret") + asked.field("client_assertion") + "\"}"};
  });
  azure.set("AZURE_TENANT_ID", "contoso.com");
  azure.set("AZURE_CLIENT_ID", "app");
  azure.set("AZURE_CLIENT_SECRET", kCanary);
  CHECK_THAT(azure.token(), Contains("answered 401") && Contains("invalid_client") && Contains("AZURE_CLIENT_SECRET") &&
                                !Contains(kCanary) && !Contains(form_encode(kCanary)));
  CHECK(azure.fetch().status().code() == Code::kHttpAuth);
  azure.set("AZURE_CLIENT_SECRET", "");
  azure.place.write("federated", kCanary);
  azure.set("AZURE_FEDERATED_TOKEN_FILE", azure.place.root / "federated");
  CHECK_THAT(azure.token(), Contains("invalid_client") && !Contains(kCanary) && !Contains(form_encode(kCanary)));
  azure.set("AZURE_FEDERATED_TOKEN_FILE", azure.place.root / "gone");
  CHECK(azure.fetch().status().code() == Code::kConfigUnreadable);
}

TEST_CASE("A secret of Azure goes nowhere but to a directory over https") {
  Azure azure;
  json::Value fields = principal(kCanary);
  azure.set("AZURE_AUTHORITY_HOST", "http://login.example");
  CHECK_THAT(azure.token(fields), Contains("must begin with https://") && !Contains(kCanary));
  azure.set("AZURE_AUTHORITY_HOST", azure.cloud.url());
  fields.set("azure_tenant_id", "../x?y=");
  CHECK_THAT(azure.token(fields), Contains("no id or name of a directory"));
  fields.erase("azure_client_id");
  CHECK_THAT(azure.token(fields), Contains("'azure_client_id' is missing"));
  CHECK(azure.cloud.asked().empty());
}
