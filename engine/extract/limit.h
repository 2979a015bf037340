// Limits: how much of a resource a run takes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "extract/pipe.h"

namespace lode {

/// What is reached first ends the resource. Pages are never split by `items`; a page counts as one item.
struct LimitOptions {
  std::optional<std::uint64_t> items;  ///< yields: a page, or a row yielded alone
  std::optional<std::uint64_t> rows;   ///< the page that reaches it is kept whole
  std::optional<double> time_s;        ///< since the first poll
  bool any() const { return items || rows || time_s; }
};

/// Passes pages on until the limit is reached, then drops the upstream and ends.
std::unique_ptr<Pipe> limit_pipe(std::unique_ptr<Pipe> upstream, const LimitOptions& limit);

}  // namespace lode
