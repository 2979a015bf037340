// Keys of AWS that a machine has by itself: every place against a server that plays Amazon's endpoints.
#include "config/clouds/aws_keys.h"

#include <sys/stat.h>

#include <stop_token>
#include <thread>

#include "base/time.h"
#include "config/clouds/program.h"
#include "config/clouds/xml_text.h"
#include "config/vaults/aws_vault.h"
#include "http/client.h"
#include "http/crypto.h"
#include "json/write.h"
#include "scratch_project.h"
#include "support/fake_cloud.h"

using namespace lode;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kCanary = "cAnArY7Xq+/v9z";

std::string sts_answer(const std::string& action, const std::string& id) {
  return "<" + action + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + action +
         "Result><AssumedRoleUser><Arn>arn</Arn></AssumedRoleUser><Credentials><AccessKeyId>" + id +
         "</AccessKeyId><SecretAccessKey>s+/=&amp;</SecretAccessKey><SessionToken>tok</SessionToken>"
         "<Expiration>2100-01-02T03:04:05Z</Expiration></Credentials></" +
         action + "Result></" + action + "Response>";
}

std::string metadata_answer(const std::string& id) {
  return R"({"Code": "Success", "AccessKeyId": ")" + id +
         R"(", "SecretAccessKey": "s", "Token": "t", "Expiration": "2100-01-02T03:04:05Z"})";
}

struct Aws {
  FakeCloud cloud;
  ScratchProject place;
  HttpClient client{place.env};
  CloudAccess access{client, place.env};

  Aws() {
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://" + dead_host());
    set("AWS_ENDPOINT_URL_STS", cloud.url());
    set("AWS_ENDPOINT_URL_SSO", cloud.url());
    set("AWS_ENDPOINT_URL_SSO_OIDC", cloud.url());
    cloud.on("POST /", [](const FakeCloud::Question& asked) {
      return FakeCloud::Answer{200, sts_answer(asked.field("Action"), "of-" + asked.field("RoleArn"))};
    });
  }
  void set(const std::string& name, const std::string& value) { place.env.variables[name] = value; }
  void config(const std::string& text) { place.write("home/.aws/config", text); }
  void credentials(const std::string& text) { place.write("home/.aws/credentials", text); }
  Result<std::optional<AwsKeys>> find(const std::string& profile = "", bool may_probe = true) {
    Result<AwsProfiles> profiles = read_aws_profiles(place.env);
    if (!profiles.ok()) return std::move(profiles).status();
    AwsSearch search{access, std::move(*profiles), profile, region, may_probe};
    Result<std::optional<AwsKeys>> keys = find_aws_keys(search);
    looked = search.looked;
    return keys;
  }
  // "id secret token", "none", or the error.
  std::string keys(const std::string& profile = "") {
    const Result<std::optional<AwsKeys>> found = find(profile);
    if (!found.ok()) return found.status().render();
    if (!*found) return "none";
    const AwsCredentials& keys = (*found)->keys;
    return keys.access_key_id + " " + keys.secret_access_key + " " + keys.session_token;
  }
  void instance(const std::string& id) {
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", cloud.url("/"));
    cloud.on("PUT /latest/api/token", "imds-token");
    cloud.on("GET /latest/meta-data/iam/security-credentials/", "loader");
    cloud.on("GET /latest/meta-data/iam/security-credentials/loader", metadata_answer(id));
  }
  std::string region = "eu-central-1";
  std::vector<std::string> looked;
};

}  // namespace

