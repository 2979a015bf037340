// Recordings: what is kept of exchanges, what is not, and answers from them.
#include "http/recording.h"

#include "base/text.h"
#include "support/scratch.h"
#include "support/test_env.h"

using namespace lode;
using namespace lode::test;
using Catch::Matchers::Contains;

namespace {

// Answers what it is told to, one after the other.
class Script : public HttpTransport {
 public:
  explicit Script(std::vector<HttpResponse> answers) : answers_(std::move(answers)) {}
  Result<HttpResponse> send(const HttpRequest&, const std::stop_token&) override {
    if (next_ == answers_.size()) return Status::error(Code::kHttpConnect, "connection refused");
    return answers_[next_++];
  }

 private:
  std::vector<HttpResponse> answers_;
  std::size_t next_ = 0;
};

HttpResponse answer(int status, std::string body, std::string type = "application/json") {
  HttpResponse response;
  response.status = status;
  response.headers = {{"Content-Type", std::move(type)}};
  response.body = std::move(body);
  return response;
}

HttpRequest get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

std::string plain(std::string text) { return text; }

// Records `requests` as answered by `answers`; returns all that was written.
std::string record(const Path& folder, const std::vector<HttpRequest>& requests, std::vector<HttpResponse> answers,
                   HideSecrets hide = plain) {
  Script script(std::move(answers));
  auto recorder = Recorder::open(script, Env::real(), folder, std::move(hide));
  REQUIRE(recorder.ok());
  for (const HttpRequest& request : requests) REQUIRE((*recorder)->send(request, {}).ok());
  std::string all;
  const std::vector<FolderEntry> entries = Env::real().list_folder(folder).value();
  for (const FolderEntry& entry : entries) {
    all += entry.name + "\n" + Env::real().read_file(folder / entry.name).value();
  }
  return all;
}

std::unique_ptr<Replayer> replay(const Path& folder) {
  auto replayer = Replayer::open(Env::real(), folder, plain);
  INFO(replayer.status().render());
  REQUIRE(replayer.ok());
  return std::move(*replayer);
}

}  // namespace

TEST_CASE("A recording gives the answers that were recorded, in their order") {
  ScratchFolder scratch;
  const Path folder = scratch.path() / "shop";
  const HttpRequest orders = get("https://api.test/v1/orders?page=1");
  HttpResponse busy = answer(503, "<h1>later</h1>", "text/html");
  busy.headers.emplace_back("Retry-After", "7");
  HttpResponse image = answer(200, std::string("\x89PNG\0\xFF", 6), "image/png");
  const std::string kept = record(folder, {orders, orders, get("https://api.test/logo")},
                                  {busy, answer(200, R"([{"id":1,"price":1.50,"big":12345678901234567890}])"), image});
  CHECK_THAT(kept, Contains("0001-get-api.test-v1-orders.json") && Contains("0003-get-api.test-logo.json"));

  const auto replayer = replay(folder);
  CHECK_FALSE(replayer->is_network());
  const HttpResponse first = replayer->send(orders, {}).value();
  CHECK(first.status == 503);
  CHECK(first.body == "<h1>later</h1>");
  CHECK(*first.header("retry-after") == "7");
  CHECK(replayer->send(orders, {}).value().body == R"([{"id":1,"price":1.5,"big":12345678901234567890}])");
  CHECK(replayer->send(get("https://api.test/logo"), {}).value().body == image.body);

  const Status no_more = replayer->send(orders, {}).status();
  CHECK(no_more.code() == Code::kHttpReplay);
  CHECK_THAT(no_more.message(), Contains("orders?page=1: the recording has no more answers to it"));
  CHECK_THAT(replayer->send(get("https://api.test/v1/orders?page=2"), {}).status().message(),
             Contains("page=2: it is not in the recording"));
}

TEST_CASE("Requests with bodies are told apart by them, if they can be") {
  ScratchFolder scratch;
  const Path folder = scratch.path() / "shop";
  const auto search = [](const char* body) {
    HttpRequest request = get("https://api.test/search");
    request.method = "POST";
    request.body = body;
    return request;
  };
  record(folder, {search("a"), search("b")}, {answer(200, "\"A\""), answer(200, "\"B\"")});
  const auto replayer = replay(folder);
  CHECK(replayer->send(search("b"), {}).value().body == "\"B\"");
  CHECK(replayer->send(search("a"), {}).value().body == "\"A\"");
  CHECK(replay(folder)->send(search("at 12:34"), {}).value().body == "\"A\"");
}

