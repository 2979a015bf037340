// Row files: the bytes of FORMAT.md, written and read.
#include "format/row_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "base/digest.h"

namespace lode {
namespace {

using json::Cell;
using json::Kind;

static_assert(std::endian::native == std::endian::little,
              "the format is little-endian; swap bytes here for other machines");

constexpr std::string_view kMagic = "loderow1";
constexpr std::string_view kMagicWithoutSums = "loderaw1";
static_assert(kMagic.size() == kMagicWithoutSums.size());
constexpr std::string_view kEndMagic = "lode.end";
constexpr std::size_t kBlockBytes = 64u << 10;
constexpr std::size_t kBlockFactsBytes = 12;  // bytes, rows, columns
constexpr std::size_t kBlockHeaderBytes = kBlockFactsBytes + 8;
constexpr std::size_t kFooterBytes = 32;
constexpr std::size_t kCellBytesMax = 9;  // of a cell without its text
constexpr std::size_t kShortTextBytesMax = 0x7F;
constexpr std::size_t kNullRunMax = 32;
constexpr std::size_t kColumnsMax = 1u << 20;  // a damaged count must not make us allocate without end

enum Tag : unsigned char {
  kNullRun = 0x80,  // 1; up to 0x9F: 32
  kLongText = 0xA0,
  kFalse = 0xA1,
  kTrue = 0xA2,
  kInt8 = 0xA3,
  kInt16 = 0xA4,
  kInt32 = 0xA5,
  kInt64 = 0xA6,
  kDouble = 0xA7,
  kBigInt = 0xA8,
  kDecimal = 0xA9,
  kBinary = 0xAA,
  kTimestamp = 0xAB,
  kDate = 0xAC,
  kTime = 0xAD,
  kSmallInt = 0xC0,  // 0; up to 0xFF: 63
};

template <class T>
char* put(char* at, T value) {
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}

template <class T>
T get(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

char* put_tag(char* at, unsigned tag) {
  *at = static_cast<char>(tag);
  return at + 1;
}

char* put_varint(char* at, std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) at = put_tag(at, (value & 0x7F) | 0x80);
  return put_tag(at, value);
}

// Null when there is no whole varint before `end`.
const char* get_varint(const char* at, const char* end, std::uint32_t& value) {
  std::uint64_t bits = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    if (at == end) return nullptr;
    const auto byte = static_cast<unsigned char>(*at++);
    bits |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) {
      value = static_cast<std::uint32_t>(bits);
      return bits <= std::numeric_limits<std::uint32_t>::max() ? at : nullptr;
    }
  }
  return nullptr;
}

char* put_int(char* at, std::int64_t value) {
  if (value >= 0 && value < 64) return put_tag(at, kSmallInt + static_cast<unsigned>(value));
  if (value == static_cast<std::int8_t>(value)) return put(put_tag(at, kInt8), static_cast<std::int8_t>(value));
  if (value == static_cast<std::int16_t>(value)) return put(put_tag(at, kInt16), static_cast<std::int16_t>(value));
  if (value == static_cast<std::int32_t>(value)) return put(put_tag(at, kInt32), static_cast<std::int32_t>(value));
  return put(put_tag(at, kInt64), value);
}

char* put_bytes(char* at, const Cell& cell) {
  std::memcpy(at, cell.text, cell.size);
  return at + cell.size;
}

char* put_long(char* at, Tag tag, const Cell& cell) { return put_bytes(put_varint(put_tag(at, tag), cell.size), cell); }

// REQUIRES: room for kCellBytesMax and the cell's text; the cell is not null.
char* put_cell(char* at, const Cell& cell) {
  switch (cell.kind) {
    case Kind::kText:
      if (cell.size <= kShortTextBytesMax) return put_bytes(put_tag(at, cell.size), cell);
      return put_long(at, kLongText, cell);
    case Kind::kInt:
      return put_int(at, cell.number);
    case Kind::kDouble:
      return put(put_tag(at, kDouble), cell.real);
    case Kind::kBool:
      return put_tag(at, cell.number != 0 ? kTrue : kFalse);
    case Kind::kTimestamp:
      return put(put_tag(at, kTimestamp), cell.number);
    case Kind::kDate:
      LODE_ASSERT(cell.number == static_cast<std::int32_t>(cell.number));
      return put(put_tag(at, kDate), static_cast<std::int32_t>(cell.number));
    case Kind::kTime:
      return put(put_tag(at, kTime), cell.number);
    case Kind::kBigInt:
      return put_long(at, kBigInt, cell);
    case Kind::kDecimal:
      return put_long(at, kDecimal, cell);
    case Kind::kBinary:
      return put_long(at, kBinary, cell);
    case Kind::kNull:
    case Kind::kList:
    case Kind::kObject:
      break;
  }
  LODE_ASSERT(!"a cell of a row is a scalar");
  return at;
}

