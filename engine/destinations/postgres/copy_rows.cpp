// CopyRows: row files into tables through COPY in PostgreSQL's binary format.
#include "destinations/postgres/copy_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "base/text.h"
#include "sql/statements.h"

namespace lode::postgres {
namespace {

constexpr std::size_t kSendBytes = 256 * 1024;
constexpr std::uint64_t kRowsBetweenStopChecks = 4096;
constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
// PostgreSQL counts from 2000-01-01.
constexpr std::int64_t kEpochDays = 10'957;
constexpr std::int64_t kEpochMicros = kEpochDays * 86'400'000'000;

template <typename Int>
void append_int(std::string& out, Int value) {
  char bytes[sizeof(Int)];
  auto bits = static_cast<std::make_unsigned_t<Int>>(value);
  for (std::size_t i = sizeof(Int); i-- > 0;) {
    bytes[i] = static_cast<char>(bits & 0xFF);
    bits = static_cast<decltype(bits)>(bits >> 8);
  }
  out.append(bytes, sizeof(Int));
}

template <typename Int>
bool append_field(std::string& out, std::int64_t value) {
  if (value < std::numeric_limits<Int>::min() || value > std::numeric_limits<Int>::max()) return false;
  append_int<std::int32_t>(out, sizeof(Int));
  append_int<Int>(out, static_cast<Int>(value));
  return true;
}

void append_bytes(std::string& out, std::string_view bytes) {
  append_int<std::int32_t>(out, static_cast<std::int32_t>(bytes.size()));
  out.append(bytes);
}

// A decimal taken apart: its digits without the point, and where the point was.
struct Digits {
  std::string digits;
  std::int64_t before_point = 0;  // of them; may be negative or beyond their end
  std::int64_t after_point = 0;   // as written, zeros included
  bool is_negative = false;
};

bool take_apart(std::string_view text, Digits& parts) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    parts.is_negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const std::size_t mark = text.find_first_of("eE");
  std::int64_t exponent = 0;
  if (mark != std::string_view::npos) {
    std::string_view number = text.substr(mark + 1);
    if (!number.empty() && number[0] == '+') number.remove_prefix(1);
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), exponent);
    if (error != std::errc() || stop != number.data() + number.size()) return false;
    text = text.substr(0, mark);
  }
  const std::size_t point = std::min(text.find('.'), text.size());
  parts.digits = std::string(text.substr(0, point));
  if (point < text.size()) parts.digits += text.substr(point + 1);
  const bool is_number = !parts.digits.empty() && std::all_of(parts.digits.begin(), parts.digits.end(),
                                                              [](char c) { return c >= '0' && c <= '9'; });
  constexpr std::int64_t kExponentMax = 131'072;
  if (!is_number || exponent > kExponentMax || exponent < -kExponentMax) return false;
  parts.before_point = static_cast<std::int64_t>(point) + exponent;
  parts.after_point = std::max<std::int64_t>(static_cast<std::int64_t>(parts.digits.size()) - parts.before_point, 0);
  return true;
}

void append_numeric_header(std::string& out, std::int64_t groups, std::int64_t weight, std::uint16_t sign,
                           std::int64_t scale) {
  append_int<std::int16_t>(out, static_cast<std::int16_t>(groups));
  append_int<std::int16_t>(out, static_cast<std::int16_t>(weight));
  append_int<std::uint16_t>(out, sign);
  append_int<std::int16_t>(out, static_cast<std::int16_t>(scale));
}

constexpr std::uint16_t kNegative = 0x4000;
constexpr std::uint16_t kNan = 0xC000;
constexpr std::uint16_t kInfinity = 0xD000;
constexpr std::uint16_t kNegativeInfinity = 0xF000;

}  // namespace

bool find_wire(DataType type, std::string_view sql_type, Wire* wire) {
  struct Pair {
    DataType type;
    std::string_view sql_type;
    Wire wire;
  };
  static constexpr Pair kPairs[] = {
      {DataType::kText, "character varying", Wire::kText},
      {DataType::kText, "text", Wire::kText},
      {DataType::kDouble, "double precision", Wire::kFloat8},
      {DataType::kBool, "boolean", Wire::kBool},
      {DataType::kTimestamp, "timestamp with time zone", Wire::kTimestamp},
      {DataType::kTimestamp, "timestamp without time zone", Wire::kTimestamp},
      {DataType::kBigint, "bigint", Wire::kInt8},
      {DataType::kBigint, "integer", Wire::kInt4},
      {DataType::kBigint, "smallint", Wire::kInt2},
      {DataType::kBigint, "numeric", Wire::kNumeric},
      {DataType::kBinary, "bytea", Wire::kBytes},
      {DataType::kJson, "jsonb", Wire::kJsonb},
      {DataType::kJson, "json", Wire::kText},
      {DataType::kJson, "text", Wire::kText},
      {DataType::kJson, "character varying", Wire::kText},
      {DataType::kDecimal, "numeric", Wire::kNumeric},
      {DataType::kWei, "numeric", Wire::kNumeric},
      {DataType::kDate, "date", Wire::kDate},
      {DataType::kTime, "time without time zone", Wire::kTime},
  };
  for (const Pair& pair : kPairs) {
    if (pair.type != type || pair.sql_type != sql_type) continue;
    *wire = pair.wire;
    return true;
  }
  return false;
}