TEST_CASE("AWS: variables come first, unless a profile is asked for; then the two files") {
  Aws aws;
  CHECK(aws.keys() == "none");
  CHECK(aws.looked.size() == 9);
  aws.config(
      "[default]\naws_access_key_id = C\naws_secret_access_key = c\n[profile \"a b\"]\naws_access_key_id=P\n"
      "aws_secret_access_key=p\naws_session_token=t\n[preview]\nx = 1\n");
  CHECK(aws.keys() == "C c ");
  CHECK(aws.keys("a b") == "P p t");
  aws.credentials(
      "[default]\naws_access_key_id = D\naws_secret_access_key = d\n[mine]\naws_access_key_id=M\n"
      "aws_secret_access_key=m\n");
  CHECK(aws.keys() == "D d ");
  aws.set("AWS_PROFILE", "mine");
  CHECK(aws.keys() == "M m ");
  aws.set("AWS_DEFAULT_PROFILE", "a b");
  CHECK(aws.keys() == "P p t");
  aws.set("AWS_ACCESS_KEY_ID", "E");
  CHECK_THAT(aws.keys(), Contains("AWS_SECRET_ACCESS_KEY is not"));
  aws.set("AWS_SECRET_ACCESS_KEY", "e");
  CHECK(aws.keys() == "E e ");
  CHECK(aws.keys("mine") == "M m ");
  aws.set("AWS_PROFILE", "gone");
  aws.set("AWS_DEFAULT_PROFILE", "");
  CHECK_THAT(aws.keys(), Contains("no profile 'gone'") && Contains("/.aws/config"));
  aws.set("AWS_SHARED_CREDENTIALS_FILE", "~/other");
  aws.place.write("home/other", "[gone]\naws_access_key_id = O\naws_secret_access_key = o\n");
  aws.set("AWS_ACCESS_KEY_ID", "");
  CHECK(aws.keys() == "O o ");
  aws.place.write("home/other", "[gone]\naws_access_key_id = O\n");
  CHECK_THAT(aws.keys(), Contains("without the other"));
  aws.place.write("home/other", std::string("[gone]\n") + kCanary + "\n");
  CHECK_THAT(aws.keys(), Contains("other:2: ") && !Contains(kCanary));
  CHECK(aws.cloud.asked().empty());
}