bool has_text(const Cell& cell) {
  return cell.kind == Kind::kText || cell.kind == Kind::kBigInt || cell.kind == Kind::kDecimal ||
         cell.kind == Kind::kBinary;
}

std::string_view view(const char* at, std::size_t size) { return {at, size}; }

std::uint64_t check_of_block(RowFileSums sums, std::string_view facts, std::string_view payload) {
  return sums == RowFileSums::kYes ? checksum_64(payload, checksum_64(facts)) : 0;
}

}  // namespace

Result<std::unique_ptr<RowFileWriter>> RowFileWriter::create(Env& env, const Path& path, RowFileSums sums) {
  std::unique_ptr<RowFileWriter> writer(new RowFileWriter(sums));
  LODE_ASSIGN(writer->file_, env.create_file(path));
  writer->put_text(sums == RowFileSums::kYes ? kMagic : kMagicWithoutSums);
  writer->start_block();
  return writer;
}

// Makes room for `bytes` more.
void RowFileWriter::reserve(std::size_t bytes) {
  if (size_ + bytes <= capacity_) return;
  const std::size_t capacity = std::max({size_ + bytes, capacity_ * 2, kBlockBytes + (kBlockBytes >> 2)});
  std::unique_ptr<char[]> data(new char[capacity]);
  if (size_ > 0) std::memcpy(data.get(), data_.get(), size_);
  data_ = std::move(data);
  capacity_ = capacity;
}

void RowFileWriter::put_text(std::string_view text) {
  reserve(text.size());
  std::memcpy(data_.get() + size_, text.data(), text.size());
  size_ += text.size();
}

void RowFileWriter::start_block() {
  block_ = size_;
  reserve(kBlockHeaderBytes);
  size_ += kBlockHeaderBytes;
  block_rows_ = 0;
  block_columns_ = 0;
}

// Completes the header of the block. A block without content is taken back.
void RowFileWriter::close_block() {
  if (block_rows_ == 0 && block_columns_ == 0) {
    size_ = block_;
    return;
  }
  char* const header = data_.get() + block_;
  const std::size_t payload_bytes = size_ - block_ - kBlockHeaderBytes;
  put(header, static_cast<std::uint32_t>(payload_bytes));
  put(header + 4, block_rows_);
  put(header + 8, block_columns_);
  const std::uint64_t check =
      check_of_block(sums_, view(header, kBlockFactsBytes), view(header + kBlockHeaderBytes, payload_bytes));
  put(header + kBlockFactsBytes, check);
  if (sums_ == RowFileSums::kYes) {
    footer_.checksum = checksum_64(view(header + kBlockFactsBytes, sizeof check), footer_.checksum);
  }
}

Status RowFileWriter::write_out(std::size_t bytes) {
  LODE_TRY(file_->append(view(data_.get(), bytes)));
  bytes_written_ += bytes;
  size_ -= bytes;
  std::memmove(data_.get(), data_.get() + bytes, size_);
  return {};
}

Status RowFileWriter::add_column(const RowColumn& column) {
  if (block_rows_ > 0) {
    close_block();
    start_block();
  }
  reserve(1 + 5 + column.name.size());
  char* at = put_tag(data_.get() + size_, static_cast<unsigned>(column.type));
  at = put_varint(at, static_cast<std::uint32_t>(column.name.size()));
  std::memcpy(at, column.name.data(), column.name.size());
  size_ = static_cast<std::size_t>(at - data_.get()) + column.name.size();
  ++column_count_;
  ++block_columns_;
  return {};
}

Status RowFileWriter::write(std::span<const Cell> cells) {
  LODE_ASSERT(cells.size() <= column_count_);
  std::size_t bytes_max = column_count_ * kCellBytesMax;
  for (const Cell& cell : cells) {
    if (has_text(cell)) bytes_max += cell.size;
  }
  reserve(bytes_max);
  char* at = data_.get() + size_;
  std::size_t nulls = 0;
  const auto end_nulls = [&] {
    for (; nulls > kNullRunMax; nulls -= kNullRunMax) at = put_tag(at, kNullRun + kNullRunMax - 1);
    if (nulls > 0) at = put_tag(at, kNullRun + static_cast<unsigned>(nulls) - 1);
    nulls = 0;
  };
  for (const Cell& cell : cells) {
    if (cell.kind == Kind::kNull) {
      ++nulls;
      continue;
    }
    if (nulls > 0) end_nulls();
    at = put_cell(at, cell);
  }
  nulls += column_count_ - cells.size();
  if (nulls > 0) end_nulls();
  size_ = static_cast<std::size_t>(at - data_.get());
  ++block_rows_;
  ++footer_.row_count;
  if (size_ < kBlockBytes) return {};
  close_block();
  // Whole multiples only: systems take pieces that lie evenly in the file in far less time than others.
  LODE_TRY(write_out(size_ - size_ % kBlockBytes));
  start_block();
  return {};
}

