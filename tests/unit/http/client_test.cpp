// HttpClient against a real server: what goes out, what comes back, and that connections are kept.
#include "http/client.h"

#include "support/test_env.h"
#include "test_server.h"

using namespace lode;

namespace {

HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.timeout_s = 20;
  return request;
}

HttpResponse sent(HttpClient& client, const HttpRequest& request) {
  Result<HttpResponse> response = client.send(request, {});
  INFO((response.ok() ? "" : response.status().render()));
  REQUIRE(response.ok());
  return *response;
}

}  // namespace

TEST_CASE("A request goes out as written and the answer comes back whole") {
  HttpTestServer<> server;
  httplib::Request seen;
  server.server.Post("/v1/items", [&](const httplib::Request& request, httplib::Response& response) {
    seen = request;
    response.status = 201;
    response.set_header("X-Total", "7");
    response.set_content("{\"ok\":true}", "application/json");
  });
  server.start();
  TestEnv env;
  HttpClient client(env);
  HttpRequest request = get(server.url("/v1/items?a=b%20c&d"));
  request.method = "POST";
  request.body = "{\"x\":1}";
  request.headers = {{"content-type", "application/json"}, {"X-Own", "  trimmed "}};
  const HttpResponse response = sent(client, request);
  CHECK(response.status == 201);
  CHECK(response.body == "{\"ok\":true}");
  CHECK(*response.header("x-total") == "7");
  CHECK(response.url == request.url);
  CHECK(response.bytes_in > response.body.size());
  CHECK(seen.target == "/v1/items?a=b%20c&d");
  CHECK(seen.body == "{\"x\":1}");
  CHECK(seen.get_header_value("Content-Type") == "application/json");
  CHECK(seen.get_header_value("X-Own") == "trimmed");
  CHECK(seen.get_header_value("Accept") == "*/*");
  CHECK(seen.get_header_value("Accept-Encoding") == "gzip, deflate, br, zstd");
  CHECK(seen.get_header_value("Host") == "127.0.0.1:" + std::to_string(server.port()));
  CHECK(seen.get_header_value("User-Agent").substr(0, 5) == "lode/");
  CHECK(seen.get_header_value_count("Content-Type") == 1);
}

TEST_CASE("The user's headers replace the defaults") {
  HttpTestServer<> server;
  server.server.Get("/", [](const httplib::Request& request, httplib::Response& response) {
    response.set_content(request.get_header_value("User-Agent") + "|" + request.get_header_value("Accept") + "|" +
                             std::to_string(request.get_header_value_count("Accept")),
                         "text/plain");
  });
  server.start();
  TestEnv env;
  HttpClient client(env);
  HttpRequest request = get(server.url("/"));
  request.headers = {{"user-agent", "me"}, {"ACCEPT", "text/csv"}};
  CHECK(sent(client, request).body == "me|text/csv|1");
}

TEST_CASE("A raw body gets no Content-Type, and no body says so where one could be") {
  const char* const answer = "HTTP/1.1 204 No Content\r\n\r\n";
  std::string with_body;
  std::string without_body;
  std::string plain_get;
  {
    RawServer server({[&](RawServer::Peer& peer) {
      peer.read_request();
      with_body = peer.text;
      char body[3];
      CHECK(recv(peer.fd(), body, 3, MSG_WAITALL) == 3);
      peer.write(answer);
      peer.read_request();
      plain_get = peer.text;
      peer.write(answer);
      peer.read_request();
      without_body = peer.text;
      peer.write(answer);
    }});
    TestEnv env;
    HttpClient client(env);
    HttpRequest request = get(server.url());
    request.method = "PUT";
    request.body = "abc";
    sent(client, request);
    sent(client, get(server.url()));
    request.body.clear();
    sent(client, request);
  }
  using Catch::Matchers::Contains;
  CHECK_THAT(with_body, Contains("Content-Length: 3\r\n") && !Contains("Content-Type"));
  CHECK_THAT(without_body, Contains("Content-Length: 0\r\n"));
  CHECK_THAT(plain_get, !Contains("Content-Length"));
}