TEST_CASE("No secret is written, wherever it stands, and none is needed to replay") {
  ScratchFolder scratch;
  const Path folder = scratch.path() / "shop";
  HttpRequest request = get("https://user:canary-password@api.test/v1/canary-path/rows?api_key=canary-param&page=1");
  request.method = "POST";
  request.headers = {{"Authorization", "Bearer canary-bearer"},
                     {"X-Api-Key", "canary-key"},
                     {"Content-Type", "application/x-www-form-urlencoded"},
                     {"X-Trace", "canary-path"}};
  request.body = "client_secret=canary-form&grant_type=client_credentials";
  HttpResponse response =
      answer(200, R"({"access_token":"canary-token","key":"shown","echo":"canary-bearer","path":"canary-path"})");
  response.headers.emplace_back("Set-Cookie", "session=canary-cookie; Path=/");
  const auto hide = [](std::string text) { return replace_all(std::move(text), "canary-path", "***"); };
  const std::string kept = record(folder, {request}, {response}, hide);
  CHECK_THAT(kept, !Contains("canary"));
  CHECK_THAT(kept, Contains("page=1") && Contains("grant_type=client_credentials") && Contains("session=***; Path=/"));

  // Other secrets, same recording.
  HttpRequest other = request;
  other.url = "https://user:other-password@api.test/v1/canary-path/rows?api_key=other-param&page=1";
  other.headers[0].second = "Bearer other";
  other.body = "client_secret=other-form&grant_type=client_credentials";
  auto replayer = Replayer::open(Env::real(), folder, hide);
  REQUIRE(replayer.ok());
  CHECK((*replayer)->send(other, {}).value().status == 200);
}

TEST_CASE("Rows that are no answer to a login keep their fields") {
  ScratchFolder scratch;
  const std::string kept =
      record(scratch.path() / "a", {get("https://api.test/licenses")}, {answer(200, R"([{"key":"mit"}])")});
  CHECK_THAT(kept, Contains("\"key\": \"mit\""));
}

TEST_CASE("A folder with a recording is not written over; one without is not replayed") {
  ScratchFolder scratch;
  record(scratch.path() / "a", {get("https://api.test/x")}, {answer(200, "1")});
  Script script({});
  CHECK_THAT(Recorder::open(script, Env::real(), scratch.path() / "a", plain).status().message(),
             Contains("holds a recording already"));
  CHECK(Replayer::open(Env::real(), scratch.path() / "none", plain).status().code() == Code::kNotFound);
  REQUIRE(Env::real().make_folders(scratch.path() / "empty").ok());
  CHECK_THAT(Replayer::open(Env::real(), scratch.path() / "empty", plain).status().message(),
             Contains("no recording in"));
}

TEST_CASE("A recorded file that somebody broke is named with what is wrong") {
  ScratchFolder scratch;
  const auto why = [&](const char* text) {
    REQUIRE(Env::real().write_file(scratch.path() / "0001-get-x.json", text).ok());
    return Replayer::open(Env::real(), scratch.path(), plain).status().render();
  };
  CHECK_THAT(why("{"), Contains("0001-get-x.json"));
  CHECK_THAT(why("{}"), Contains("needs a request and a response"));
  CHECK_THAT(why(R"({"request":{},"response":{"status":"ok"}})"), Contains("no status between 100 and 999"));
  CHECK_THAT(why(R"({"request":{},"response":{"status":200,"headers":[["a"]]}})"), Contains("list of two texts"));
}

TEST_CASE("An attempt without an answer is not recorded") {
  ScratchFolder scratch;
  Script script({});
  auto recorder = Recorder::open(script, Env::real(), scratch.path(), plain);
  REQUIRE(recorder.ok());
  CHECK((*recorder)->send(get("https://api.test/x"), {}).status().code() == Code::kHttpConnect);
  CHECK(Env::real().list_folder(scratch.path()).value().empty());
}

TEST_CASE("What the clouds give out for a while is not written, in no format") {
  const ScratchFolder folder;
  HttpRequest token = get("http://169.254.169.254/latest/api/token");
  token.method = "PUT";
  const std::string web_token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJjYW5hcnkifQ.c2lnbmF0dXJl";
  const std::string all = record(
      folder.path() / "clouds",
      {token, get("http://x/keys"), get("http://x/sts"), get("http://x/subject"), get("http://x/sso")},
      {answer(200, "canary-imds", "text/plain"),
       answer(200, R"({"AccessKeyId":"shown-1","SecretAccessKey":"canary-1","Token":"canary-2"})", "text/plain"),
       answer(200,
              "<C><AccessKeyId>shown-2</AccessKeyId><SecretAccessKey>canary-3</SecretAccessKey>"
              "<SessionToken>canary-4</SessionToken></C>",
              "text/xml"),
       answer(200, R"({"value":")" + web_token + R"(","x":"1.eyJ.2","y":"eyJ.not.a.token"})"),
       answer(
           200,
           R"({"roleCredentials":{"accessKeyId":"shown-3","secretAccessKey":"canary-5","sessionToken":"canary-6"}})")});
  CHECK_THAT(all, !Contains("canary") && !Contains("eyJhbGci") && !Contains("c2lnbmF0dXJl"));
  for (const char* shown :
       {"shown-1", "shown-2", "shown-3", "<SessionToken>***</SessionToken>", "1.eyJ.2", "eyJ.not.a.token"}) {
    CHECK_THAT(all, Contains(shown));
  }
}