// Groups of four digits, the first one's power of 10000 beside them.
bool append_numeric(std::string& out, std::string_view decimal) {
  const std::string lower = to_lower(decimal);
  const std::string_view unsigned_text = std::string_view(lower).substr(!lower.empty() && lower[0] == '-' ? 1 : 0);
  if (unsigned_text == "nan") return append_numeric_header(out, 0, 0, kNan, 0), true;
  if (unsigned_text == "inf" || unsigned_text == "infinity") {
    return append_numeric_header(out, 0, 0, lower[0] == '-' ? kNegativeInfinity : kInfinity, 0), true;
  }
  Digits parts;
  if (!take_apart(decimal, parts)) return false;
  const std::size_t first = parts.digits.find_first_not_of('0');
  constexpr std::int64_t kScaleMax = 16'383;
  if (parts.after_point > kScaleMax) return false;
  if (first == std::string::npos) return append_numeric_header(out, 0, 0, 0, parts.after_point), true;
  parts.digits.erase(0, first);
  parts.before_point -= static_cast<std::int64_t>(first);
  parts.digits.erase(parts.digits.find_last_not_of('0') + 1);
  // The point must fall between groups: zeros in front until it does.
  const std::int64_t weight =
      (parts.before_point > 0 ? (parts.before_point + 3) / 4 : -((-parts.before_point) / 4)) - 1;
  parts.digits.insert(0, static_cast<std::size_t>((weight + 1) * 4 - parts.before_point), '0');
  parts.digits.append((4 - parts.digits.size() % 4) % 4, '0');
  const std::int64_t groups = static_cast<std::int64_t>(parts.digits.size() / 4);
  constexpr std::int64_t kGroupsMax = 32'767;
  if (groups > kGroupsMax || weight > kGroupsMax) return false;
  append_numeric_header(out, groups, weight, parts.is_negative ? kNegative : std::uint16_t{0}, parts.after_point);
  for (std::size_t i = 0; i < parts.digits.size(); i += 4) {
    std::int16_t group = 0;
    for (std::size_t j = i; j < i + 4; ++j) group = static_cast<std::int16_t>(group * 10 + (parts.digits[j] - '0'));
    append_int<std::int16_t>(out, group);
  }
  return true;
}

namespace {

// One COPY after the other: a new one begins where the file gains a column.
class Copier {
 public:
  Copier(Connection& connection, RowFileReader& reader, const std::string& table, const Wires& wires,
         std::stop_token stop)
      : connection_(connection), reader_(reader), table_(table), wires_(wires), stop_(std::move(stop)) {
    buffer_.reserve(kSendBytes * 2);
  }

  Status run() {
    const auto heeding = connection_.heed(stop_);
    for (;;) {
      LODE_ASSIGN(const RowFileReader::Event event, next());
      if (event == RowFileReader::Event::kEnd) return is_copying_ ? end() : Status();
      if (event == RowFileReader::Event::kColumn) {
        if (is_copying_) LODE_TRY(end());
        continue;
      }
      if (!is_copying_) LODE_TRY(start());
      LODE_TRY(put_row());
      if (++rows_ % kRowsBetweenStopChecks == 0 && stop_.stop_requested()) {
        return give_up(Status::error(Code::kCancelled, "the run was cancelled"));
      }
    }
  }

 private:
  Result<RowFileReader::Event> next() {
    Result<RowFileReader::Event> event = reader_.next();
    if (!event.ok()) return give_up(std::move(event).status());
    return event;
  }

  Status give_up(Status status) {
    if (is_copying_) connection_.abort_copy();
    is_copying_ = false;
    return status;
  }

