// Row files: typed rows of one table in binary, written by the normalizer and read by destinations that bind values.
// FORMAT.md beside this file specifies the bytes.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "env/env.h"
#include "json/document.h"
#include "schema/types.h"

namespace lode {

/// Name and type of a column as it stands in a row file.
struct RowColumn {
  std::string name;
  DataType type = DataType::kText;
};

/// Appends rows to one file. Columns may be added between rows; rows written before have null there. One thread at a time.
/// A cell holds what its column's type says: text, json -> kText; bigint -> kInt (or kBigInt); bool -> kBool; double -> kDouble;
/// decimal, wei -> kDecimal; timestamp, date, time -> the tagged numbers; binary -> kBinary; any -> kNull.
class RowFileWriter {
 public:
  static Result<std::unique_ptr<RowFileWriter>> create(Env& env, const Path& path);
  Status add_column(const RowColumn& column);
  /// `cells` in the order of the columns; trailing ones may be left out (null).
  Status write(std::span<const json::Cell> cells);
  std::uint64_t row_count() const { return row_count_; }
  std::uint64_t bytes() const;                                    ///< so far, buffered ones included
  /// Writes the footer (row count, checksum) and closes; `sync` also makes it durable.
  Status finish(bool sync);

 private:
  RowFileWriter() = default;
  std::unique_ptr<AppendFile> file_;
  std::string buffer_;
  std::uint64_t row_count_ = 0;
  std::uint64_t bytes_written_ = 0;
  std::uint64_t checksum_ = 0;
  std::size_t column_count_ = 0;
  Status flush();
};

/// Reads a row file front to end from a mapping. Cells point into the mapping. One thread at a time.
/// Errors: kPackageCorrupt when bytes are missing or do not match the checksum.
class RowFileReader {
 public:
  static Result<std::unique_ptr<RowFileReader>> open(Env& env, const Path& path);
  /// What comes next.
  enum class Event { kColumn, kRow, kEnd };
  Result<Event> next();
  /// After kColumn: all columns so far; the last one is new.
  const std::vector<RowColumn>& columns() const { return columns_; }
  /// After kRow: one cell a column of columns(), nulls filled in. Valid until the next call.
  std::span<const json::Cell> cells() const { return cells_; }
  std::uint64_t row_count() const { return row_count_; }          ///< of the whole file, from the footer

 private:
  RowFileReader() = default;
  std::shared_ptr<const MappedFile> file_;
  std::string_view rest_;
  std::vector<RowColumn> columns_;
  std::vector<json::Cell> cells_;
  std::uint64_t row_count_ = 0;
};

}  // namespace lode