TEST_CASE("AWS: a profile acts as a role with the keys of another") {
  Aws aws;
  aws.config(
      "[profile shop]\nrole_arn = R1\nsource_profile = base\nexternal_id = x1\nduration_seconds = 900\n"
      "role_session_name = night\n[profile chain]\nrole_arn = R2\nsource_profile = shop\n"
      "[profile own]\nrole_arn = R3\nsource_profile = own\naws_access_key_id = OWN\naws_secret_access_key = o\n"
      "[profile env]\nrole_arn = R4\ncredential_source = Environment\n"
      "[profile loop]\nrole_arn = R\nsource_profile = pool\n[profile pool]\nrole_arn = R\nsource_profile = loop\n"
      "[profile both]\nrole_arn = R\nsource_profile = base\ncredential_source = Environment\n"
      "[profile neither]\nrole_arn = R\n[profile missing]\nrole_arn = R\nsource_profile = nowhere\n"
      "[profile empty]\nregion = x\n[profile poor]\nrole_arn = R\nsource_profile = empty\n"
      "[profile odd]\nrole_arn = R\ncredential_source = Moon\n[profile mfa]\nrole_arn = R\nmfa_serial = m\n"
      "source_profile = base\n[profile sole]\nrole_arn = R\nsource_profile = sole\n");
  aws.credentials("[base]\naws_access_key_id = BASE\naws_secret_access_key = b\n");
  CHECK(aws.keys("shop") == "of-R1 s+/=& tok");
  FakeCloud::Question asked = aws.cloud.asked().back();
  CHECK(asked.field("Action") == "AssumeRole");
  CHECK(asked.field("Version") == "2011-06-15");
  CHECK(asked.field("RoleSessionName") == "night");
  CHECK(asked.field("ExternalId") == "x1");
  CHECK(asked.field("DurationSeconds") == "900");
  CHECK_THAT(asked.header("authorization"), Contains("Credential=BASE/") && Contains("/eu-central-1/sts/aws4_request"));
  CHECK((*aws.find("shop"))->ends_us == 4'102'542'245'000'000);
  CHECK(aws.keys("chain") == "of-R2 s+/=& tok");
  asked = aws.cloud.asked().back();
  CHECK_THAT(asked.header("authorization"), Contains("Credential=of-R1/"));
  CHECK(asked.header("x-amz-security-token") == "tok");
  CHECK_THAT(asked.field("RoleSessionName"), Contains("lode-"));
  CHECK(aws.keys("own") == "of-R3 s+/=& tok");
  CHECK_THAT(aws.cloud.asked().back().header("authorization"), Contains("Credential=OWN/"));
  CHECK_THAT(aws.keys("env"), Contains("from Environment, and there are none"));
  aws.set("AWS_ACCESS_KEY_ID", "ENV");
  aws.set("AWS_SECRET_ACCESS_KEY", "e");
  CHECK(aws.keys("env") == "of-R4 s+/=& tok");
  aws.set("AWS_PROFILE", "shop");
  CHECK(aws.keys() == "ENV e ");
  const std::size_t count = aws.cloud.asked().size();
  CHECK_THAT(aws.keys("loop"), Contains("around in circles"));
  CHECK_THAT(aws.keys("sole"), Contains("around in circles"));
  CHECK_THAT(aws.keys("both"), Contains("both source_profile"));
  CHECK_THAT(aws.keys("neither"), Contains("neither source_profile"));
  CHECK_THAT(aws.keys("missing"), Contains("'nowhere', which is not there"));
  CHECK_THAT(aws.keys("poor"), Contains("'empty', which has no keys"));
  CHECK_THAT(aws.keys("odd"), Contains("'Moon'"));
  CHECK_THAT(aws.keys("mfa"), Contains("mfa_serial"));
  aws.region = "evil.example/#";
  CHECK_THAT(aws.keys("shop"), Contains("the region of AWS is none"));
  CHECK(aws.cloud.asked().size() == count);
}

TEST_CASE("AWS: a web identity becomes keys, by variables or by a profile") {
  Aws aws;
  aws.place.write("jwt", "the.jwt.token\n");
  aws.set("AWS_WEB_IDENTITY_TOKEN_FILE", aws.place.root / "jwt");
  CHECK_THAT(aws.keys(), Contains("no role") && Contains("AWS_ROLE_ARN"));
  aws.set("AWS_ROLE_ARN", "WEB");
  CHECK(aws.keys() == "of-WEB s+/=& tok");
  const FakeCloud::Question asked = aws.cloud.asked().back();
  CHECK(asked.field("Action") == "AssumeRoleWithWebIdentity");
  CHECK(asked.field("WebIdentityToken") == "the.jwt.token");
  CHECK(asked.header("authorization").empty());
  aws.config("[profile web]\nrole_arn = OWN\nweb_identity_token_file = " + (aws.place.root / "jwt").string() +
             "\n[profile none]\nregion = x\n");
  CHECK(aws.keys("web") == "of-OWN s+/=& tok");
  CHECK(aws.keys("none") == "none");
  aws.set("AWS_WEB_IDENTITY_TOKEN_FILE", aws.place.root / "gone");
  CHECK(aws.find().status().code() == Code::kConfigUnreadable);
}

TEST_CASE("AWS: what STS refuses is told without secrets, and the next place is not tried") {
  Aws aws;
  aws.instance("INSTANCE");
  aws.place.write("jwt", kCanary);
  aws.set("AWS_WEB_IDENTITY_TOKEN_FILE", aws.place.root / "jwt");
  aws.set("AWS_ROLE_ARN", "WEB");
  aws.cloud.on("POST /", [](const FakeCloud::Question& asked) {
    return FakeCloud::Answer{403, "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no: " +
                                      asked.field("WebIdentityToken") + " " + replace_all(asked.body, "&", "&amp;") +
                                      "</Message></Error></ErrorResponse>"};
  });
  CHECK_THAT(aws.keys(), Contains("Security Token Service answered 403") && Contains("AccessDenied") &&
                             Contains("the role WEB") && !Contains(kCanary) && !Contains(form_encode(kCanary)));
  CHECK(aws.find().status().code() == Code::kHttpAuth);
  aws.cloud.on("POST /", std::string("<AssumeRole><Credentials><SecretAccessKey>") + kCanary + "</SecretAccessKey>");
  CHECK_THAT(aws.keys(), Contains("gave no keys") && !Contains(kCanary));
}

TEST_CASE("AWS: single sign-on takes the token that was left, and renews it") {
  Aws aws;
  const auto role = [](const FakeCloud::Question& asked) {
    if (asked.header("x-amz-sso_bearer_token") == "bad") return FakeCloud::Answer{401, R"({"message": "expired"})"};
    return FakeCloud::Answer{
        200, R"({"roleCredentials": {"accessKeyId": ")" + asked.param("role_name") + "-" + asked.param("account_id") +
                 "-" + asked.header("x-amz-sso_bearer_token") +
                 R"(", "secretAccessKey": "s", "sessionToken": "t", "expiration": 4102542245000}})"};
  };
  aws.cloud.on("GET /federation/credentials", role);
  aws.config(
      "[profile s]\nsso_session = work\nsso_account_id = 1\nsso_role_name = Reader\n[sso-session work]\n"
      "sso_region = eu-west-1\nsso_start_url = https://x.awsapps.com/start\n"
      "[profile old]\nsso_account_id = 2\nsso_role_name = Reader\nsso_region = eu-west-1\n"
      "sso_start_url = https://x.awsapps.com/start\n[profile bad]\nsso_account_id = 1\n"
      "[profile gone]\nsso_account_id = 1\nsso_role_name = R\nsso_session = nowhere\n");
  CHECK_THAT(aws.keys("s"), Contains("nobody has signed in") && Contains("aws sso login"));
  const auto file = [](const std::string& name) { return "home/.aws/sso/cache/" + hex_encode(sha1(name)) + ".json"; };
  aws.place.write(file("work"), R"({"accessToken": "t1", "expiresAt": "2100-01-01T00:00:00Z"})");
  CHECK(aws.keys("s") == "Reader-1-t1 s t");
  CHECK((*aws.find("s"))->ends_us == 4'102'542'245'000'000);
  aws.place.write(file("https://x.awsapps.com/start"),
                  R"({"accessToken": "t2", "expiresAt": "2100-01-01T00:00:00UTC"})");
  CHECK_THAT(aws.keys("old"), Contains("Reader-2-t2"));
  CHECK_THAT(aws.keys("bad"), Contains("has no sso_role_name"));
  CHECK_THAT(aws.keys("gone"), Contains("'nowhere', which is not there"));

  const std::string ended = R"({"accessToken": "t3", "expiresAt": "2020-01-01T00:00:00Z")";
  aws.place.write(file("work"), ended + "}");
  CHECK_THAT(aws.keys("s"), Contains("the token has ended"));
  aws.place.write(file("work"), ended + R"(, "refreshToken": "r3", "clientId": "c", "clientSecret": "cs",
    "registrationExpiresAt": "2100-01-01T00:00:00Z", "region": "eu-west-1"})");
  aws.cloud.on("POST /token", R"({"accessToken": "t4", "expiresIn": 28800, "refreshToken": "r4"})");
  CHECK(aws.keys("s") == "Reader-1-t4 s t");
  std::vector<FakeCloud::Question> all = aws.cloud.asked();
  CHECK(all.at(all.size() - 2).body ==
        R"({"grantType":"refresh_token","clientId":"c","clientSecret":"cs","refreshToken":"r3"})");
  const std::string kept = *aws.place.env.read_file(aws.place.root / file("work"));
  CHECK_THAT(kept, Contains(R"("refreshToken":"r4")") && Contains(R"("accessToken":"t4")") && Contains("eu-west-1"));
  const std::size_t count = aws.cloud.asked().size();
  CHECK(aws.keys("s") == "Reader-1-t4 s t");
  CHECK(aws.cloud.asked().size() == count + 1);

  aws.place.write(file("work"), R"({"accessToken": "bad", "expiresAt": "2100-01-01T00:00:00Z"})");
  CHECK_THAT(aws.keys("s"), Contains("answered 401") && Contains("aws sso login"));
}

