// Row files: typed rows of one table in binary, written by the normalizer and read by destinations that bind values.
// FORMAT.md beside this file specifies the bytes.
#pragma once

#include <cstdint>
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

/// The end of a row file: what must hold of the rest.
struct RowFileFooter {
  std::uint64_t row_count = 0;
  std::uint64_t checksum = 0;  ///< over the checksums of all blocks, in order
};

/// Whether a row file can tell that its bytes are damaged. Files that are read by the process that wrote them, and
/// never after a crash, need not.
enum class RowFileSums { kYes, kNo };

/// Appends rows to one file. Columns may be added between rows; rows written before have null there. One thread at a
/// time. A cell holds what its column's type says: text, json -> kText; bigint -> kInt (or kBigInt); bool -> kBool;
/// double -> kDouble; decimal, wei -> kDecimal; timestamp, date, time -> the tagged numbers; binary -> kBinary; any ->
/// kNull. Memory: one block (64 KiB, more only when one row is larger). The rows of the last block are in the file
/// after finish().
class RowFileWriter {
 public:
  static Result<std::unique_ptr<RowFileWriter>> create(Env& env, const Path& path,
                                                       RowFileSums sums = RowFileSums::kYes);
  Status add_column(const RowColumn& column);
  /// `cells` in the order of the columns; trailing ones may be left out (null).
  Status write(std::span<const json::Cell> cells);
  std::uint64_t row_count() const { return footer_.row_count; }
  std::uint64_t bytes() const { return bytes_written_ + size_; }  ///< so far, those of the block being built included
  /// Writes the footer (row count, checksum) and closes; `sync` also makes it durable.
  Status finish(bool sync);
  /// finish() in two steps, for who makes many files durable at once: writes the footer and hands over the file, open,
  /// neither synced nor closed. The writer is done.
  Result<std::unique_ptr<AppendFile>> finish_open();
  /// After finish: as it stands in the file.
  const RowFileFooter& footer() const { return footer_; }

 private:
  explicit RowFileWriter(RowFileSums sums) : sums_(sums) {}
  void reserve(std::size_t bytes);
  void put_text(std::string_view text);
  void start_block();
  void close_block();
  Status write_out(std::size_t bytes);
  Status end_file();

  const RowFileSums sums_;
  std::unique_ptr<AppendFile> file_;
  std::unique_ptr<char[]> data_;  // what is not in file_ yet; ends with the block being built
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t block_ = 0;  // where the block being built begins
  std::uint64_t bytes_written_ = 0;
  std::uint32_t block_rows_ = 0;
  std::uint32_t block_columns_ = 0;
  std::size_t column_count_ = 0;
  RowFileFooter footer_;
};

/// Reads a row file front to end from a mapping. Cells point into the mapping. One thread at a time.
/// Errors: kPackageCorrupt when bytes are missing or do not match a checksum. Each block is checked before its first
/// row is given out, and the whole before kEnd: rows that were read before a damaged block are right, but not all. Of a
/// file without checksums only the structure is checked.
class RowFileReader {
 public:
  static Result<std::unique_ptr<RowFileReader>> open(Env& env, const Path& path);
  /// The end of a file alone: a few bytes are read. Errors as open().
  static Result<RowFileFooter> read_footer(Env& env, const Path& path);
  /// What comes next.
  enum class Event { kColumn, kRow, kEnd };
  Result<Event> next();
  /// After kColumn: all columns so far; the last one is new.
  const std::vector<RowColumn>& columns() const { return columns_; }
  /// After kRow: one cell a column of columns(), nulls filled in. Valid until the next call.
  std::span<const json::Cell> cells() const { return cells_; }
  std::uint64_t row_count() const { return footer_.row_count; }  ///< of the whole file, from the footer

 private:
  RowFileReader() = default;
  Status enter_block();
  Status read_column();
  Status read_row();
  Status corrupt(std::string_view what) const;

  Path path_;
  std::shared_ptr<const MappedFile> file_;
  const char* at_ = nullptr;  // next byte
  const char* block_end_ = nullptr;
  const char* blocks_end_ = nullptr;  // where the footer begins
  std::uint32_t block_rows_ = 0;      // left in this block
  std::uint32_t block_columns_ = 0;
  std::uint64_t rows_read_ = 0;
  std::uint64_t checksum_ = 0;
  std::vector<RowColumn> columns_;
  std::vector<json::Cell> cells_;
  RowFileSums sums_ = RowFileSums::kYes;
  RowFileFooter footer_;
};

}  // namespace lode
