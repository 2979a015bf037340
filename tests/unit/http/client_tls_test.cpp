// HttpClient over TLS: certificates are checked, and the reason for a refusal is said.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <filesystem>

#include "http/client.h"
#include "http/retry.h"
#include "support/test_env.h"
#include "test_server.h"

using namespace lode;
using Catch::Matchers::Contains;

namespace {

// A key and a certificate that it signed itself, for `names` ("IP:127.0.0.1,DNS:localhost").
class SelfSigned {
 public:
  explicit SelfSigned(const char* names, long valid_s = 3600) {
    key = EVP_EC_gen("P-256");
    certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate), valid_s);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("lode test"), -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    REQUIRE(X509_sign(certificate, key, EVP_sha256()) > 0);
    path = std::filesystem::temp_directory_path() / ("lode-test-" + std::to_string(getpid()) + ".pem");
    std::FILE* file = std::fopen(path.c_str(), "w");
    REQUIRE(file != nullptr);
    PEM_write_X509(file, certificate);
    std::fclose(file);
    key_path = path.string() + ".key";
    file = std::fopen(key_path.c_str(), "w");
    REQUIRE(file != nullptr);
    const unsigned char* const password = reinterpret_cast<const unsigned char*>("open sesame");
    PEM_write_PrivateKey(file, key, EVP_aes_128_cbc(), password, 11, nullptr, nullptr);
    std::fclose(file);
  }
  ~SelfSigned() {
    X509_free(certificate);
    EVP_PKEY_free(key);
    std::filesystem::remove(path);
    std::filesystem::remove(key_path);
  }
  EVP_PKEY* key;
  X509* certificate;
  std::filesystem::path path;
  std::filesystem::path key_path;  // with the password "open sesame"
};

HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.timeout_s = 20;
  return request;
}

struct TlsServer : HttpTestServer<httplib::SSLServer> {
  explicit TlsServer(SelfSigned& own) : HttpTestServer(own.certificate, own.key) {
    server.Get("/", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(std::string(100'000, 's'), "application/octet-stream");
    });
    start();
  }
};

}  // namespace

TEST_CASE("A certificate that nobody vouches for is refused, and not tried again") {
  SelfSigned own("IP:127.0.0.1");
  TlsServer server(own);
  TestEnv env;
  HttpClient client(env);
  const Result<HttpResponse> response = client.send(get(server.url("/", "https")), {});
  REQUIRE_FALSE(response.ok());
  CHECK(response.status().code() == Code::kHttpTls);
  CHECK_THAT(response.status().render(),
             Contains("cannot be trusted: self-signed certificate") && Contains("SSL_CERT_FILE"));
  CHECK_FALSE(decide({}, 1, response, 0).retry);
}

