// Gates: requests that would come too fast wait for their turn.
#include "runtime/http_gate.h"

#include <string>
#include <thread>
#include <vector>

#include "support/catch.h"

namespace lode {
namespace {

struct Scene {
  explicit Scene(const HttpLimits& limits)
      : gate(std::make_shared<HttpGate>("api.test:443", limits, loop, Env::real(), log)) {}

  void enter(char name) {
    gate->enter([this, name](HttpGate::Ticket ticket) {
      order += name;
      tickets.push_back(std::move(ticket));
    });
  }
  // Ticks until `count` requests are in; false after ten seconds.
  bool let_in(std::size_t count) {
    for (int i = 0; i < 1000 && order.size() < count; ++i) {
      loop.wait(10'000);
      loop.run_ready(0);
    }
    return order.size() == count;
  }

  EventLoop loop{Env::real()};
  std::vector<std::string> lines;
  Log log{[this](LogLevel, std::string_view line) { lines.emplace_back(line); }};
  std::shared_ptr<HttpGate> gate;
  std::string order;
  std::vector<HttpGate::Ticket> tickets;
};

TEST_CASE("no more requests than allowed are under way, and they keep their order") {
  Scene scene({.concurrency = 2});
  for (const char name : {'a', 'b', 'c', 'd'}) scene.enter(name);
  CHECK(scene.order == "ab");
  std::thread([ticket = std::move(scene.tickets[1])]() mutable { ticket.reset(); }).join();
  CHECK(scene.order == "ab");  // the engine's thread lets in
  scene.loop.run_ready(0);
  CHECK(scene.order == "abc");
  scene.tickets.clear();
  scene.loop.run_ready(0);
  CHECK(scene.order == "abcd");
}

TEST_CASE("requests come no faster than allowed") {
  Scene scene({.requests = 100, .per_s = 5, .burst = 2});
  const std::int64_t begin_us = Env::real().steady_us();
  for (const char name : {'a', 'b', 'c', 'd'}) scene.enter(name);
  CHECK(scene.order == "ab");
  CHECK(scene.let_in(4));
  CHECK(scene.order == "abcd");
  CHECK(Env::real().steady_us() - begin_us >= 100'000);
}

TEST_CASE("a server's word closes the gate for so long, and it is told") {
  Scene scene({.wait_s_limit = 5});
  HttpResponse response;
  response.headers = {{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "0.1"}};
  const std::int64_t begin_us = Env::real().steady_us();
  scene.gate->note(response);
  scene.enter('a');
  CHECK(scene.order.empty());
  CHECK(scene.let_in(1));
  CHECK(Env::real().steady_us() - begin_us >= 100'000);
  REQUIRE(scene.lines.size() == 1);
  CHECK(scene.lines[0] == "api.test:443: its limit of requests is used up; waiting 0.1 s");
  // An hour is more than anybody waits: the server says no, and that is an error with its reason.
  response.headers = {{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "3600"}};
  scene.gate->note(response);
  scene.enter('b');
  CHECK(scene.order == "ab");
}

TEST_CASE("tickets may outlive their gate") {
  auto scene = std::make_unique<Scene>(HttpLimits{.concurrency = 1});
  scene->enter('a');
  scene->enter('b');
  scene->gate.reset();
  scene->tickets.clear();
  scene->loop.run_ready(0);
  CHECK(scene->order == "a");
}

TEST_CASE("clients with the same limits share a gate at one server, and no other") {
  EventLoop loop(Env::real());
  const Log log;
  HttpGates gates(loop, Env::real(), log);
  const HttpLimits slow{.requests = 1, .per_s = 10};
  CHECK(gates.at("https://api.test/a", slow) == gates.at("https://api.test/b?c=1", slow));
  CHECK(gates.at("https://api.test/a", slow) != gates.at("https://api.test/a", {}));
  CHECK(gates.at("https://api.test/a", slow) != gates.at("https://other.test/a", slow));
}

}  // namespace
}  // namespace lode
