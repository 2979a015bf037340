// Limits: how much of a resource a run takes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "extract/pipe.h"
#include "extract/progress.h"

namespace lode {

/// What is reached first ends the resource. Pages are never split by `items`; a page counts as one item.
struct LimitOptions {
  std::optional<std::uint64_t> items;  ///< yields: a page, or a row yielded alone
  std::optional<std::uint64_t> rows;   ///< the page that reaches it is kept whole, unless `cuts_pages`
  std::optional<double> time_s;        ///< since the first poll
  std::optional<std::uint64_t> pages;  ///< pages yielded as such; rows yielded alone do not count
  bool cuts_pages = false;             ///< `rows` is exact: what goes beyond it is cut off its page
  bool any() const { return items || rows || time_s || pages; }
};

/// Passes pages on until the limit is reached, then drops the upstream and ends. `progress` may be null; else it is
/// told when the limit was reached.
std::unique_ptr<Pipe> limit_pipe(std::unique_ptr<Pipe> upstream, const LimitOptions& limit,
                                 std::shared_ptr<ResourceProgress> progress = nullptr);

}  // namespace lode
