// RowSink: where normalized rows go. Package files in production, memory in tests.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/status.h"
#include "format/row_file.h"
#include "json/document.h"

namespace lode {

/// Takes the rows of all tables of one normalizer. Used by one thread.
class RowSink {
 public:
  virtual ~RowSink() = default;
  /// Tables are numbered from 0 in the order of these calls.
  virtual void add_table(std::string_view name) = 0;
  /// A column behind those that the table has; rows written before have null there.
  virtual Status add_column(std::size_t table, const RowColumn& column) = 0;
  /// One row: cells in the order of the columns, trailing nulls left out. What the cells point to is copied.
  virtual Status write(std::size_t table, std::span<const json::Cell> cells) = 0;
  /// A page of input is through: the time to begin new files.
  virtual Status end_page() = 0;
};

}  // namespace lode
