// Limits: items, rows and time.
#include "extract/limit.h"

#include "pages.h"

namespace lode::testing {
namespace {

std::unique_ptr<Pipe> three_pages(bool is_batch = false) {
  std::vector<Page> pages;
  for (const char* rows : {"[1,2]", "[3,4]", "[5,6]"}) pages.push_back(page_of(rows, is_batch));
  return pages_pipe(std::move(pages));
}

TEST_CASE("a limit of items counts pages and never splits one") {
  const auto pipe = limit_pipe(three_pages(), {.items = 2, .rows = {}, .time_s = {}});
  CHECK(drain(*pipe) == std::vector<std::vector<std::string>>{{"1", "2"}, {"3", "4"}});
}

TEST_CASE("rows that were yielded one by one count one by one") {
  const auto pipe = limit_pipe(three_pages(true), {.items = 3, .rows = {}, .time_s = {}});
  CHECK(drain(*pipe) == std::vector<std::vector<std::string>>{{"1", "2"}, {"3"}});
}

TEST_CASE("a limit of rows keeps the page that reaches it whole") {
  const auto pipe = limit_pipe(three_pages(), {.items = {}, .rows = 3, .time_s = {}});
  CHECK(drain(*pipe) == std::vector<std::vector<std::string>>{{"1", "2"}, {"3", "4"}});
}

TEST_CASE("a limit of rows can be exact") {
  const auto pipe = limit_pipe(three_pages(), {.rows = 3, .cuts_pages = true});
  CHECK(drain(*pipe) == std::vector<std::vector<std::string>>{{"1", "2"}, {"3"}});
}

TEST_CASE("a limit of pages does not count rows that were yielded one by one") {
  CHECK(drain(*limit_pipe(three_pages(), {.pages = 2})).size() == 2);
  CHECK(drain(*limit_pipe(three_pages(true), {.pages = 2})).size() == 3);
}

TEST_CASE("a limit that was reached is told, one that was not is not") {
  const auto progress = std::make_shared<ResourceProgress>();
  drain(*limit_pipe(three_pages(), {.rows = 7}, progress));
  CHECK_FALSE(progress->limited);
  drain(*limit_pipe(three_pages(), {.rows = 5}, progress));
  CHECK(progress->limited);
}

TEST_CASE("a limit of nothing gives nothing") {
  const auto pipe = limit_pipe(three_pages(), {.items = 0, .rows = {}, .time_s = {}});
  CHECK(drain(*pipe).empty());
}

TEST_CASE("a limit of time ends the pipe at the first poll beyond it") {
  const auto pipe = limit_pipe(three_pages(), {.items = {}, .rows = {}, .time_s = 1.5});
  std::int64_t now_us = 10;
  Turn turn = endless_turn();
  turn.steady_us = [&] { return now_us; };
  CHECK(pipe->poll(turn)->kind == Polled::Kind::kPage);
  now_us += 1'400'000;
  CHECK(pipe->poll(turn)->kind == Polled::Kind::kPage);
  now_us += 200'000;
  CHECK(pipe->poll(turn)->kind == Polled::Kind::kEnd);
}

}  // namespace
}  // namespace lode::testing
