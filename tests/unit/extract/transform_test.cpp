// Transformers and forks.
#include "extract/transform.h"

#include "pages.h"

namespace lode::testing {
namespace {

using Shared = ScriptedPipe::Shared;

std::unique_ptr<Pipe> pages(std::initializer_list<const char*> lists) {
  std::vector<Page> out;
  for (const char* list : lists) out.push_back(page_of(list));
  return pages_pipe(std::move(out));
}

TEST_CASE("a transformer is called once a row, and its pages come in the order of the rows") {
  // The first call waits; the later ones are ready. Nothing may overtake it.
  std::vector<std::shared_ptr<Shared>> calls;
  const auto call = [&](Page input) -> Result<std::unique_ptr<Pipe>> {
    auto shared = std::make_shared<Shared>();
    shared->pages.push_back(page_of("[" + texts(input)[0] + "0]"));
    shared->allowed = calls.empty() ? 0 : 1;
    calls.push_back(shared);
    return std::unique_ptr<Pipe>(std::make_unique<ScriptedPipe>(shared));
  };
  const auto pipe = transform_pipe(pages({"[1,2]", "[3]"}), call, {});
  CHECK(pipe->poll(endless_turn())->kind == Polled::Kind::kPending);
  CHECK(calls.size() == 3);
  CHECK(calls[2]->given == 1);  // ran ahead
  calls[0]->allowed = 1;
  CHECK(drain(*pipe) == std::vector<std::vector<std::string>>{{"10"}, {"20"}, {"30"}});
}

TEST_CASE("no more calls are in flight than allowed") {
  int open = 0;
  const auto call = [&](Page) -> Result<std::unique_ptr<Pipe>> {
    ++open;
    auto shared = std::make_shared<Shared>();
    shared->pages.push_back(page_of("[1]"));
    return std::unique_ptr<Pipe>(std::make_unique<ScriptedPipe>(shared));
  };
  const auto pipe = transform_pipe(pages({"[1,2,3,4,5]"}), call, {.calls_in_flight_max = 2});
  CHECK(pipe->poll(endless_turn())->kind == Polled::Kind::kPending);
  CHECK(open == 2);
}

TEST_CASE("pages that run ahead are bounded by bytes") {
  std::vector<std::shared_ptr<Shared>> calls;
  const auto call = [&](Page) -> Result<std::unique_ptr<Pipe>> {
    auto shared = std::make_shared<Shared>();
    for (int i = 0; i < 10; ++i) {
      shared->pages.push_back(page_of("[1]"));
      shared->pages.back().bytes = 100;
    }
    shared->allowed = calls.empty() ? 0 : 10;
    calls.push_back(shared);
    return std::unique_ptr<Pipe>(std::make_unique<ScriptedPipe>(shared));
  };
  const auto pipe = transform_pipe(pages({"[1,2]"}), call, {.ahead_bytes_max = 300});
  CHECK(pipe->poll(endless_turn())->kind == Polled::Kind::kPending);
  CHECK(calls[1]->given == 3);
}

TEST_CASE("a transformer can take whole pages") {
  std::vector<std::size_t> sizes;
  const auto call = [&](Page input) -> Result<std::unique_ptr<Pipe>> {
    sizes.push_back(input.rows.rows.size());
    return pages_pipe({});
  };
  const auto pipe = transform_pipe(pages({"[1,2]", "[]", "[3]"}), call, {.call_takes_page = true});
  CHECK(drain(*pipe).empty());
  CHECK(sizes == std::vector<std::size_t>{2, 1});
}

TEST_CASE("an error of a call ends the transformer") {
  const auto call = [&](Page) -> Result<std::unique_ptr<Pipe>> { return Status::error(Code::kHttpStatus, "no"); };
  CHECK(transform_pipe(pages({"[1]"}), call, {})->poll(endless_turn()).status().code() == Code::kHttpStatus);
}

TEST_CASE("every branch of a fork gets every page") {
  auto branches = fork_pipe(pages({"[1]", "[2]"}), 2);
  CHECK(drain(*branches[0]) == std::vector<std::vector<std::string>>{{"1"}, {"2"}});
  CHECK(drain(*branches[1]) == std::vector<std::vector<std::string>>{{"1"}, {"2"}});
}

TEST_CASE("a branch that is not read holds the others back, until it is dropped") {
  auto branches = fork_pipe(pages({"[1,1,1]", "[2,2,2]", "[3,3,3]"}), 2, 10);
  int woken = 0;
  Turn turn = endless_turn();
  turn.waker = [&] { ++woken; };
  CHECK(branches[0]->poll(turn)->kind == Polled::Kind::kPage);
  CHECK(branches[0]->poll(turn)->kind == Polled::Kind::kPage);
  CHECK(branches[0]->poll(turn)->kind == Polled::Kind::kPending);
  woken = 0;
  branches[1].reset();
  CHECK(woken == 1);
  CHECK(branches[0]->poll(turn)->kind == Polled::Kind::kPage);
  CHECK(branches[0]->poll(turn)->kind == Polled::Kind::kEnd);
}

TEST_CASE("all waiting branches wake when the upstream does") {
  auto shared = std::make_shared<Shared>();
  shared->pages.push_back(page_of("[1]"));
  auto branches = fork_pipe(std::make_unique<ScriptedPipe>(shared), 2);
  std::vector<int> woken(2);
  for (std::size_t i = 0; i < 2; ++i) {
    Turn turn = endless_turn();
    turn.waker = [&woken, i] { ++woken[i]; };
    CHECK(branches[i]->poll(turn)->kind == Polled::Kind::kPending);
  }
  shared->waker();
  CHECK(woken[0] >= 1);
  CHECK(woken[1] >= 1);
}

}  // namespace
}  // namespace lode::testing