TEST_CASE("AWS: a program can give the keys") {
  Aws aws;
  const std::string good = R"({"Version": 1, "AccessKeyId": "P", "SecretAccessKey": "p q", "SessionToken": "t"})";
  aws.place.write("good.json", good);
  const std::string file = (aws.place.root / "good.json").string();
  aws.config("[profile a]\ncredential_process = cat \"" + file + "\"\n[profile b]\ncredential_process = false " +
             kCanary + "\n[profile c]\ncredential_process = /nowhere/x\n[profile d]\ncredential_process = echo '" +
             kCanary + "'\n[profile e]\ncredential_process = cat \"x\n[profile f]\ncredential_process = sh -c 'yes " +
             kCanary + "'\n");
  CHECK(aws.keys("a") == "P p q t");
  CHECK_THAT(aws.keys("b"), Contains("'false' failed") && !Contains(kCanary));
  CHECK_THAT(aws.keys("c"), Contains("no program '/nowhere/x'"));
  CHECK_THAT(aws.keys("d"), Contains("\"Version\": 1") && !Contains(kCanary));
  CHECK_THAT(aws.keys("e"), Contains("a quote is not closed"));
  CHECK_THAT(aws.keys("f"), Contains("wrote too much") && !Contains(kCanary));
}

TEST_CASE("a program that has closed its output and goes on is ended in time, and by a stop") {
  const std::vector<std::string> words = {"sh", "-c", "echo keys; exec >&-; sleep 20"};
  const Result<std::string> late = run_program(words, 0.2, {});
  REQUIRE_FALSE(late.ok());
  CHECK_THAT(late.status().message(), Contains("'sh' did not end within 0.2 s"));

  std::stop_source stop;
  std::thread stopper([&] { stop.request_stop(); });
  const Result<std::string> stopped = run_program(words, 60, stop.get_token());
  stopper.join();
  REQUIRE_FALSE(stopped.ok());
  CHECK(stopped.status().code() == Code::kCancelled);
  CHECK(run_program({"echo", "keys"}, 60, {}).value() == "keys\n");
}