Status RowFileWriter::end_file() {
  close_block();
  char footer[kFooterBytes];
  put(footer, footer_.row_count);
  put(footer + 8, footer_.checksum);
  put(footer + 16, checksum_64(view(footer, 16)));
  std::memcpy(footer + 24, kEndMagic.data(), kEndMagic.size());
  put_text(view(footer, kFooterBytes));
  LODE_TRY(write_out(size_));
  data_.reset();
  return {};
}

Status RowFileWriter::finish(bool sync) {
  LODE_TRY(end_file());
  if (sync) LODE_TRY(file_->sync());
  return file_->close();
}

Result<std::unique_ptr<AppendFile>> RowFileWriter::finish_open() {
  LODE_TRY(end_file());
  return std::move(file_);
}

namespace {

Status corrupt_file(const Path& path, std::string_view what) {
  return Status::error(Code::kPackageCorrupt, "row file '" + path.string() + "' is damaged: " + std::string(what));
}

bool begins_with(std::string_view bytes, std::string_view magic) { return bytes.substr(0, magic.size()) == magic; }

Result<RowFileFooter> parse_footer(const Path& path, std::string_view bytes) {
  if (bytes.size() < kMagic.size() + kFooterBytes) return corrupt_file(path, "it is cut off");
  if (!begins_with(bytes, kMagic) && !begins_with(bytes, kMagicWithoutSums)) {
    return corrupt_file(path, "it does not begin as a row file");
  }
  const std::string_view footer = bytes.substr(bytes.size() - kFooterBytes);
  if (footer.substr(24) != kEndMagic) return corrupt_file(path, "it is cut off");
  if (get<std::uint64_t>(footer.data() + 16) != checksum_64(footer.substr(0, 16))) {
    return corrupt_file(path, "the checksum of its end does not match");
  }
  return RowFileFooter{get<std::uint64_t>(footer.data()), get<std::uint64_t>(footer.data() + 8)};
}

}  // namespace

Result<RowFileReader::Event> RowFileReader::next() {
  while (block_columns_ == 0 && block_rows_ == 0) {
    if (at_ != block_end_) return corrupt("a block has more bytes than its rows");
    if (at_ == blocks_end_) {
      if (rows_read_ != footer_.row_count || checksum_ != footer_.checksum) return corrupt("blocks are missing");
      return Event::kEnd;
    }
    LODE_TRY(enter_block());
  }
  if (block_columns_ > 0) {
    LODE_TRY(read_column());
    return Event::kColumn;
  }
  LODE_TRY(read_row());
  return Event::kRow;
}

Result<std::unique_ptr<RowFileReader>> RowFileReader::open(Env& env, const Path& path) {
  std::unique_ptr<RowFileReader> reader(new RowFileReader);
  LODE_ASSIGN(reader->file_, env.map_file(path));
  const std::string_view bytes = reader->file_->bytes();
  LODE_ASSIGN(reader->footer_, parse_footer(path, bytes));
  reader->path_ = path;
  reader->sums_ = begins_with(bytes, kMagic) ? RowFileSums::kYes : RowFileSums::kNo;
  reader->at_ = bytes.data() + kMagic.size();
  reader->block_end_ = reader->at_;
  reader->blocks_end_ = bytes.data() + bytes.size() - kFooterBytes;
  return reader;
}

Result<RowFileFooter> RowFileReader::read_footer(Env& env, const Path& path) {
  LODE_ASSIGN(const std::shared_ptr<const MappedFile> file, env.map_file(path));
  return parse_footer(path, file->bytes());
}

Status RowFileReader::corrupt(std::string_view what) const { return corrupt_file(path_, what); }

Status RowFileReader::enter_block() {
  if (static_cast<std::size_t>(blocks_end_ - at_) < kBlockHeaderBytes) return corrupt("a block is cut off");
  const std::size_t bytes = get<std::uint32_t>(at_);
  const char* const payload = at_ + kBlockHeaderBytes;
  if (static_cast<std::size_t>(blocks_end_ - payload) < bytes) return corrupt("a block is cut off");
  const std::uint64_t check = check_of_block(sums_, view(at_, kBlockFactsBytes), view(payload, bytes));
  if (check != get<std::uint64_t>(at_ + kBlockFactsBytes)) return corrupt("the checksum of a block does not match");
  if (sums_ == RowFileSums::kYes) checksum_ = checksum_64(view(at_ + kBlockFactsBytes, sizeof check), checksum_);
  block_rows_ = get<std::uint32_t>(at_ + 4);
  block_columns_ = get<std::uint32_t>(at_ + 8);
  at_ = payload;
  block_end_ = payload + bytes;
  return {};
}

