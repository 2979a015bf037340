// Credentials of the clouds that are nowhere configured: when the machine's own count, and what is asked for them.
#include "config/clouds/machine_credentials.h"

#include "http/client.h"
#include "json/write.h"
#include "scratch_project.h"
#include "support/fake_cloud.h"

using namespace lode;
using Catch::Matchers::Contains;

namespace {

const CredentialKind& kind(const char* name) { return *find_credential_kind(name); }

struct Place {
  FakeCloud cloud;
  ScratchProject project;
  HttpClient client{project.env};
  CredentialFacts facts;

  Place() {
    set("GCE_METADATA_HOST", cloud.host());
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", cloud.url());
    set("AWS_ENDPOINT_URL_STS", cloud.url());
    cloud.on("POST /",
             "<Credentials><AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t"
             "</SessionToken><Expiration>2100-01-02T03:04:05Z</Expiration></Credentials>");
  }
  void set(const std::string& name, const std::string& value) { project.env.variables[name] = value; }
  void secrets(const std::string& toml) { project.write("project/.dlt/secrets.toml", toml); }
  void google_metadata() {
    cloud.on("GET /computeMetadata/v1/project/project-id", "of-machine", 200, {{"Metadata-Flavor", "Google"}});
  }
  void aws_metadata() {
    cloud.on("PUT /latest/api/token", "token");
    cloud.on("GET /latest/meta-data/iam/security-credentials/", "loader");
    cloud.on(
        "GET /latest/meta-data/iam/security-credentials/loader",
        R"({"AccessKeyId": "INSTANCE", "SecretAccessKey": "s", "Token": "t", "Expiration": "2100-01-02T03:04:05Z"})");
  }
  Machine machine(bool has_network = true) { return has_network ? Machine(project.env, client) : Machine(project.env); }
  // The fields, or the error.
  std::string found(const char* name, bool has_network = true) {
    facts = {};
    const ConfigQuery where{.key = "credentials", .sections = {"sources", "x"}};
    const Result<json::Value> fields =
        find_credentials(project.open(), kind(name), where, machine(has_network), &facts);
    return fields.ok() ? json::write(*fields) : fields.status().render();
  }
  // The kind, or the error.
  std::string any(const std::vector<std::string>& kinds, bool has_network = true) {
    facts = {};
    const ConfigQuery where{.key = "credentials", .sections = {"sources", "x"}};
    const Result<FoundCredentials> found =
        find_any_credentials(project.open(), kinds, where, machine(has_network), &facts);
    if (found.ok()) facts = found->facts;
    return found.ok() ? found->kind : found.status().render();
  }
};

constexpr const char* kPerson =
    R"({"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "r",)"
    R"( "quota_project_id": "q"})";

}  // namespace

TEST_CASE("Google: what is missing is left to the machine's own credentials, and the project is theirs") {
  Place place;
  CHECK_THAT(place.found("gcp_service_account"), Contains("are missing") && Contains("none of its own") &&
                                                     Contains("GOOGLE_APPLICATION_CREDENTIALS is not set"));
  place.project.write("home/.config/gcloud/application_default_credentials.json", kPerson);
  for (const char* name : {"gcp_service_account", "gcp_oauth"}) {
    CHECK_THAT(place.found(name), Contains(R"("project_id":"q")") && !Contains("refresh_token"));
    CHECK(place.facts.is_default);
    CHECK_THAT(place.facts.source, Contains("application_default_credentials.json"));
  }
  place.secrets("[sources.x.credentials]\nproject_id = 'mine'\n");
  CHECK_THAT(place.found("gcp_service_account"), Contains(R"("project_id":"mine")"));
  const std::size_t count = place.cloud.asked().size();
  place.secrets("[sources.x.credentials]\nproject_id = 'mine'\nprivate_key = 'k'\nclient_email = 'e'\n");
  CHECK_THAT(place.found("gcp_service_account"), Contains(R"("private_key":"k\n")"));
  CHECK_FALSE(place.facts.is_default);
  place.secrets("[sources.x.credentials]\nproject_id = 'mine'\ntoken = 't'\n");
  CHECK_THAT(place.found("gcp_oauth"), Contains(R"("token":"t")"));
  CHECK_FALSE(place.facts.is_default);
  CHECK(place.cloud.asked().size() == count);
}