TEST_CASE("AWS: a container's endpoint is asked with its proof, and only on this machine or over https") {
  Aws aws;
  aws.cloud.on("GET /creds", [](const FakeCloud::Question& asked) {
    return FakeCloud::Answer{200, metadata_answer("of-" + asked.header("authorization"))};
  });
  aws.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", aws.cloud.url("/creds"));
  CHECK(aws.keys() == "of- s t");
  aws.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "proof");
  CHECK(aws.keys() == "of-proof s t");
  aws.place.write("proof", "from-file\n");
  aws.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", aws.place.root / "proof");
  CHECK(aws.keys() == "of-from-file s t");
  for (const char* url :
       {"http://example.com/creds", "http://127.0.0.1.example.com/", "http://169.254.169.254/", "x"}) {
    aws.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    CHECK_THAT(aws.keys(), Contains("must be https"));
  }
  aws.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", aws.cloud.url("/gone"));
  aws.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "");
  aws.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", kCanary);
  CHECK_THAT(aws.keys(), Contains("answered 404") && !Contains(kCanary));
}

TEST_CASE("AWS: an instance has a role, behind a token") {
  Aws aws;
  aws.instance("INSTANCE");
  CHECK(aws.keys() == "INSTANCE s t");
  const std::vector<FakeCloud::Question> asked = aws.cloud.asked();
  REQUIRE(asked.size() == 3);
  CHECK(asked[0].header("x-aws-ec2-metadata-token-ttl-seconds") == "21600");
  CHECK(asked[1].header("x-aws-ec2-metadata-token") == "imds-token");
  CHECK(asked[2].header("x-aws-ec2-metadata-token") == "imds-token");
  CHECK_FALSE((*aws.find("", false)).has_value());
  CHECK(aws.cloud.asked().size() == 3);

  aws.cloud.on("PUT /latest/api/token", "", 403);
  CHECK(aws.keys() == "INSTANCE s t");
  aws.set("AWS_EC2_METADATA_V1_DISABLED", "true");
  CHECK(aws.keys() == "none");
  CHECK_THAT(aws.looked.back(), Contains("gives no token"));
  aws.set("AWS_EC2_METADATA_DISABLED", "TRUE");
  CHECK(aws.keys() == "none");
  CHECK_THAT(aws.looked.back(), Contains("AWS_EC2_METADATA_DISABLED"));
  aws.set("AWS_EC2_METADATA_DISABLED", "");
  aws.cloud.on("PUT /latest/api/token", "imds-token");
  aws.cloud.on("GET /latest/meta-data/iam/security-credentials/", "", 404);
  CHECK(aws.keys() == "none");
  CHECK_THAT(aws.looked.back(), Contains("it has none"));
  aws.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://" + dead_host());
  CHECK(aws.keys() == "none");
  CHECK_THAT(aws.looked.back(), Contains("nothing answers"));
}

