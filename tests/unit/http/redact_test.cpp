// Keeping secrets out of messages.
#include "http/redact.h"

#include "support/catch.h"

using namespace lode;

TEST_CASE("Names of secrets are known in their usual spellings") {
  for (const char* name :
       {"api_key", "API-KEY", "X-Api-Key", "token", "client_secret", "Authorization", "Proxy-Authorization", "password",
        "github_access_token", "X-Amz-Signature", "Cookie", "sig", "shop_api_key", "client_assertion",
        "X-aws-ec2-metadata-token", "X-IDENTITY-HEADER", "SecretAccessKey", "sessionToken", "accessToken"}) {
    CAPTURE(name);
    CHECK(is_secret_name(name));
  }
  for (const char* name : {"page_token", "next_token", "cursor", "since", "keyword", "tokens", "page", "",
                           "X-aws-ec2-metadata-token-ttl-seconds"}) {
    CAPTURE(name);
    CHECK_FALSE(is_secret_name(name));
  }
}

TEST_CASE("Secrets that a request carries are taken out of any text") {
  HttpRequest request;
  request.url = "https://me:pa%24%24word@h/x?api_key=k%2Bey1&page=2";
  request.headers = {{"Authorization", "Bearer abcdef"}, {"X-Trace", "visible"}};
  const auto secrets = secrets_of(request);
  CHECK(redact("no user abcdef here", secrets) == "no user *** here");
  CHECK(redact("Bearer abcdef", secrets) == "***");
  CHECK(redact("k+ey1 or k%2Bey1", secrets) == "*** or ***");
  CHECK(redact("pa$$word", secrets) == "***");
  CHECK(redact("visible page 2", secrets) == "visible page 2");
}

TEST_CASE("The password of basic credentials is known in plain text too") {
  HttpRequest request;
  request.headers = {{"authorization", "Basic dXNlcjpodW50ZXIy"}};  // user:hunter2
  CHECK(redact("bad password hunter2 for user", secrets_of(request)) == "bad password *** for user");
}

TEST_CASE("Secret-looking fields of a body lose their values") {
  CHECK(redact(R"({"access_token": "abc", "expires_in":5,"id":"x"})", {}) ==
        R"({"access_token": "***", "expires_in":5,"id":"x"})");
  CHECK(redact(R"({"password":"a\"b","x":"password"})", {}) == R"({"password":"***","x":"password"})");
  CHECK(redact(R"({"token":null,"a":["token"]})", {}) == R"({"token":null,"a":["token"]})");
  CHECK(redact("error: token=abc&page=2", {}) == "error: token=***&page=2");
  CHECK(redact(R"({"token":"cut off)", {}) == R"({"token":"***)");
  CHECK(redact(R"("unclosed)", {}) == R"("unclosed)");
}

TEST_CASE("A body excerpt is one short line") {
  CHECK(body_excerpt("  {\"error\":\n\t\"x\"}\n", {}) == "{\"error\":  \"x\"}");
  CHECK(body_excerpt(std::string(1000, 'a'), {}, 10) == "aaaaaaaaaa…");
  CHECK(body_excerpt(std::string("\x89PNG\x00\x01", 6), {}) == "(6 B, not text)");
  // The part that is looked at ends in the middle of a character.
  std::string letters;
  while (letters.size() < 6000) letters.append("é");
  CHECK(body_excerpt(letters, {}, 11) == "ééééé…");
  CHECK(body_excerpt("", {}) == "");
}

TEST_CASE("A secret at the excerpt's edge is not shown in half") {
  CHECK(body_excerpt("aaaaaaaahunter2hunter2", {"hunter2hunter2"}, 12) == "aaaaaaaa***");
}

TEST_CASE("Secrets of a form body are not shown when a server sends them back") {
  HttpRequest request;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = "client_id=visible%20id&client_secret=s3cr3t+value&grant_type=client_credentials";
  const std::string shown =
      redact("no client with s3cr3t value, s3cr3t+value and client_credentials", secrets_of(request));
  CHECK(shown == "no client with ***, *** and client_credentials");
  request.headers.clear();
  CHECK(secrets_of(request).empty());
}
