// The listener that a sign-in comes back to: one path, one answer, one state; nobody can hold it up.
#include <sys/socket.h>

#include <condition_variable>

#include "http/loopback_listener.h"
#include "test_server.h"

using namespace lode;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::optional<LoopbackRequest> read(const std::string& target, const std::string& more = "Host: 127.0.0.1:80\r\n") {
  return read_loopback_request("GET " + target + " HTTP/1.1\r\n" + more + "\r\n", 80);
}

// What came, once.
struct Answer {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<FormPairs> fields;
  bool fits = false;
  int calls = 0;
  LoopbackListener::OnAnswer take() {
    return [this](FormPairs got, bool does_fit) {
      const std::lock_guard lock(mutex);
      ++calls;  // counted and judged on the test's thread: assertions are for one thread
      fields = std::move(got);
      fits = does_fit;
      changed.notify_all();
    };
  }
  bool wait() {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(60), [this] { return fields.has_value(); });
  }
};

std::unique_ptr<LoopbackListener> listen(Answer& answer, std::uint16_t port = 0) {
  auto listener = LoopbackListener::open({port, "/callback", "the-state"}, answer.take());
  REQUIRE(listener.ok());
  return std::move(*listener);
}

int connect_to(const LoopbackListener& listener) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(listener.port());
  REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

}  // namespace

TEST_CASE("A request is read when its head is whole") {
  const auto request = read("/callback?code=a%2Fb+c&state=x&empty=&bare&=y#fragment");
  REQUIRE(request);
  CHECK(request->refusal == 0);
  CHECK(request->path == "/callback");
  CHECK(request->field("code") == "a/b c");
  CHECK(request->field("state") == "x");
  CHECK(request->field("empty").empty());
  CHECK(request->field("none").empty());
  CHECK_FALSE(read_loopback_request("GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n", 80));
  CHECK(read_loopback_request("GET / HTTP/1.0\nhost: localhost:80\n\n", 80)->refusal == 0);
  CHECK(read("/?code=1&code=2")->field("code") == "1");
}

TEST_CASE("A request that no browser of ours makes is refused") {
  CHECK(read_loopback_request("POST / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n", 80)->refusal == 405);
  CHECK(read_loopback_request("GET /\r\nHost: 127.0.0.1:80\r\n\r\n", 80)->refusal == 400);
  CHECK(read_loopback_request("\r\n\r\n", 80)->refusal == 400);
  CHECK(read("http://127.0.0.1:80/")->refusal == 400);
  CHECK(read("/", "")->refusal == 400);
  CHECK(read("/", "Host: 127.0.0.1:80\r\nHost: 127.0.0.1:80\r\n")->refusal == 400);
  for (const std::string host :
       {"evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:81", "127.0.0.1:80.evil.example"})
    CHECK(read("/", "Host: " + host + "\r\n")->refusal == 421);
  CHECK(read("/?code=%ff")->refusal == 400);
  CHECK(read("/" + std::string(kLoopbackHeadBytesMax, 'a'))->refusal == 431);
  CHECK(read_loopback_request(std::string(kLoopbackHeadBytesMax, 'a'), 80)->refusal == 431);
}

TEST_CASE("The answer is taken once, with a page for the browser; other addresses have none") {
  Answer answer;
  auto listener = listen(answer);
  httplib::Client browser("127.0.0.1", listener->port());
  CHECK(browser.Get("/")->status == 404);
  CHECK(browser.Get("/favicon.ico")->status == 404);
  CHECK(browser.Get("/callback")->status == 400);
  CHECK(browser.Post("/callback?code=c&state=the-state", "", "text/plain")->status == 405);
  const auto page = browser.Get("/callback?code=c%201&state=the-state&scope=a");
  CHECK(page->status == 200);
  CHECK_THAT(page->body, Contains("go back to the terminal"));
  CHECK(page->get_header_value("Referrer-Policy") == "no-referrer");
  REQUIRE(answer.wait());
  CHECK(answer.fits);
  CHECK(*answer.fields == FormPairs{{"code", "c 1"}, {"state", "the-state"}, {"scope", "a"}});
  CHECK(browser.Get("/callback?code=again&state=the-state")->status == 200);
  listener.reset();  // its thread has ended
  CHECK(answer.calls == 1);
}

TEST_CASE("An answer to another sign-in is told as such") {
  for (const std::string query : {"code=c&state=another", "code=c", "error=access_denied&state=another"}) {
    Answer answer;
    const auto listener = listen(answer);
    const auto page = httplib::Client("127.0.0.1", listener->port()).Get("/callback?" + query);
    CHECK(page->status == 400);
    CHECK_THAT(page->body, Contains("another sign-in"));
    REQUIRE(answer.wait());
    CHECK_FALSE(answer.fits);
  }
}

TEST_CASE("What the address brings is not repeated on the page") {
  Answer answer;
  const auto listener = listen(answer);
  const auto page = httplib::Client("127.0.0.1", listener->port())
                        .Get("/callback?error=%3Cscript%3Ealert(1)%3C/script%3E&state=the-state");
  CHECK(page->status == 200);
  CHECK(page->body.find("script") == std::string::npos);
  REQUIRE(answer.wait());
  CHECK(answer.fits);
}

TEST_CASE("Connections that say nothing do not keep the answer from coming") {
  Answer answer;
  const auto listener = listen(answer);
  std::vector<int> silent;
  for (int i = 0; i < 8; ++i) silent.push_back(connect_to(*listener));
  for (int i = 0; i < 4; ++i) REQUIRE(::send(silent[i], "GET / HT", 8, 0) == 8);
  CHECK(httplib::Client("127.0.0.1", listener->port()).Get("/callback?code=c&state=the-state")->status == 200);
  CHECK(answer.wait());
  for (const int socket : silent) ::close(socket);
}

TEST_CASE("A port that is taken is named") {
  Answer answer;
  const auto first = listen(answer);
  const auto second = LoopbackListener::open({first->port(), "/callback", "s"}, nullptr);
  REQUIRE_FALSE(second.ok());
  CHECK(second.status().code() == Code::kSignInPort);
  CHECK_THAT(second.status().render(), Contains("port " + std::to_string(first->port())) && Contains("--port"));
}

TEST_CASE("A listener that ended leaves its port to the next") {
  Answer one, two;
  auto listener = listen(one);
  const std::uint16_t port = listener->port();
  CHECK(httplib::Client("127.0.0.1", port).Get("/callback?code=c&state=the-state")->status == 200);
  listener.reset();
  CHECK(httplib::Client("127.0.0.1", port).Get("/") == nullptr);
  CHECK(listen(two, port)->port() == port);
}
