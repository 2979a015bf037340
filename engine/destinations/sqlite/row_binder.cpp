// RowBinder: puts the rows of a row file into a prepared INSERT.
#include "destinations/sqlite/row_binder.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>

#include "base/time.h"

namespace lode::sqlite {
namespace {

void write_digits(char* out, int width, std::int64_t value) {
  for (int i = width - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

void write_timestamp(std::int64_t micros, char* out) {
  const Civil civil = civil_from_micros(micros);
  std::memcpy(out, "0000-00-00 00:00:00.000000", 26);
  write_digits(out, 4, civil.year);
  write_digits(out + 5, 2, civil.month);
  write_digits(out + 8, 2, civil.day);
  write_digits(out + 11, 2, civil.hour);
  write_digits(out + 14, 2, civil.minute);
  write_digits(out + 17, 2, civil.second);
  write_digits(out + 20, 6, civil.microsecond);
}

RowBinder::RowBinder(Database& database, Statement statement, std::size_t width)
    : database_(database), statement_(std::move(statement)), bound_(width, 0), times_(width * kTimeBytes) {}

int RowBinder::bind(int index, const json::Cell& cell) {
  sqlite3_stmt* statement = statement_.get();
  char* time = times_.data() + static_cast<std::size_t>(index - 1) * kTimeBytes;
  switch (cell.kind) {
    case json::Kind::kNull:
      return sqlite3_bind_null(statement, index);
    case json::Kind::kBool:
    case json::Kind::kInt:
      return sqlite3_bind_int64(statement, index, cell.number);
    case json::Kind::kDouble:
      return sqlite3_bind_double(statement, index, cell.real);
    case json::Kind::kBinary:
      return sqlite3_bind_blob64(statement, index, cell.text, cell.size, SQLITE_STATIC);
    case json::Kind::kTimestamp:
      write_timestamp(cell.number, time);
      return sqlite3_bind_text(statement, index, time, 26, SQLITE_STATIC);
    case json::Kind::kDate:
      write_timestamp(cell.number * 86'400'000'000, time);
      return sqlite3_bind_text(statement, index, time, 10, SQLITE_STATIC);
    case json::Kind::kTime:
      write_timestamp(cell.number, time);
      return sqlite3_bind_text(statement, index, time + 11, 15, SQLITE_STATIC);
    default:
      return sqlite3_bind_text64(statement, index, cell.text, cell.size, SQLITE_STATIC, SQLITE_UTF8);
  }
}

Status RowBinder::insert(std::span<const json::Cell> cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool is_null = cells[i].kind == json::Kind::kNull;
    if (is_null && bound_[i] == 0) continue;
    bound_[i] = is_null ? 0 : 1;
    if (bind(static_cast<int>(i) + 1, cells[i]) != SQLITE_OK) return database_.error("bind a value");
  }
  const int result = sqlite3_step(statement_.get());
  if (result != SQLITE_DONE) {
    Status status = database_.error("insert a row");
    sqlite3_reset(statement_.get());
    return status;
  }
  sqlite3_reset(statement_.get());
  return {};
}

}  // namespace lode::sqlite
