// Each fault does what README.md says of it, to the requests it says, as often as it says.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "api_client.h"
#include "support/catch.h"

namespace lode::test {
namespace {

/// What arrives on a bare connection, and how it ends: 0 for an orderly end, else errno.
struct RawReply {
  std::string bytes;
  int ended_with = 0;
  std::string body() const { return bytes.substr(bytes.find("\r\n\r\n") + 4); }
};

RawReply raw_get(int port, const std::string& target, const std::string& header = "X: y") {
  RawReply reply;
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const std::string request = "GET " + target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer demo-token\r\n" +
                              header + "\r\nConnection: close\r\n\r\n";
  REQUIRE(send(fd, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
  char buffer[4096];
  ssize_t got = 0;
  while ((got = recv(fd, buffer, sizeof buffer, 0)) > 0) reply.bytes.append(buffer, static_cast<std::size_t>(got));
  if (got < 0) reply.ended_with = errno;
  close(fd);
  return reply;
}

std::vector<int> statuses(Api& api, const std::string& target, int count) {
  std::vector<int> all;
  for (int i = 0; i < count; ++i) all.push_back(api.get(target).status);
  return all;
}

bool is_json(const std::string& text) {
  simdjson::dom::parser parser;
  return parser.parse(text).error() == simdjson::SUCCESS;
}

}  // namespace

TEST_CASE("429 with Retry-After in seconds, then the answer") {
  Api api({"--faults", "429:retry_after=7,times=2"});
  const Answer answer = api.get("/v1/items");
  CHECK(answer.status == 429);
  CHECK(answer.header("Retry-After") == "7");
  CHECK(answer.json()["error"]["code"].get_string().value() == "rate_limited");
  CHECK(statuses(api, "/v1/items", 3) == std::vector<int>{429, 200, 200});
  CHECK(api.stat("faults", "429") == 2);
}

TEST_CASE("429 with Retry-After as a date in the future") {
  Api api;
  api.set_faults("429:retry_after=100,as=date");
  const std::string date = api.get("/v1/items").header("Retry-After");
  std::tm parts{};
  REQUIRE(strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) != nullptr);
  const std::time_t seconds = timegm(&parts) - std::time(nullptr);
  CHECK(seconds <= 101);
  CHECK(seconds > 0);
}

TEST_CASE("A burst of 503 for each path on its own") {
  Api api({"--faults", "503:times=2"});
  CHECK(statuses(api, "/v1/items", 4) == std::vector<int>{503, 503, 200, 200});
  CHECK(statuses(api, "/v1/players", 4) == std::vector<int>{503, 503, 200, 200});
  CHECK(statuses(api, "/v1/items?page=2", 1) == std::vector<int>{200});
  CHECK(api.get("/admin/stats").status == 200);
  CHECK(api.stat("faults", "503") == 4);
}

TEST_CASE("after, every, times and per choose the requests") {
  Api api;
  api.set_faults("500:after=2,times=1");
  CHECK(statuses(api, "/v1/items", 5) == std::vector<int>{200, 200, 500, 200, 200});
  api.set_faults("500:every=3");
  CHECK(statuses(api, "/v1/items", 7) == std::vector<int>{200, 200, 500, 200, 200, 500, 200});
  api.set_faults("500:every=2,times=1,after=1");
  CHECK(statuses(api, "/v1/items", 6) == std::vector<int>{200, 200, 500, 200, 200, 200});
  api.set_faults("503:times=1,per=url");
  CHECK(statuses(api, "/v1/items?page=1", 2) == std::vector<int>{503, 200});
  CHECK(statuses(api, "/v1/items?page=2", 2) == std::vector<int>{503, 200});
}

TEST_CASE("Rules take turns: one that strikes hides the request from those after it") {
  Api api;
  api.set_faults("429:times=1;503:times=2");
  CHECK(statuses(api, "/v1/items", 5) == std::vector<int>{429, 503, 503, 200, 200});
}

TEST_CASE("500 for ever, and 404 on one path") {
  Api api;
  api.set_faults("500:path=/v1/players;404:path=/v1/matches/*/events");
  CHECK(statuses(api, "/v1/players", 4) == std::vector<int>{500, 500, 500, 500});
  CHECK(api.get("/v1/matches/m-0000003/events").status == 404);
  CHECK(api.get("/v1/matches").status == 200);
  api.set_faults("404:path=/v1/matches/m-0000003/events");
  CHECK(api.get("/v1/matches/m-0000003/events").status == 404);
  CHECK(api.get("/v1/matches/m-0000004/events").status == 200);
}

TEST_CASE("reset: part of the body, then ECONNRESET") {
  Api api;
  const std::string whole = api.get("/v1/items").body;
  const RawReply reply = raw_get(api.process.port(), "/v1/items?fault=reset:part=0.25");
  CHECK(reply.ended_with == ECONNRESET);
  CHECK(reply.bytes.find("Content-Length: " + std::to_string(whole.size())) != std::string::npos);
  CHECK(reply.body() == whole.substr(0, whole.size() / 4));
  CHECK(api.get("/v1/items?fault=reset").status == 0);
  CHECK(api.get("/v1/items").body == whole);
}

TEST_CASE("cut: part of the body, then an orderly end") {
  Api api;
  const std::string whole = api.get("/v1/items").body;
  const RawReply reply = raw_get(api.process.port(), "/v1/items?fault=cut");
  CHECK(reply.ended_with == 0);
  CHECK(reply.bytes.find("Content-Length: " + std::to_string(whole.size())) != std::string::npos);
  CHECK(reply.body() == whole.substr(0, whole.size() / 2));
  CHECK(api.get("/v1/items?fault=cut").status == 0);
  // Even when all of it is wanted, a byte is missing; and there may be nothing at all.
  CHECK(raw_get(api.process.port(), "/v1/items?fault=cut:part=1").body() == whole.substr(0, whole.size() - 1));
  CHECK(raw_get(api.process.port(), "/v1/items?fault=reset:part=0").body().empty());
}

TEST_CASE("truncated: a whole reply as far as HTTP can tell, but not JSON") {
  Api api;
  const Answer answer = api.get("/v1/items?fault=truncated");
  CHECK(answer.status == 200);
  CHECK(answer.header("Content-Length") == std::to_string(answer.body.size()));
  CHECK_FALSE(is_json(answer.body));
  CHECK(api.get("/v1/items").body.find(answer.body) == 0);
}

TEST_CASE("html, empty and 204 are successes without JSON") {
  Api api;
  const Answer html = api.get("/v1/items?fault=html");
  CHECK(html.status == 200);
  CHECK(html.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(html.body.find("<html>") != std::string::npos);
  CHECK(api.get("/v1/items?fault=html", {{"Accept-Encoding", "br, gzip"}}).header("Content-Encoding").empty());
  const Answer empty = api.get("/v1/items?fault=empty");
  CHECK(empty.status == 200);
  CHECK(empty.header("Content-Type") == "application/json; charset=utf-8");
  CHECK(empty.body.empty());
  const RawReply none = raw_get(api.process.port(), "/v1/items?fault=204");
  CHECK(none.bytes.find("HTTP/1.1 204 No Content\r\n") == 0);
  CHECK(none.bytes.find("Content-Length") == std::string::npos);
  CHECK(none.body().empty());
}

TEST_CASE("A reply of 304 has neither a body nor the length of one") {
  Api api;
  const RawReply none = raw_get(api.process.port(), "/v1/items", "If-None-Match: *");
  CHECK(none.bytes.find("HTTP/1.1 304 Not Modified\r\n") == 0);
  CHECK(none.bytes.find("Content-Length") == std::string::npos);
  CHECK(none.body().empty());
}

TEST_CASE("slow: the answer comes, not before its time") {
  Api api;
  const auto start = std::chrono::steady_clock::now();
  CHECK(api.get("/v1/items?fault=slow:ms=120").status == 200);
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(120));
  CHECK(api.stat("faults", "slow") == 1);
}

TEST_CASE("redirect: to the same resource, once, on the same host or another") {
  Api api({"--faults", "redirect"});
  const Answer answer = api.get("/v1/items?per_page=3", {{"Host", "one.example:81"}});
  CHECK(answer.status == 302);
  CHECK(answer.header("Location") == "http://one.example:81/v1/items?per_page=3&redirected=1");
  CHECK(api.get("/v1/items?per_page=3&redirected=1").json()["results"].get_array().size() == 3);
  const Answer other = api.get("/v1/items?fault=redirect:host=localhost,status=307");
  CHECK(other.status == 307);
  CHECK(other.header("Location") ==
        "http://localhost:" + std::to_string(api.process.port()) + "/v1/items?redirected=1");
  api.set_faults("redirect:loop=yes");
  CHECK(api.get("/v1/items").header("Location") == api.process.url("/v1/items"));
  CHECK(api.get("/v1/items?redirected=1").status == 302);
}

TEST_CASE("gzip: compressed for those who take it, whole for the others") {
  Api api({"--faults", "gzip"});
  const Answer plain = api.get("/v1/items");
  CHECK(plain.header("Content-Encoding").empty());
  const Answer packed = api.get("/v1/items", {{"Accept-Encoding", "br, gzip"}});
  CHECK(packed.header("Content-Encoding") == "gzip");
  CHECK(std::stoul(packed.header("Content-Length")) < plain.body.size());
  CHECK(packed.body == plain.body);  // the client unpacks it
  CHECK(packed.header("ETag") == "W/" + plain.header("ETag"));
  api.set_faults("none");
  CHECK(api.get("/v1/items", {{"Accept-Encoding", "br, gzip"}}).header("Content-Encoding").empty());
}

TEST_CASE("Faults that go together: slow, packed and cut off") {
  Api api;
  api.set_faults("slow:ms=1;gzip;cut");
  CHECK(api.get("/v1/items", {{"Accept-Encoding", "gzip"}}).status == 0);
  for (const char* name : {"slow", "gzip", "cut"}) CHECK(api.stat("faults", name) == 1);
}

TEST_CASE("A fault in the query is for that request and stands in the place of the others") {
  Api api({"--faults", "500"});
  CHECK(api.get("/v1/items?fault=418").status == 418);
  CHECK(api.get("/v1/items?fault=none").status == 200);
  CHECK(api.get("/v1/items").status == 500);
  // Its counts are its own, so that a client that tries again gets through.
  CHECK(statuses(api, "/v1/items?fault=503%3Atimes%3D2", 3) == std::vector<int>{503, 503, 200});
  CHECK(api.get("/v1/players?per_page=5&fault=none").header("Link").find("fault") == std::string::npos);
}

TEST_CASE("Setting faults starts the counts anew, and none ends them") {
  Api api({"--faults", "503:times=1"});
  CHECK(statuses(api, "/v1/items", 2) == std::vector<int>{503, 200});
  api.set_faults("503:times=1");
  CHECK(statuses(api, "/v1/items", 2) == std::vector<int>{503, 200});
  CHECK(api.get("/admin/faults").json()["faults"].get_string().value() == "503:times=1");
  CHECK(api.post("/admin/faults?spec=404", "").status == 200);
  CHECK(api.get("/v1/items").status == 404);
  api.set_faults("");
  CHECK(api.get("/v1/items").status == 200);
}

TEST_CASE("A spec that makes no sense is refused with the reason") {
  Api api;
  const auto problem = [&](const char* spec) {
    const Answer answer = api.post("/admin/faults", spec);
    CHECK(answer.status == 400);
    return std::string(answer.json()["error"]["message"].get_string().value());
  };
  CHECK(problem("explode").find("no fault is called 'explode'") == 0);
  CHECK(problem("200").find("no fault is called '200'") == 0);
  CHECK(problem("slow:times=0").find("'0' is no value for the option 'times'") == 0);
  CHECK(problem("slow:seconds=3").find("the fault 'slow' has no option 'seconds'") == 0);
  CHECK(problem("duplicate:times=3").find("the fault 'duplicate' has no option 'times'") == 0);
  CHECK(problem("reset:part=2").find("'2' is no value for the option 'part'") == 0);
  CHECK(problem("429:retry_after=soon").find("'soon' is no value") == 0);
  CHECK(problem("503:").find("has no option ''") != std::string::npos);
  CHECK(api.get("/v1/items?fault=explode").status == 400);
  CHECK(api.get("/v1/items").status == 200);  // and nothing has come into force
}

TEST_CASE("A refused request meets no fault") {
  Api api({"--faults", "503:times=1"});
  CHECK(api.get_without_token("/v1/items").status == 401);
  CHECK(statuses(api, "/v1/items", 2) == std::vector<int>{503, 200});
}

TEST_CASE("POST meets faults like GET") {
  Api api({"--faults", "503:times=1;cut:after=1,times=1"});
  CHECK(api.post("/v1/search", "{}").status == 503);
  CHECK(api.post("/v1/search", "{}").status == 200);
  CHECK(api.post("/v1/search", "{}").status == 0);
  CHECK(api.post("/v1/search", "{}").status == 200);
}

}  // namespace lode::test
