// QueryRows: what a query of a destination finds, row by row.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace lode {

/// One pass over the rows of a query, which the database may still be working on. Must go before the connection, and
/// before the connection is asked anything else. One thread.
class QueryRows {
 public:
  virtual ~QueryRows() = default;
  /// Names, in order; two may be the same. Empty for a statement that gives no rows.
  virtual const std::vector<std::string>& columns() const = 0;
  /// True: a row is there; false: there are no more.
  virtual Result<bool> next() = 0;
  /// Of the row at hand. REQUIRES: the last next() was true; `column` < columns().size()
  virtual json::Value value(std::size_t column) const = 0;
};

}  // namespace lode
