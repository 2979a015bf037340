// Transformers: resources that are called with the rows of another one; and the fork that feeds several of them.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "extract/pipe.h"

namespace lode {

/// How a transformer runs its calls.
struct TransformOptions {
  bool call_takes_page = false;  ///< one call a page; else one a row
  std::uint32_t calls_in_flight_max = 20;
  std::uint64_t ahead_bytes_max = 4u << 20;  ///< pages of later calls that may wait for an earlier one
};

/// Calls `call` for each row (or page) of `upstream`, several at once, and passes their pages on in the order of the
/// rows.
std::unique_ptr<Pipe> transform_pipe(std::unique_ptr<Pipe> upstream,
                                     std::function<Result<std::unique_ptr<Pipe>>(Page)> call, TransformOptions options);

/// Gives every page of `upstream` to each of `count` pipes. A branch that is not read holds the others back once
/// `ahead_bytes_max` of pages wait for it; a branch that is destroyed no longer counts.
std::vector<std::unique_ptr<Pipe>> fork_pipe(std::unique_ptr<Pipe> upstream, std::size_t count,
                                             std::uint64_t ahead_bytes_max = 8u << 20);

}  // namespace lode