TEST_CASE("Every status is an answer") {
  HttpTestServer<> server;
  server.server.Get(R"(/(\d+))", [](const httplib::Request& request, httplib::Response& response) {
    response.status = std::stoi(request.matches[1]);
  });
  server.start();
  TestEnv env;
  HttpClient client(env);
  for (const int status : {204, 304, 404, 429, 503})
    CHECK(sent(client, get(server.url("/" + std::to_string(status)))).status == status);
}

TEST_CASE("Requests one after another share a connection") {
  HttpTestServer<> server;
  server.server.Get(
      "/", [](const httplib::Request&, httplib::Response& response) { response.set_content("x", "text/plain"); });
  server.start();
  TestEnv env;
  HttpClient client(env);
  for (int i = 0; i < 10; ++i) sent(client, get(server.url("/")));
  CHECK(server.connections() == 1);
  CHECK(client.stats().connections == 1);
  CHECK(client.stats().requests == 10);
}

TEST_CASE("A connection that the server closes is not used again") {
  HttpTestServer<> server;
  server.server.Get(
      "/", [](const httplib::Request&, httplib::Response& response) { response.set_header("Connection", "close"); });
  server.start();
  TestEnv env;
  HttpClient client(env);
  for (int i = 0; i < 3; ++i) sent(client, get(server.url("/")));
  CHECK(client.stats().connections == 3);
}

