// Signatures: AWS version 4 against values that botocore 1.x computed for the same requests and the published example
// credentials (the first two are also in Amazon's own test suite), JSON Web Tokens against OpenSSL's verification.
#include <memory>

#include "base/text.h"
#include "http/aws_v4.h"
#include "http/crypto.h"
#include "http/jwt.h"
#include "json/parse.h"
#include "support/catch.h"
#include "support/rsa_key.h"

using namespace lode;

namespace {

constexpr std::int64_t kNow = 1'440'938'160'000'000;  // 2015-08-30T12:36:00Z

const AwsCredentials kExample{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};

HttpRequest request_of(const std::string& method, const std::string& url, HttpHeaders headers = {},
                       const std::string& body = "") {
  HttpRequest request;
  request.method = method;
  request.url = url;
  request.headers = std::move(headers);
  request.body = body;
  return request;
}

std::string authorization(HttpRequest request, const AwsScope& scope, const AwsCredentials& credentials = kExample) {
  REQUIRE(sign_aws_v4(request, credentials, scope, kNow).ok());
  const std::string* value = find_header(request.headers, "Authorization");
  REQUIRE(value != nullptr);
  return *value;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("A hash and a keyed hash have the published values") {
  CHECK(hex_encode(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  // RFC 4231, test case 2
  CHECK(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("AWS: a plain request, and one whose query is not in order") {
  const AwsScope scope{"us-east-1", "service"};
  CHECK(authorization(request_of("GET", "https://example.amazonaws.com/"), scope) ==
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  CHECK(has(authorization(request_of("GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1"), scope),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"));
}

TEST_CASE("AWS: escapes in path and query; a blank may be written as a plus") {
  const AwsScope scope{"us-east-1", "service"};
  const std::string signature = "f68090d90f3e48cf5e7c97e56f7a8b5a1a17b5372c276f9d2aa9dc5d5f627fa3";
  for (const char* url : {"https://example.amazonaws.com/a%20b/%E1%88%B4?x=a%20b&y=%26%2F%3D&x=A",
                          "https://example.amazonaws.com/a b/ሴ?x=a+b&y=%26/%3D&x=A"}) {
    CHECK(has(authorization(request_of("GET", url), scope), signature));
  }
  HttpRequest request = request_of("GET", "https://example.amazonaws.com/?x=a+b");
  REQUIRE(sign_aws_v4(request, kExample, scope, kNow).ok());
  CHECK(request.url == "https://example.amazonaws.com/?x=a%20b");
}

TEST_CASE("AWS: a body, headers with blanks, empty path segments, a session token") {
  AwsCredentials credentials = kExample;
  credentials.session_token = "AQoDYXdzEPT//////////wEXAMPLE";
  const HttpRequest request = request_of(
      "POST", "https://example.amazonaws.com/x//y/",
      {{"Content-Type", "application/x-www-form-urlencoded"}, {"My-Header1", "  a   b  c "}, {"User-Agent", "me"}},
      "Param1=value1");
  CHECK(has(authorization(request, {"eu-central-1", "execute-api"}, credentials),
            "SignedHeaders=content-type;host;my-header1;x-amz-date;x-amz-security-token, "
            "Signature=6dbd7765eee371484bba38fa454698a40b7748641277251d674c18855e22fcb5"));
}

TEST_CASE("AWS: S3 signs the path as it is and the hash of the body") {
  CHECK(has(authorization(request_of("GET", "https://bucket.s3.amazonaws.com/a//b%20c.txt"), {"us-east-1", "s3"}),
            "0b839445534f6127d99f7c28fc3bdaa2aea78c10fe4151b1784fa9afd5968a8d"));
  CHECK(has(authorization(request_of("PUT", "http://localhost:9000/bucket/key", {{"Content-Type", "application/json"}},
                                     R"({"a":1})"),
                          {"us-east-1", "s3"}),
            "ba1ea12ccd5fd75675882efc01fec8ba4fc9434740c112e661146ccbff7a88e3"));
}

TEST_CASE("AWS: signing again replaces the signature") {
  HttpRequest request = request_of("GET", "https://example.amazonaws.com/");
  const AwsScope scope{"us-east-1", "service"};
  REQUIRE(sign_aws_v4(request, kExample, scope, kNow + 90'000'000).ok());
  CHECK(has(authorization(request, scope), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"));
}

TEST_CASE("A JWT is signed so that the public key verifies it") {
  const KeyPair pair;
  const json::Value claims = json::Value::object({{"iss", "me"}, {"exp", 1700000000}});
  const Result<std::string> token = jwt_rs256(claims, pair.pem(), "", json::Value::object({{"kid", "k1"}}));
  REQUIRE(token.ok());
  const std::vector<std::string_view> parts = split(*token, '.');
  REQUIRE(parts.size() == 3);
  CHECK(base64url_decode(std::string(parts[0])) == R"({"alg":"RS256","typ":"JWT","kid":"k1"})");
  CHECK(base64url_decode(std::string(parts[1])) == R"({"iss":"me","exp":1700000000})");
  CHECK(pair.verifies(token->substr(0, token->rfind('.')), base64url_decode(std::string(parts[2]))));
  CHECK_FALSE(pair.verifies(token->substr(0, token->rfind('.')) + "x", base64url_decode(std::string(parts[2]))));
}

TEST_CASE("A key may be encrypted; the wrong passphrase, or no key at all, is an error that does not show it") {
  const KeyPair pair;
  const std::string pem = pair.pem("open sesame");
  const Result<std::string> signature = rs256("text", pem, "open sesame");
  REQUIRE(signature.ok());
  CHECK(pair.verifies("text", *signature));
  for (const auto& [key, passphrase] : std::vector<std::pair<std::string, std::string>>{
           {pem, "wrong"}, {pem, ""}, {"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----", ""}}) {
    const Result<std::string> refused = rs256("text", key, passphrase);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.status().code() == Code::kConfigInvalid);
    CHECK_FALSE(has(refused.status().render(), "c2VjcmV0"));
  }
}