TEST_CASE("AWS: a vault asks for new keys before its own end") {
  Aws aws;
  aws.cloud.on("POST /vault/", [](const FakeCloud::Question& asked) {
    const std::string who = asked.header("authorization");
    const std::size_t at = who.find("Credential=") + 11;
    return FakeCloud::Answer{200, R"({"SecretString": ")" + who.substr(at, who.find('/') - at) + "\"}"};
  });
  int count = 0;
  std::int64_t life_us = 0;
  AwsVault vault(aws.place.env, aws.client, {}, [&](const std::stop_token&) -> Result<AwsVaultAccess> {
    AwsVaultAccess access;
    access.keys.keys = {"KEY" + std::to_string(++count), "s", ""};
    access.keys.ends_us = life_us == 0 ? 0 : aws.place.env.now_us() + life_us;
    access.region = "eu-central-1";
    access.endpoint_url = aws.cloud.url("/vault");
    return access;
  });
  const auto asked_by = [&] {
    VaultEntry entry;
    const Status status = vault.fetch("name", entry, {});
    return status.ok() ? entry.text : status.render();
  };
  life_us = AwsKeys::kMarginUs - 1'000'000;
  CHECK(asked_by() == "KEY1");
  life_us = AwsKeys::kMarginUs + 3600'000'000;
  CHECK(asked_by() == "KEY2");
  CHECK(asked_by() == "KEY2");
}

TEST_CASE("The text of an XML element, whatever stands around it") {
  CHECK(xml_text("<a><b>x</b></a>", "b") == "x");
  CHECK(xml_text("<a><b x=\"1\">a &lt;&#38;&#x41; &quot;&apos;&gt;</b ></a>", "b") == "a <&A \"'>");
  CHECK(xml_text("<?xml v?><!-- <b>no</b> --><bb>no</bb><b/><b></b>", "b") == "");
  CHECK(xml_text("<b><c>x</c></b><b>y</b>", "b") == "y");
  CHECK(xml_text("<![CDATA[<b>no</b>]]>", "b") == std::nullopt);
  for (const char* bad : {"", "<b>", "<b>x", "<b>x</c>", "<b>&no;</b>", "<b>&#xD800;</b>", "<b>&#0;</b>", "<b>x &",
                          "<!-- <b>x</b>", "<b>x</b"}) {
    INFO(bad);
    CHECK(xml_text(bad, "b") == std::nullopt);
  }
}

TEST_CASE("Words are split as a shell splits them") {
  using Words = std::vector<std::string>;
  CHECK(split_words("a  b\tc") == Words{"a", "b", "c"});
  CHECK(split_words(R"(x 'a "b' "c 'd" e\ f "\" \\ \n" '' g"h"i)") ==
        Words{"x", "a \"b", "c 'd", "e f", "\" \\ \\n", "", "ghi"});
  CHECK(split_words("") == Words{});
  CHECK(split_words("a 'b") == std::nullopt);
  CHECK(split_words("a \"b") == std::nullopt);
}