TEST_CASE("Many threads share one client") {
  HttpTestServer<> server;
  server.server.Get(R"(/(\d+))", [](const httplib::Request& request, httplib::Response& response) {
    response.set_content(std::string(20'000, 'x') + request.matches[1].str(), "text/plain");
  });
  server.start();
  TestEnv env;
  HttpClient client(env);
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 25; ++i) {
        const std::string id = std::to_string(thread * 100 + i);
        Result<HttpResponse> response = client.send(get(server.url("/" + id)), {});
        if (response.ok() && response->body.size() == 20'000 + id.size() && response->body.ends_with("x" + id)) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 100);
  CHECK(client.stats().connections <= 4);
}

TEST_CASE("A compressed body arrives plain, and the bytes on the wire are counted") {
  HttpTestServer<> server;
  const std::string text(100'000, 'z');
  server.server.Get("/", [&](const httplib::Request&, httplib::Response& response) {
    response.set_content(text, "application/json");
  });
  server.start();
  TestEnv env;
  HttpClient client(env);
  const HttpResponse response = sent(client, get(server.url("/")));
  REQUIRE(*response.header("Content-Encoding") == "br");
  CHECK(response.body == text);
  CHECK(response.bytes_in < 5000);
}

TEST_CASE("A large body, in chunks, arrives whole") {
  HttpTestServer<> server;
  server.server.Get("/", [&](const httplib::Request&, httplib::Response& response) {
    response.set_chunked_content_provider("application/octet-stream", [](std::size_t offset, httplib::DataSink& sink) {
      if (offset >= 8'000'000) {
        sink.done();
        return true;
      }
      const std::string piece(100'000, static_cast<char>('a' + offset / 100'000 % 26));
      sink.write(piece.data(), piece.size());
      return true;
    });
  });
  server.start();
  TestEnv env;
  HttpClient client(env);
  const HttpResponse response = sent(client, get(server.url("/")));
  REQUIRE(response.body.size() == 8'000'000);
  CHECK(response.body[7'950'000] == 'a' + 79 % 26);
}

TEST_CASE("Redirects are followed, and the answer says where it came from") {
  HttpTestServer<> server;
  server.server.Get("/a", [](const httplib::Request&, httplib::Response& response) { response.set_redirect("b?x=1"); });
  server.server.Get("/b", [&](const httplib::Request& request, httplib::Response& response) {
    response.set_content(request.get_header_value("Authorization"), "text/plain");
  });
  server.start();
  TestEnv env;
  HttpClient client(env);
  HttpRequest request = get(server.url("/a"));
  request.headers = {{"Authorization", "Bearer t"}};
  const HttpResponse response = sent(client, request);
  CHECK(response.url == server.url("/b?x=1"));
  CHECK(response.body == "Bearer t");
  CHECK(response.redirects == 1);
  request.follow_redirects = false;
  CHECK(sent(client, request).status == 302);
}

TEST_CASE("A redirect to another server takes no credentials along") {
  HttpTestServer<> other;
  other.server.Get("/", [](const httplib::Request& request, httplib::Response& response) {
    response.set_content(request.has_header("Authorization") ? "leaked" : "clean", "text/plain");
  });
  other.start();
  HttpTestServer<> server;
  server.server.Get(
      "/", [&](const httplib::Request&, httplib::Response& response) { response.set_redirect(other.url("/")); });
  server.start();
  TestEnv env;
  HttpClient client(env);
  HttpRequest request = get(server.url("/"));
  request.headers = {{"Authorization", "Bearer t"}};
  CHECK(sent(client, request).body == "clean");
}

TEST_CASE("Redirects without end are given up after thirty") {
  HttpTestServer<> server;
  server.server.Get("/", [](const httplib::Request&, httplib::Response& response) { response.set_redirect("/"); });
  server.start();
  TestEnv env;
  HttpClient client(env);
  const Result<HttpResponse> response = client.send(get(server.url("/")), {});
  REQUIRE_FALSE(response.ok());
  CHECK(response.status().code() == Code::kHttpRedirects);
  CHECK(server.requests() == 31);
}

TEST_CASE("Credentials in the URL become basic authorization") {
  HttpTestServer<> server;
  server.server.Get("/", [](const httplib::Request& request, httplib::Response& response) {
    response.set_content(request.get_header_value("Authorization"), "text/plain");
  });
  server.start();
  TestEnv env;
  HttpClient client(env);
  const std::string url = "http://user:hunter2@127.0.0.1:" + std::to_string(server.port()) + "/";
  CHECK(sent(client, get(url)).body == "Basic dXNlcjpodW50ZXIy");
}

TEST_CASE("A host name is looked up") {
  HttpTestServer<> server;
  server.server.Get(
      "/", [](const httplib::Request&, httplib::Response& response) { response.set_content("x", "text/plain"); });
  server.start();
  TestEnv env;
  HttpClient client(env);
  CHECK(sent(client, get("http://localhost:" + std::to_string(server.port()) + "/")).body == "x");
}

TEST_CASE("An http proxy is asked with the whole URL and its own credentials") {
  std::string head;
  {
    RawServer proxy({[&](RawServer::Peer& peer) {
      peer.read_request();
      head = peer.text;
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    }});
    TestEnv env;
    env.variables["http_proxy"] = "http://me:pw@127.0.0.1:" + std::to_string(proxy.port());
    HttpClient client(env);
    CHECK(sent(client, get("http://api.example.test/v1?a=1")).body == "x");
  }
  using Catch::Matchers::Contains;
  CHECK_THAT(head, Catch::Matchers::StartsWith("GET http://api.example.test/v1?a=1 HTTP/1.1\r\n"));
  CHECK_THAT(head, Contains("\r\nHost: api.example.test\r\n"));
  CHECK_THAT(head, Contains("Proxy-Authorization: Basic bWU6cHc=\r\n"));
}

TEST_CASE("An https proxy that refuses the tunnel is named, without its password") {
  RawServer proxy({[&](RawServer::Peer& peer) {
    peer.read_request();
    CHECK_THAT(peer.text, Catch::Matchers::StartsWith("CONNECT api.example.test:443 HTTP/1.1\r\n"));
    peer.write("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
  }});
  TestEnv env;
  env.variables["HTTPS_PROXY"] = "http://me:hunter2@127.0.0.1:" + std::to_string(proxy.port());
  HttpClient client(env);
  const Result<HttpResponse> response = client.send(get("https://api.example.test/"), {});
  REQUIRE_FALSE(response.ok());
  CHECK(response.status().code() == Code::kHttpConnect);
  CHECK_THAT(response.status().render(),
             Catch::Matchers::Contains("answered 407") && !Catch::Matchers::Contains("hunter2"));
}