TEST_CASE("A metadata server is asked only when nothing else is there, and without the network nobody is") {
  Place place;
  place.google_metadata();
  CHECK_THAT(place.found("gcp_service_account", false), Contains("are missing"));
  CHECK(place.facts.wants_network);
  CHECK(place.cloud.asked().empty());
  CHECK_THAT(place.found("gcp_service_account"), Contains(R"("project_id":"of-machine")"));
  CHECK(place.facts.is_default);
  place.aws_metadata();
  CHECK_THAT(place.found("aws", false), Contains("are missing"));
  CHECK(place.facts.wants_network);
  CHECK_THAT(place.found("aws"), Contains("INSTANCE"));
  CHECK(place.facts.ends_us == 4'102'542'245'000'000);
  CHECK_THAT(place.facts.source, Contains("the instance's role loader"));

  const std::size_t count = place.cloud.asked().size();
  Machine unwilling = place.machine();
  unwilling.may_probe = false;
  CHECK_FALSE(make_credentials(kind("aws"), json::Value::object(), unwilling, "x", &place.facts).ok());
  CHECK_FALSE(place.facts.wants_network);
  CHECK_FALSE(make_credentials(kind("gcp_oauth"), json::Value::object(), unwilling, "x", &place.facts).ok());
  CHECK(place.cloud.asked().size() == count);
}

TEST_CASE("AWS: a profile's role is taken on, and configured keys need nobody") {
  Place place;
  place.project.write("home/.aws/config", "[profile shop]\nrole_arn = R\nsource_profile = base\nregion = eu-west-1\n");
  place.project.write("home/.aws/credentials", "[base]\naws_access_key_id = B\naws_secret_access_key = b\n");
  place.secrets("[sources.x.credentials]\nprofile_name = 'shop'\n");
  CHECK_THAT(place.found("aws", false), Contains("is not asked now"));
  CHECK(place.facts.wants_network);
  CHECK_THAT(place.found("aws"), Contains("ROLE") && Contains("eu-west-1"));
  CHECK((place.facts.is_default && place.facts.ends_us != 0));
  const std::size_t count = place.cloud.asked().size();
  place.secrets("[sources.x.credentials]\nprofile_name = 'gone'\n");
  CHECK_THAT(place.found("aws"), Contains("no profile 'gone'"));
  place.secrets("[sources.x.credentials]\naws_access_key_id = 'k'\n");
  CHECK_THAT(place.found("aws"), Contains("'aws_secret_access_key' is missing"));
  place.secrets("[sources.x.credentials]\naws_access_key_id = 'k'\naws_secret_access_key = 's'\n");
  CHECK_THAT(place.found("aws"), Contains(R"("aws_access_key_id":"k")"));
  CHECK_FALSE(place.facts.is_default);
  CHECK(place.cloud.asked().size() == count);
}

TEST_CASE("Of several kinds, what is set up counts before what is assumed, and that before what must be asked for") {
  Place place;
  place.google_metadata();
  place.aws_metadata();
  const std::vector<std::string> clouds = {"gcp_service_account", "aws", "azure", "azure_service_principal"};
  place.secrets(
      "[sources.x.credentials]\nazure_storage_account_name = 'a'\nazure_tenant_id = 't'\n"
      "azure_client_id = 'c'\nazure_client_secret = 's'\n");
  CHECK(place.any(clouds) == "azure_service_principal");
  CHECK_FALSE(place.facts.is_default);
  place.secrets("[sources.x.credentials]\nazure_storage_account_name = 'a'\n");
  CHECK(place.any(clouds) == "azure");
  CHECK(place.facts.is_default);
  place.set("AWS_ACCESS_KEY_ID", "E");
  place.set("AWS_SECRET_ACCESS_KEY", "e");
  CHECK(place.any(clouds) == "aws");
  CHECK(place.cloud.asked().empty());
  place.secrets("");
  place.set("AWS_ACCESS_KEY_ID", "");
  CHECK(place.any({"aws", "gcp_service_account"}) == "aws");
  CHECK(place.any({"gcp_service_account", "aws"}) == "gcp_service_account");
}

TEST_CASE("Of several kinds, one that needs the network is waited for before those behind it") {
  Place place;
  place.project.write("home/.aws/config", "[default]\nrole_arn = R\nsource_profile = base\n");
  place.project.write("home/.aws/credentials", "[base]\naws_access_key_id = B\naws_secret_access_key = b\n");
  place.secrets("[sources.x.credentials]\nazure_storage_account_name = 'a'\n");
  CHECK_THAT(place.any({"aws", "azure"}, false), Contains("is not asked now"));
  CHECK(place.facts.wants_network);
  CHECK(place.any({"aws", "azure"}) == "aws");
  place.cloud.on("POST /", "<Error><Code>AccessDenied</Code></Error>", 403);
  const std::size_t count = place.cloud.asked().size();
  CHECK(place.any({"aws", "azure"}) == "azure");
  CHECK(place.cloud.asked().size() == count + 1);  // what failed is not asked again
  place.secrets("");
  CHECK_THAT(place.any({"aws", "oauth2"}), Contains("AccessDenied") && Contains("or: "));
}
