// Pages and turns for the tests of extract.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "extract/pipe.h"
#include "json/parse.h"
#include "json/write.h"
#include "support/catch.h"

namespace lode::testing {

/// A page of the rows of a JSON list.
inline Page page_of(const std::string& json_list, bool is_batch = false) {
  Page page;
  page.rows.document = std::move(*json::Parser().parse(json_list));
  const json::Ref list = page.rows.document->root(0);
  json::Ref item = list.size() > 0 ? list.first_child() : list;
  for (std::size_t i = 0; i < list.size(); ++i, item = item.next()) page.rows.rows.push_back(item);
  page.bytes = json_list.size();
  page.is_batch = is_batch;
  return page;
}

inline Turn endless_turn() {
  Turn turn;
  turn.waker = [] {};
  turn.steady_us = [] { return std::int64_t{0}; };
  return turn;
}

/// The rows of a page as JSON texts.
inline std::vector<std::string> texts(const Page& page) {
  std::vector<std::string> out;
  for (const json::Ref row : page.rows.rows) out.push_back(json::write(row));
  return out;
}

/// Polls a pipe that never waits until it ends: the pages, each as its rows' texts.
inline std::vector<std::vector<std::string>> drain(Pipe& pipe) {
  std::vector<std::vector<std::string>> pages;
  for (;;) {
    Result<Polled> polled = pipe.poll(endless_turn());
    REQUIRE(polled.ok());
    REQUIRE(polled->kind != Polled::Kind::kPending);
    if (polled->kind == Polled::Kind::kEnd) return pages;
    pages.push_back(texts(polled->page));
  }
}

/// Gives what it was told, one poll after the other; waits where a page is missing until release() is called.
class ScriptedPipe : public Pipe {
 public:
  struct Shared {
    std::vector<Page> pages;
    std::size_t allowed = 0;
    std::size_t given = 0;
    Waker waker;
  };
  explicit ScriptedPipe(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  Result<Polled> poll(const Turn& turn) override {
    if (shared_->given == shared_->pages.size()) return Polled::end();
    if (shared_->given < shared_->allowed) return Polled::of(shared_->pages[shared_->given++]);
    shared_->waker = turn.waker;
    return Polled::pending();
  }

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace lode::testing
