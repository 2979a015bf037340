// HttpClient when things go wrong: each fault has its code, its words, and leaves the client usable.
#include <latch>

#include "http/client.h"
#include "http/retry.h"
#include "support/scratch.h"
#include "support/test_env.h"
#include "test_server.h"

using namespace lode;

namespace {

using Peer = RawServer::Peer;
using Catch::Matchers::Contains;

HttpRequest get(const std::string& url, double timeout_s = 20) {
  HttpRequest request;
  request.url = url;
  request.timeout_s = timeout_s;
  return request;
}

Status failure(const HttpRequest& request, const std::stop_token& stop = {}) {
  TestEnv env;
  HttpClient client(env);
  Result<HttpResponse> response = client.send(request, stop);
  REQUIRE_FALSE(response.ok());
  return response.status();
}

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace

TEST_CASE("A refused connection names server and reason") {
  const std::string server = "127.0.0.1:" + std::to_string(closed_port());
  const Status status = failure(get("http://" + server + "/orders?token=abcdef"));
  CHECK(status.code() == Code::kHttpConnect);
  CHECK(status.message() ==
        "GET http://" + server + "/orders?token=***: cannot connect to " + server + ": connection refused");
}

TEST_CASE("An unknown host is named") {
  const Status status = failure(get("http://no-such-host.invalid/", 60));
  CHECK(status.code() == Code::kHttpConnect);
  CHECK_THAT(status.message(), Contains("cannot find the host 'no-such-host.invalid'"));
}

TEST_CASE("A server that never answers is a timeout") {
  RawServer server({[](Peer& peer) { peer.wait_for_close(); }});
  const Status status = failure(get(server.url(), 0.2));
  CHECK(status.code() == Code::kHttpTimeout);
  CHECK_THAT(status.message(), Contains("no answer within 0.2 s"));
}

TEST_CASE("A body that stops coming is a timeout that says how far it got") {
  RawServer server({[](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
    peer.wait_for_close();
  }});
  const Status status = failure(get(server.url(), 0.2));
  CHECK(status.code() == Code::kHttpTimeout);
  CHECK_THAT(status.message(), Contains("stopped for 0.2 s, after 10 B"));
}

// Sends a body of eight pieces with pauses between them.
class SlowServer : public RawServer {
 public:
  explicit SlowServer(std::size_t piece_bytes)
      : RawServer({[piece_bytes](Peer& peer) {
          peer.read_request();
          peer.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(8 * piece_bytes) + "\r\n\r\n");
          for (int i = 0; i < 8; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            if (!peer.write(std::string(piece_bytes, 'x'))) return;
          }
        }}) {}
};

TEST_CASE("A server that keeps sending is no timeout, however long it takes") {
  SlowServer server(1024);
  TestEnv env;
  HttpClient client(env);
  Result<HttpResponse> response = client.send(get(server.url(), 0.4), {});
  REQUIRE(response.ok());
  CHECK(response->body.size() == 8192);
}

TEST_CASE("A server that sends a byte now and then is a timeout") {
  SlowServer server(1);
  const Status status = failure(get(server.url(), 0.3));
  CHECK(status.code() == Code::kHttpTimeout);
  CHECK_THAT(status.message(), Contains("comes too slowly: less than 1.0 KB in 0.3 s"));
}

TEST_CASE("The whole of an attempt can have a limit, redirects included") {
  RawServer server({[](Peer& peer) {
    peer.read_request();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    peer.write("HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n");
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n");
    while (peer.write(std::string(1024, 'x'))) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }});
  HttpRequest request = get(server.url(), 5);
  request.total_timeout_s = 0.4;
  const Status status = failure(request);
  CHECK(status.code() == Code::kHttpTimeout);
  CHECK_THAT(status.message(), Contains("not whole after 0.4 s, the time allowed for all of it"));
}

TEST_CASE("A server that takes no bytes is a timeout") {
  std::latch finished(1);
  RawServer server({[&](Peer&) { finished.wait(); }});
  HttpRequest request = get(server.url(), 0.3);
  request.method = "POST";
  request.body = std::string(64 << 20, 'x');
  const Status status = failure(request);
  finished.count_down();
  CHECK(status.code() == Code::kHttpTimeout);
  CHECK_THAT(status.message(), Contains("took no bytes for 0.3 s"));
}

TEST_CASE("A reset in the middle of the body is an error, never a short body") {
  RawServer server({[](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\n\r\n[{\"id\":1},");  // no length: only the reset shows that something is missing
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    peer.reset();
  }});
  const Status status = failure(get(server.url()));
  CHECK(status.code() == Code::kHttpBody);
  CHECK_THAT(status.message(), Contains("cut off after 10 B"));
}

TEST_CASE("A body shorter than its length is an error") {
  RawServer server({[](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1,2]");
  }});
  const Status status = failure(get(server.url()));
  CHECK(status.code() == Code::kHttpBody);
  CHECK_THAT(status.message(), Contains("95 of 100 bytes are missing"));
}

