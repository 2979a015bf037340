// Which proxy the environment variables name for a URL.
#include "http/proxy.h"

#include "support/catch.h"
#include "support/test_env.h"

using namespace lode;

namespace {
std::string proxy_for(std::map<std::string, std::string> variables, std::string_view url) {
  TestEnv env;
  env.variables = std::move(variables);
  const Proxies proxies(env);
  Result<std::optional<Proxy>> proxy = proxies.choose(*parse_url(url));
  if (!proxy.ok()) return proxy.status().message();
  return *proxy ? (*proxy)->endpoint.text() : "";
}
}  // namespace

TEST_CASE("Each scheme has its variable, and lower case wins") {
  CHECK(proxy_for({}, "http://h/") == "");
  CHECK(proxy_for({{"HTTP_PROXY", "http://p:3128"}}, "http://h/") == "p:3128");
  CHECK(proxy_for({{"HTTP_PROXY", "http://p:3128"}}, "https://h/") == "");
  CHECK(proxy_for({{"HTTPS_PROXY", "p"}}, "https://h/") == "p:80");
  CHECK(proxy_for({{"ALL_PROXY", "p:1"}, {"https_proxy", "q:2"}, {"HTTPS_PROXY", "r:3"}}, "https://h/") == "q:2");
  CHECK(proxy_for({{"ALL_PROXY", "p:1"}}, "http://h/") == "p:1");
  CHECK(proxy_for({{"HTTP_PROXY", ""}}, "http://h/") == "");
}

TEST_CASE("NO_PROXY exempts hosts, suffixes, ports and networks") {
  const auto exempt = [](const char* list, const char* url) {
    return proxy_for({{"ALL_PROXY", "p:1"}, {"NO_PROXY", list}}, url).empty();
  };
  CHECK(exempt("*", "http://h/"));
  CHECK(exempt("a, example.com ,b", "http://api.example.com/"));
  CHECK(exempt(".example.com", "http://api.example.com/"));
  CHECK(exempt(".example.com", "http://example.com/"));
  CHECK_FALSE(exempt("example.com", "http://badexample.com/"));
  CHECK(exempt("h:81", "http://h:81/"));
  CHECK_FALSE(exempt("h:81", "http://h/"));
  CHECK(exempt("10.0.0.0/8", "http://10.1.2.3/"));
  CHECK_FALSE(exempt("10.0.0.0/8", "http://11.1.2.3/"));
  CHECK_FALSE(exempt("10.0.0.0/99", "http://10.1.2.3/"));
}

TEST_CASE("A cloud's metadata service is never asked through a proxy") {
  for (const char* url : {"http://169.254.169.254/latest/api/token", "http://169.254.170.2/v2",
                          "http://[fd00:ec2::254]/", "http://metadata.google.internal/computeMetadata/v1/"}) {
    CHECK(proxy_for({{"ALL_PROXY", "p:1"}}, url) == "");
  }
  CHECK(proxy_for({{"ALL_PROXY", "p:1"}}, "http://169.253.1.1/") == "p:1");
}

TEST_CASE("A proxy that is not understood is an error that names the variable and no password") {
  const std::string message = proxy_for({{"HTTPS_PROXY", "socks5://u:hunter2@p:1"}}, "https://h/");
  CHECK_THAT(message, Catch::Matchers::Contains("HTTPS_PROXY") && !Catch::Matchers::Contains("hunter2"));
}