Status RowFileReader::read_column() {
  std::uint32_t name_bytes = 0;
  if (at_ == block_end_) return corrupt("a column is cut off");
  const auto type = static_cast<unsigned char>(*at_++);
  if (type > static_cast<unsigned char>(DataType::kTime)) return corrupt("a column has an unknown type");
  const char* const name = get_varint(at_, block_end_, name_bytes);
  if (name == nullptr || static_cast<std::size_t>(block_end_ - name) < name_bytes || columns_.size() >= kColumnsMax) {
    return corrupt("a column is cut off");
  }
  columns_.push_back({std::string(name, name_bytes), static_cast<DataType>(type)});
  Cell null;
  null.kind = Kind::kNull;
  null.size = 0;
  null.number = 0;
  cells_.assign(columns_.size(), null);
  at_ = name + name_bytes;
  --block_columns_;
  return {};
}

namespace {

// The cells with a tag of A0 to BF, the less frequent ones. Null when the bytes end too early or the tag is not known.
const char* get_tagged(unsigned tag, const char* at, const char* end, Cell& cell) {
  const auto left = static_cast<std::size_t>(end - at);
  const auto number = [&](Kind kind, auto sample) -> const char* {
    using T = decltype(sample);
    if (left < sizeof(T)) return nullptr;
    cell.kind = kind;
    cell.number = get<T>(at);
    return at + sizeof(T);
  };
  const auto text = [&](Kind kind) -> const char* {
    std::uint32_t size = 0;
    const char* const bytes = get_varint(at, end, size);
    if (bytes == nullptr || static_cast<std::size_t>(end - bytes) < size) return nullptr;
    cell.kind = kind;
    cell.size = size;
    cell.text = bytes;
    return bytes + size;
  };
  switch (tag) {
    case kLongText:
      return text(Kind::kText);
    case kFalse:
    case kTrue:
      cell.kind = Kind::kBool;
      cell.number = tag == kTrue ? 1 : 0;
      return at;
    case kInt8:
      return number(Kind::kInt, std::int8_t{});
    case kInt16:
      return number(Kind::kInt, std::int16_t{});
    case kInt32:
      return number(Kind::kInt, std::int32_t{});
    case kInt64:
      return number(Kind::kInt, std::int64_t{});
    case kDouble:
      if (left < 8) return nullptr;
      cell.kind = Kind::kDouble;
      cell.real = get<double>(at);
      return at + 8;
    case kBigInt:
      return text(Kind::kBigInt);
    case kDecimal:
      return text(Kind::kDecimal);
    case kBinary:
      return text(Kind::kBinary);
    case kTimestamp:
      return number(Kind::kTimestamp, std::int64_t{});
    case kDate:
      return number(Kind::kDate, std::int32_t{});
    case kTime:
      return number(Kind::kTime, std::int64_t{});
    default:
      return nullptr;
  }
}

}  // namespace

// The inner loop of every load. Blocks are checked by their sums, and the bounds again here: a sum can be right by
// chance.
Status RowFileReader::read_row() {
  const char* at = at_;
  const char* const end = block_end_;
  Cell* cell = cells_.data();
  Cell* const cells_end = cell + cells_.size();
  while (cell != cells_end) {
    if (at == end) return corrupt("a row is cut off");
    const auto tag = static_cast<unsigned char>(*at++);
    if (tag < kNullRun) {
      if (end - at < tag) return corrupt("a text is cut off");
      cell->kind = Kind::kText;
      cell->size = tag;
      cell->text = at;
      at += tag;
      ++cell;
    } else if (tag >= kSmallInt) {
      cell->kind = Kind::kInt;
      cell->number = tag - kSmallInt;
      ++cell;
    } else if (tag >= kLongText) {
      at = get_tagged(tag, at, end, *cell);
      if (at == nullptr) return corrupt("a cell is cut off or of an unknown kind");
      ++cell;
    } else {
      const std::ptrdiff_t nulls = tag - kNullRun + 1;
      if (nulls > cells_end - cell) return corrupt("a row has too many cells");
      for (std::ptrdiff_t i = 0; i < nulls; ++i, ++cell) cell->kind = Kind::kNull;
    }
  }
  at_ = at;
  --block_rows_;
  ++rows_read_;
  return {};
}

}  // namespace lode