TEST_CASE("A server that hangs up without a word is worth another attempt") {
  RawServer server({[](Peer& peer) { peer.read_request(); }});
  const Status status = failure(get(server.url()));
  CHECK(status.code() == Code::kHttpConnect);
  CHECK_THAT(status.message(), Contains("hung up without an answer"));
  CHECK(decide({}, 1, status, 0).retry);
  CHECK(server.connections == 1);
}

TEST_CASE("A body on its way into a file is there whole or not at all") {
  const test::ScratchFolder folder;
  const Path file = folder.path() / "dump.jsonl";
  const std::string whole(300'000, 'x');
  RawServer server({[&](Peer& peer) {
                      peer.read_request();
                      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + whole.substr(0, 200'000));
                    },
                    [&](Peer& peer) {
                      peer.read_request();
                      peer.write("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone");
                      peer.read_request();
                      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + whole);
                    }});
  HttpClient client(Env::real());
  HttpRequest request = get(server.url(), 5);
  request.body_file = file;
  CHECK(client.send(request, {}).status().code() == Code::kHttpBody);
  CHECK(Env::real().list_folder(folder.path()).value().empty());

  const Result<HttpResponse> refused = client.send(request, {});
  REQUIRE(refused.ok());
  CHECK(refused->body == "gone");
  CHECK(Env::real().list_folder(folder.path()).value().empty());

  const Result<HttpResponse> response = client.send(request, {});
  REQUIRE(response.ok());
  CHECK(response->body.empty());
  CHECK(Env::real().read_file(file).value() == whole);
  CHECK(Env::real().list_folder(folder.path()).value().size() == 1);
}

TEST_CASE("Something that is no HTTP is noticed at once") {
  RawServer server({[](Peer& peer) {
    peer.write("220 mail.example ESMTP\r\n");
    peer.wait_for_close();
  }});
  const Status status = failure(get(server.url()));
  CHECK(status.code() == Code::kHttpBody);
  CHECK_THAT(status.message(), Contains("not HTTP"));
}

TEST_CASE("Broken gzip is an error") {
  RawServer server({[](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain");
  }});
  CHECK(failure(get(server.url())).code() == Code::kHttpBody);
}

TEST_CASE("A body beyond the limit is an error that is not tried again") {
  RawServer server({[](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\n\r\n" + std::string(100'000, 'x'));
  }});
  HttpRequest request = get(server.url());
  request.body_bytes_max = 50'000;
  const Status status = failure(request);
  CHECK(status.code() == Code::kHttpTooLarge);
  CHECK_FALSE(decide({}, 1, status, 0).retry);
}

TEST_CASE("What cannot be sent safely is refused before it is sent") {
  HttpRequest request = get("http://127.0.0.1:1/");
  request.headers = {{"X-Token", "abc\r\nX-Admin: 1"}};
  CHECK(failure(request).code() == Code::kInvalidArgument);
  CHECK_THAT(failure(request).message(), Contains("X-Token") && !Contains("abc"));
  request.headers = {{"X Token", "abc"}};
  CHECK(failure(request).code() == Code::kInvalidArgument);
  request.headers = {};
  request.method = "GET / HTTP/1.1\r\nX: ";
  CHECK(failure(request).code() == Code::kInvalidArgument);
  CHECK(failure(get("orders")).code() == Code::kHttpBadUrl);
}

TEST_CASE("A kept connection that the server closed meanwhile costs nothing") {
  const RawServer::Script once = [](Peer& peer) {
    peer.read_request();
    peer.write(kOk);
  };
  RawServer server({once, once, once});
  TestEnv env;
  HttpClient client(env);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(client.send(get(server.url()), {}).ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
  CHECK(server.connections == 3);
}

TEST_CASE("A kept connection that dies under the request is replaced silently") {
  // The close races with the request, so that only the failed exchange can reveal it.
  RawServer server({[](Peer& peer) {
                      peer.read_request();
                      peer.write(kOk);
                      peer.read_request();
                    },
                    [](Peer& peer) {
                      peer.read_request();
                      peer.write(kOk);
                    }});
  TestEnv env;
  HttpClient client(env);
  REQUIRE(client.send(get(server.url()), {}).ok());
  Result<HttpResponse> second = client.send(get(server.url()), {});
  REQUIRE(second.ok());
  CHECK(second->body == "ok");
  CHECK(client.stats().requests == 3);
}

TEST_CASE("A POST over a connection that dies is not sent twice") {
  std::atomic<int> posts{0};
  RawServer server({[&](Peer& peer) {
                      peer.read_request();
                      peer.write(kOk);
                      if (peer.read_request()) ++posts;
                    },
                    [&](Peer& peer) {
                      if (peer.read_request()) ++posts;
                      peer.write(kOk);
                    }});
  TestEnv env;
  HttpClient client(env);
  REQUIRE(client.send(get(server.url()), {}).ok());
  HttpRequest request = get(server.url());
  request.method = "POST";
  const Result<HttpResponse> response = client.send(request, {});
  REQUIRE_FALSE(response.ok());
  CHECK(response.status().code() == Code::kHttpConnect);
  CHECK(posts == 1);
}

TEST_CASE("Bytes behind an answer never become the next one") {
  RawServer server({[](Peer& peer) {
                      peer.read_request();
                      peer.write(std::string(kOk) + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
                      peer.wait_for_close();
                    },
                    [](Peer& peer) {
                      peer.read_request();
                      peer.write(kOk);
                    }});
  TestEnv env;
  HttpClient client(env);
  REQUIRE(client.send(get(server.url()), {}).ok());
  Result<HttpResponse> second = client.send(get(server.url()), {});
  REQUIRE(second.ok());
  CHECK(second->body == "ok");
}

TEST_CASE("An answer that comes before the whole request was taken counts") {
  RawServer server({[](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
    shutdown(peer.fd(), SHUT_WR);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    char bytes[4096];
    for (int i = 0; i < 200 && recv(peer.fd(), bytes, sizeof bytes, MSG_DONTWAIT) > 0; ++i) {
    }
    peer.wait_for_close();
  }});
  TestEnv env;
  HttpClient client(env);
  HttpRequest request = get(server.url());
  request.method = "POST";
  request.body = std::string(2 << 20, 'x');
  Result<HttpResponse> response = client.send(request, {});
  REQUIRE(response.ok());
  CHECK(response->status == 413);
}

TEST_CASE("An answer counts even when the server then refuses the rest of the request") {
  RawServer server({[](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\n\r\nbig");
    peer.reset();
  }});
  TestEnv env;
  HttpClient client(env);
  HttpRequest request = get(server.url());
  request.method = "POST";
  request.body = std::string(64 << 20, 'x');
  Result<HttpResponse> response = client.send(request, {});
  REQUIRE(response.ok());
  CHECK(response->status == 413);
  CHECK(response->body == "big");
}

TEST_CASE("A stop ends a request that waits for its answer") {
  std::latch asked(1);
  RawServer server({[&](Peer& peer) {
    peer.read_request();
    asked.count_down();
    peer.wait_for_close();
  }});
  std::stop_source source;
  std::thread stopper([&] {
    asked.wait();
    source.request_stop();
  });
  const Status status = failure(get(server.url(), 0), source.get_token());  // no timeout: only the stop can end it
  stopper.join();
  CHECK(status.code() == Code::kCancelled);
}

TEST_CASE("A stop ends a body that never ends") {
  std::latch asked(1);
  RawServer server({[&](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    asked.count_down();
    const std::string chunk = "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
    while (send(peer.fd(), chunk.data(), chunk.size(), MSG_NOSIGNAL) > 0) {
    }
  }});
  std::stop_source source;
  std::thread stopper([&] {
    asked.wait();
    source.request_stop();
  });
  const Status status = failure(get(server.url(), 0), source.get_token());
  stopper.join();
  CHECK(status.code() == Code::kCancelled);
}

TEST_CASE("A stop that came before sends nothing") {
  RawServer server({[](Peer& peer) { peer.wait_for_close(); }});
  std::stop_source source;
  source.request_stop();
  CHECK(failure(get(server.url()), source.get_token()).code() == Code::kCancelled);
  CHECK(server.connections == 0);
}

TEST_CASE("A stop ends a connection attempt") {
  // A listener whose queue is full answers no further connection attempt.
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(listen(listener, 0) == 0);
  REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  std::vector<int> fillers;
  for (int i = 0; i < 8; ++i) {
    fillers.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    [[maybe_unused]] const int result = connect(fillers.back(), reinterpret_cast<sockaddr*>(&address), size);
  }
  const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  std::stop_source source;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    source.request_stop();
  });
  CHECK(failure(get(url, 0), source.get_token()).code() == Code::kCancelled);
  stopper.join();
  const Status status = failure(get(url, 0.2));
  CHECK(status.code() == Code::kHttpTimeout);
  CHECK_THAT(status.message(), Contains("cannot connect to 127.0.0.1:") && Contains("within 0.2 s"));
  for (const int fd : fillers) close(fd);
  close(listener);
}
