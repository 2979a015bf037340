// RowBinder: puts the rows of a row file into a prepared INSERT. The inner loop of every load.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "destinations/sqlite/database.h"
#include "json/document.h"

namespace lode::sqlite {

/// Writes "YYYY-MM-DD HH:MM:SS.ffffff" to `out`, 26 characters: the form in which SQLAlchemy keeps timestamps.
void write_timestamp(std::int64_t micros, char* out);

/// Binds rows of one width to one statement. Texts are not copied: a row's cells must live until the next insert().
class RowBinder {
 public:
  RowBinder(Database& database, Statement statement, std::size_t width);
  /// REQUIRES: cells.size() <= width.
  Status insert(std::span<const json::Cell> cells);

 private:
  int bind(int index, const json::Cell& cell);

  static constexpr std::size_t kTimeBytes = 32;
  Database& database_;
  Statement statement_;
  std::vector<char> bound_;                         // by column: whether something but null is bound
  std::vector<char> times_;                         // texts of timestamps, dates and times, kTimeBytes a column
};

}  // namespace lode::sqlite