TEST_CASE("A certificate in SSL_CERT_FILE is trusted, and the connection is kept") {
  SelfSigned own("IP:127.0.0.1");
  TlsServer server(own);
  TestEnv env;
  env.variables["SSL_CERT_FILE"] = own.path;
  HttpClient client(env);
  for (int i = 0; i < 3; ++i) {
    Result<HttpResponse> response = client.send(get(server.url("/", "https")), {});
    INFO((response.ok() ? "" : response.status().render()));
    REQUIRE(response.ok());
    CHECK(response->body == std::string(100'000, 's'));
  }
  CHECK(client.stats().connections == 1);
}

TEST_CASE("A certificate for another name is refused") {
  SelfSigned own("DNS:other.example");
  TlsServer server(own);
  TestEnv env;
  env.variables["REQUESTS_CA_BUNDLE"] = own.path;
  HttpClient client(env);
  const Result<HttpResponse> response =
      client.send(get("https://localhost:" + std::to_string(server.port()) + "/"), {});
  REQUIRE_FALSE(response.ok());
  CHECK(response.status().code() == Code::kHttpTls);
  CHECK_THAT(response.status().render(), Contains("mismatch") && Contains("another name"));
}

TEST_CASE("A certificate that has expired is refused") {
  SelfSigned own("IP:127.0.0.1", -3600);
  TlsServer server(own);
  TestEnv env;
  env.variables["SSL_CERT_FILE"] = own.path;
  HttpClient client(env);
  const Result<HttpResponse> response = client.send(get(server.url("/", "https")), {});
  REQUIRE_FALSE(response.ok());
  CHECK_THAT(response.status().message(), Contains("expired"));
}

TEST_CASE("Checking can be switched off for one request, and that does not open the door for others") {
  SelfSigned own("DNS:other.example");
  TlsServer server(own);
  TestEnv env;
  HttpClient client(env);
  HttpRequest request = get(server.url("/", "https"));
  request.verify_tls = false;
  REQUIRE(client.send(request, {}).ok());
  request.verify_tls = true;
  CHECK_FALSE(client.send(request, {}).ok());
}

TEST_CASE("A server that asks for a certificate gets the request's, and no other server does") {
  SelfSigned own("IP:127.0.0.1");
  HttpTestServer<httplib::SSLServer> server([&](SSL_CTX& context) {
    SSL_CTX_use_certificate(&context, own.certificate);
    SSL_CTX_use_PrivateKey(&context, own.key);
    SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return SSL_CTX_load_verify_locations(&context, own.path.c_str(), nullptr) == 1;
  });
  server.server.Get(
      "/", [](const httplib::Request&, httplib::Response& response) { response.set_content("welcome", "text/plain"); });
  server.start();
  TestEnv env;
  HttpClientOptions options;
  options.ca_path = own.path;
  HttpClient client(env, options);
  HttpRequest request = get("https://127.0.0.1:" + std::to_string(server.port()) + "/");
  CHECK_FALSE(client.send(request, {}).ok());
  request.certificate = {own.path, own.key_path, "wrong"};
  const Status wrong = client.send(request, {}).status();
  CHECK(wrong.code() == Code::kHttpTls);
  CHECK_THAT(wrong.message(), Contains("key " + own.key_path.string()));
  request.certificate.password = "open sesame";
  const Result<HttpResponse> response = client.send(request, {});
  INFO(response.status().render());
  REQUIRE(response.ok());
  CHECK(response->body == "welcome");
  // The connection belongs to the certificate.
  CHECK_FALSE(client.send(get(request.url), {}).ok());

  request.certificate = {"/nowhere.pem", "", ""};
  CHECK_THAT(client.send(request, {}).status().message(), Contains("client certificate /nowhere.pem"));
}

TEST_CASE("https:// to a server without TLS says so") {
  HttpTestServer<> server;
  server.start();
  TestEnv env;
  HttpClient client(env);
  const Result<HttpResponse> response = client.send(get(server.url("/", "https")), {});
  REQUIRE_FALSE(response.ok());
  CHECK(response.status().code() == Code::kHttpTls);
  CHECK_THAT(response.status().render(), Contains("does not speak TLS") && Contains("http://"));
}

TEST_CASE("A server that hangs up in the handshake is worth another attempt") {
  RawServer server({[](RawServer::Peer&) {}});
  TestEnv env;
  HttpClient client(env);
  const Result<HttpResponse> response =
      client.send(get("https://127.0.0.1:" + std::to_string(server.port()) + "/"), {});
  REQUIRE_FALSE(response.ok());
  CHECK(response.status().code() == Code::kHttpConnect);
  CHECK(decide({}, 1, response, 0).retry);
}

TEST_CASE("A handshake that stands still is a timeout, and a stop ends it") {
  RawServer server(
      {[](RawServer::Peer& peer) { peer.wait_for_close(); }, [](RawServer::Peer& peer) { peer.wait_for_close(); }});
  TestEnv env;
  HttpClient client(env);
  HttpRequest request = get("https://127.0.0.1:" + std::to_string(server.port()) + "/");
  request.timeout_s = 0.2;
  const Result<HttpResponse> response = client.send(request, {});
  REQUIRE_FALSE(response.ok());
  CHECK(response.status().code() == Code::kHttpTimeout);
  request.timeout_s = 0;
  std::stop_source source;
  std::thread stopper([&] {
    while (server.connections < 2) std::this_thread::yield();
    source.request_stop();
  });
  const Result<HttpResponse> stopped = client.send(request, source.get_token());
  stopper.join();
  REQUIRE_FALSE(stopped.ok());
  CHECK(stopped.status().code() == Code::kCancelled);
}

TEST_CASE("A file of certificates that is not there is an error that names who named it") {
  TestEnv env;
  env.variables["SSL_CERT_FILE"] = "/no/such/file.pem";
  HttpClient client(env);
  SelfSigned own("IP:127.0.0.1");
  TlsServer server(own);
  const Result<HttpResponse> response = client.send(get(server.url("/", "https")), {});
  REQUIRE_FALSE(response.ok());
  CHECK(response.status().code() == Code::kHttpTls);
  CHECK_THAT(response.status().render(), Contains("/no/such/file.pem") && Contains("SSL_CERT_FILE"));
}

TEST_CASE("TLS goes through a proxy's tunnel") {
  SelfSigned own("DNS:api.example.test");
  TlsServer server(own);
  RawServer proxy({[&](RawServer::Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 Connection established\r\n\r\n");
    const int upstream = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(server.port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(upstream, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    pollfd fds[2] = {{peer.fd(), POLLIN, 0}, {upstream, POLLIN, 0}};
    char bytes[4096];
    while (poll(fds, 2, 20'000) > 0) {
      const int from = fds[0].revents != 0 ? 0 : 1;
      const ssize_t count = recv(fds[from].fd, bytes, sizeof bytes, 0);
      if (count <= 0 || send(fds[1 - from].fd, bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL) != count) break;
    }
    close(upstream);
  }});
  TestEnv env;
  env.variables = {{"SSL_CERT_FILE", own.path}, {"https_proxy", "http://127.0.0.1:" + std::to_string(proxy.port())}};
  {
    HttpClient client(env);
    Result<HttpResponse> response = client.send(get("https://api.example.test/"), {});
    INFO((response.ok() ? "" : response.status().render()));
    REQUIRE(response.ok());
    CHECK(response->body.size() == 100'000);
  }
}
