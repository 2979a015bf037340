// VaultHttp and VaultCache: busy and absent services, stops, and what must not be shown.
#include "config/vaults/vault_http.h"

#include <condition_variable>
#include <thread>

#include "config/vaults/vault_store.h"
#include "support/catch.h"
#include "support/fake_cloud.h"
#include "support/test_env.h"

namespace lode {
namespace {

const std::string kCanary = "cAnArY7Xq-9z";

struct Fixture {
  explicit Fixture(VaultPatience patience = {.timeout_s = 5, .attempts = 3})
      : client(env), http(env, client, "Test Vault", patience) {}
  Result<VaultAnswer> ask(const std::stop_token& stop = {}) {
    VaultQuestion question;
    question.what = "'a/b'";
    question.make = [this]() -> Result<HttpRequest> {
      HttpRequest request;
      request.url = cloud.url("/secret");
      request.headers = {{"X-Vault-Token", kCanary}};
      return request;
    };
    question.secrets = {kCanary};
    return http.ask(question, stop);
  }
  std::string error() {
    Result<VaultAnswer> answer = ask();
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.status().code() == Code::kConfigUnreadable);
    return answer.status().render();
  }
  TestEnv env;
  FakeCloud cloud;
  HttpClient client;
  VaultHttp http;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("a vault that is busy is asked again, and its word for when is heeded") {
  Fixture vault;
  int asked = 0;
  vault.cloud.on("GET /secret", [&](const FakeCloud::Question&) {
    return ++asked < 3 ? FakeCloud::Answer{asked == 1 ? 429 : 503, "busy", {{"Retry-After", "0"}}}
                       : FakeCloud::Answer{200, R"({"a": 1})"};
  });
  Result<VaultAnswer> answer = vault.ask();
  REQUIRE(answer.ok());
  CHECK(asked == 3);
  CHECK(answer->status == 200);
  CHECK(answer->body.find("a")->as_int() == 1);
}

TEST_CASE("a vault that stays busy is an error with what it said, but for secrets") {
  Fixture vault({.timeout_s = 5, .attempts = 2});
  vault.cloud.on("GET /secret", "sealed; you sent " + kCanary, 503, {{"Retry-After", "1"}});
  const std::string text = vault.error();
  CHECK(has(text, "Test Vault cannot be asked for 'a/b'"));
  CHECK(has(text, "answered 503"));
  CHECK(has(text, "tried 2 times"));
  CHECK(has(text, "asked to wait 1 s"));
  CHECK(has(text, "sealed; you sent ***"));
  CHECK_FALSE(has(text, kCanary));
  CHECK(vault.cloud.asked().size() == 2);
}

TEST_CASE("other answers are the caller's to judge, and shown without secrets") {
  Fixture vault;
  vault.cloud.on("GET /secret", "no: " + kCanary, 403);
  Result<VaultAnswer> answer = vault.ask();
  REQUIRE(answer.ok());
  CHECK(answer->status == 403);
  CHECK(answer->body.is_null());
  CHECK(answer->show(answer->text) == "no: ***");
  CHECK(vault.cloud.asked().size() == 1);
}

TEST_CASE("redirects are not followed: the token is for this server alone") {
  Fixture vault;
  vault.cloud.on("GET /secret", "", 307, {{"Location", "/elsewhere"}});
  Result<VaultAnswer> answer = vault.ask();
  REQUIRE(answer.ok());
  CHECK(answer->status == 307);
  CHECK(vault.cloud.asked().size() == 1);
}

TEST_CASE("nobody there, and a server that is too slow") {
  Fixture vault({.timeout_s = 0.2, .attempts = 2});
  std::mutex held;
  vault.cloud.on("GET /secret", [&](const FakeCloud::Question&) {
    const std::lock_guard wait(held);
    return FakeCloud::Answer{200, "{}"};
  });
  std::unique_lock hold(held);
  const std::string text = vault.error();
  CHECK(has(text, "Test Vault cannot be asked for 'a/b'"));
  CHECK(has(text, "tried 2 times"));
  hold.unlock();
}

TEST_CASE("a stop ends the waiting between attempts") {
  Fixture vault({.timeout_s = 5, .attempts = 100});
  vault.cloud.on("GET /secret", "", 503, {{"Retry-After", "3600"}});
  std::stop_source stop;
  std::jthread stopper([&] {
    while (vault.cloud.asked().empty()) std::this_thread::yield();
    stop.request_stop();
  });
  const Result<VaultAnswer> answer = vault.ask(stop.get_token());
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.status().code() == Code::kCancelled);
  CHECK(vault.cloud.asked().size() < 3);
}

// A store that answers when it is told to.
class SlowStore final : public VaultStore {
 public:
  std::string_view title() const override { return "slow"; }
  std::string name_of(const KeyPath& key) const override { return key.dotted(); }
  std::string address_of(const std::string& name) const override { return name; }
  Status fetch(const std::string&, VaultEntry&, const std::stop_token& stop) override {
    std::unique_lock lock(mutex_);
    is_asked_ = true;
    changed_.notify_all();
    changed_.wait(lock, stop, [this] { return may_answer_; });
    return stop.stop_requested() ? Status::error(Code::kCancelled, "cancelled") : Status();
  }
  Result<std::vector<std::string>> list(const std::stop_token&) override { return std::vector<std::string>(); }
  void wait_for_question() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_asked_; });
  }
  void answer() {
    const std::lock_guard lock(mutex_);
    may_answer_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool is_asked_ = false;
  bool may_answer_ = false;
};

TEST_CASE("one who waits for another's question can be stopped; the question goes on") {
  TestEnv env;
  auto owned = std::make_unique<SlowStore>();
  SlowStore& store = *owned;
  VaultCache cache(env, std::move(owned), 0, false);
  Code first = Code::kBug;
  std::jthread asker([&] {
    const auto entry = cache.fetch("a");
    first = entry.ok() ? Code::kOk : entry.status().code();
  });
  store.wait_for_question();
  std::stop_source stop;
  stop.request_stop();
  const auto second = cache.fetch("b", stop.get_token());
  REQUIRE_FALSE(second.ok());
  CHECK(second.status().code() == Code::kCancelled);
  store.answer();
  asker.join();
  CHECK(first == Code::kOk);
  CHECK(cache.fetch("b").ok());  // a stop says nothing about the vault
}

TEST_CASE("a cache that is closed ends its question and asks no more") {
  TestEnv env;
  auto owned = std::make_unique<SlowStore>();
  SlowStore& store = *owned;
  VaultCache cache(env, std::move(owned), 0, false);
  Code code = Code::kOk;
  std::jthread asker([&] { code = cache.fetch("a").status().code(); });
  store.wait_for_question();
  cache.close();
  asker.join();
  CHECK(code == Code::kCancelled);
  CHECK(cache.fetch("b").status().code() == Code::kCancelled);
}

}  // namespace
}  // namespace lode