  Status start() {
    std::vector<std::string> names;
    columns_.clear();
    for (const RowColumn& column : reader_.columns()) {
      names.push_back(column.name);
      const auto wire = wires_.find(column.name);
      LODE_ASSERT(wire != wires_.end());
      columns_.push_back(wire->second);
    }
    LODE_TRY(connection_.start_copy(
        fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", table_, name_list(postgres_dialect(), names))));
    is_copying_ = true;
    rows_before_ = rows_;
    buffer_ = kHeader;
    return {};
  }

  Status end() {
    append_int<std::int16_t>(buffer_, -1);
    Status status = connection_.put_copy(buffer_);
    is_copying_ = false;
    if (status.ok()) status = connection_.end_copy();
    return status.ok() ? status : explain(std::move(status));
  }

  Status put_row() {
    const std::span<const json::Cell> cells = reader_.cells();
    append_int<std::int16_t>(buffer_, static_cast<std::int16_t>(columns_.size()));
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (cells[i].kind == json::Kind::kNull) {
        append_int<std::int32_t>(buffer_, -1);
      } else if (!put_value(columns_[i], cells[i])) {
        return give_up(refuse(i, cells[i]));
      }
    }
    if (buffer_.size() < kSendBytes) return {};
    Status status = connection_.put_copy(buffer_);
    buffer_.clear();
    if (status.ok()) return status;
    is_copying_ = false;
    return explain(std::move(status));
  }

  bool put_value(Wire wire, const json::Cell& cell);
  bool put_decimal(const json::Cell& cell);
  Status refuse(std::size_t column, const json::Cell& cell) const;

  // The server counts rows from the start of the COPY, people from the start of the file.
  Status explain(Status status) const {
    if (status.code() == Code::kCancelled) return status;
    std::string column;
    const std::uint64_t row = row_of(connection_.last_error().context, &column);
    if (row > 0) status.with("row", fmt::format("{} of its file", rows_before_ + row));
    if (!column.empty() && connection_.last_error().column.empty()) status.with("column", column);
    return status;
  }

  Connection& connection_;
  RowFileReader& reader_;
  const std::string& table_;
  const Wires& wires_;
  std::stop_token stop_;
  std::vector<Wire> columns_;  // of the COPY that runs
  bool is_copying_ = false;
  std::uint64_t rows_ = 0;
  std::uint64_t rows_before_ = 0;
  std::string buffer_;
};

bool Copier::put_decimal(const json::Cell& cell) {
  const std::size_t start = buffer_.size();
  append_int<std::int32_t>(buffer_, 0);
  const bool is_number = cell.kind == json::Kind::kInt ? append_numeric(buffer_, std::to_string(cell.number))
                                                       : append_numeric(buffer_, {cell.text, cell.size});
  if (!is_number) {
    buffer_.resize(start);
    return false;
  }
  std::string length;
  append_int<std::int32_t>(length, static_cast<std::int32_t>(buffer_.size() - start - 4));
  buffer_.replace(start, 4, length);
  return true;
}

// False: the value has no form there.
bool Copier::put_value(Wire wire, const json::Cell& cell) {
  const std::string_view text(cell.text, cell.size);
  if (cell.kind == json::Kind::kBigInt && wire != Wire::kNumeric) return false;
  switch (wire) {
    case Wire::kText:
      if (std::memchr(text.data(), '\0', text.size()) != nullptr) return false;
      append_bytes(buffer_, text);
      return true;
    case Wire::kBytes:
      append_bytes(buffer_, text);
      return true;
    case Wire::kJsonb:
      append_int<std::int32_t>(buffer_, static_cast<std::int32_t>(text.size() + 1));
      buffer_ += '\1';  // the version of its form
      buffer_ += text;
      return true;
    case Wire::kBool:
      append_int<std::int32_t>(buffer_, 1);
      buffer_ += static_cast<char>(cell.number != 0);
      return true;
    case Wire::kInt2:
      return append_field<std::int16_t>(buffer_, cell.number);
    case Wire::kInt4:
      return append_field<std::int32_t>(buffer_, cell.number);
    case Wire::kInt8:
    case Wire::kTime:
      return append_field<std::int64_t>(buffer_, cell.number);
    case Wire::kFloat8: {
      std::int64_t bits = 0;
      std::memcpy(&bits, &cell.real, sizeof bits);
      return append_field<std::int64_t>(buffer_, bits);
    }
    case Wire::kNumeric:
      return put_decimal(cell);
    case Wire::kTimestamp:
      if (cell.number < INT64_MIN + kEpochMicros) return false;
      return append_field<std::int64_t>(buffer_, cell.number - kEpochMicros);
    case Wire::kDate:
      if (cell.number < INT64_MIN + kEpochDays) return false;
      return append_field<std::int32_t>(buffer_, cell.number - kEpochDays);
  }
  return false;
}

Status Copier::refuse(std::size_t column, const json::Cell& cell) const {
  const Wire wire = columns_[column];
  std::string what = "the value is too large for its type";
  std::string hint = "give the column another data_type, or a larger precision";
  if (wire == Wire::kText) {
    what = "PostgreSQL's texts cannot hold the character NUL (\\u0000)";
    hint = "remove it in a step of the resource, or give the column data_type = \"binary\"";
  } else if (cell.kind == json::Kind::kBigInt) {
    what = "PostgreSQL's bigint has 64 bits, this integer is larger";
    hint = "give the column data_type = \"decimal\" (38 digits), \"wei\" (78 digits before the point) or \"text\"";
  } else if (wire == Wire::kNumeric) {
    what = "the value is not a number that PostgreSQL's numeric can hold";
  }
  Status status = Status::error(Code::kLoadIntegrity, "postgres: " + what)
                      .with("column", reader_.columns()[column].name)
                      .with("row", fmt::format("{} of its file", rows_ + 1));
  if (cell.kind == json::Kind::kBigInt || cell.kind == json::Kind::kDecimal) {
    status.with("value", shorten({cell.text, cell.size}, 100));
  } else if (cell.kind == json::Kind::kInt) {
    status.with("value", std::to_string(cell.number));
  }
  return std::move(status).hint(hint);
}

}  // namespace

Status copy_rows(Connection& connection, RowFileReader& reader, const std::string& table, const Wires& wires,
                 std::stop_token stop) {
  return Copier(connection, reader, table, wires, std::move(stop)).run();
}

}  // namespace lode::postgres
