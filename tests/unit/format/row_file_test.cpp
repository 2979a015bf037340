// Row files: what is written is read back; whatever is damaged is reported, and nothing crashes.
#include "format/row_file.h"

#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/digest.h"
#include "support/catch.h"
#include "support/cells.h"
#include "support/scratch.h"

using namespace lode;
using namespace lode::test;
using json::Cell;
using json::Kind;

namespace {

// A cell as text, so that rows compare and print.
std::string show(const Cell& cell) {
  switch (cell.kind) {
    case Kind::kNull:
      return "null";
    case Kind::kDouble:
      return "double " + std::to_string(cell.real);
    case Kind::kText:
    case Kind::kBigInt:
    case Kind::kDecimal:
    case Kind::kBinary:
      return std::to_string(static_cast<int>(cell.kind)) + ":" + std::string(cell.text, cell.size);
    default:
      return std::to_string(static_cast<int>(cell.kind)) + ":" + std::to_string(cell.number);
  }
}

struct Content {
  Status status;
  std::vector<std::string> columns;  // "name/type@rows before it"
  std::vector<std::vector<std::string>> rows;
};

Content read_all(const Path& path) {
  Content content;
  Result<std::unique_ptr<RowFileReader>> reader = RowFileReader::open(Env::real(), path);
  if (!reader.ok()) {
    content.status = reader.status();
    return content;
  }
  for (;;) {
    const Result<RowFileReader::Event> event = (*reader)->next();
    if (!event.ok()) {
      content.status = event.status();
      return content;
    }
    if (*event == RowFileReader::Event::kEnd) return content;
    if (*event == RowFileReader::Event::kColumn) {
      const RowColumn& column = (*reader)->columns().back();
      content.columns.push_back(column.name + "/" +
                                std::string(1, static_cast<char>('0' + static_cast<int>(column.type))) + "@" +
                                std::to_string(content.rows.size()));
      continue;
    }
    std::vector<std::string> row;
    for (const Cell& cell : (*reader)->cells()) row.push_back(show(cell));
    content.rows.push_back(std::move(row));
  }
}

std::unique_ptr<RowFileWriter> create(const Path& path, RowFileSums sums = RowFileSums::kYes) {
  Result<std::unique_ptr<RowFileWriter>> writer = RowFileWriter::create(Env::real(), path, sums);
  REQUIRE(writer.ok());
  return std::move(*writer);
}

std::string bytes_of(const Path& path) { return *Env::real().read_file(path); }
void put_bytes(const Path& path, std::string_view bytes) { REQUIRE(Env::real().write_file(path, bytes).ok()); }

// A small file with every kind of cell, several blocks and columns added late.
void write_sample(const Path& path, RowFileSums sums = RowFileSums::kYes) {
  auto writer = create(path, sums);
  REQUIRE(writer->add_column({"id", DataType::kBigint}).ok());
  REQUIRE(writer->add_column({"name", DataType::kText}).ok());
  REQUIRE(writer->write(std::vector<Cell>{int_cell(1), text_cell("Ada")}).ok());
  REQUIRE(writer->add_column({"at", DataType::kTimestamp}).ok());
  REQUIRE(writer->add_column({"sum", DataType::kDecimal}).ok());
  REQUIRE(
      writer
          ->write(std::vector<Cell>{int_cell(-70000), null_cell(), number_cell(Kind::kTimestamp, 1'700'000'000'000'000),
                                    text_cell("12.50", Kind::kDecimal)})
          .ok());
  REQUIRE(writer->write(std::vector<Cell>{int_cell(2)}).ok());
  REQUIRE(writer->finish(false).ok());
}

}  // namespace

TEST_CASE("row file: the example of FORMAT.md") {
  ScratchFolder folder;
  auto writer = create(folder / "a.rows");
  REQUIRE(writer->add_column({"id", DataType::kBigint}).ok());
  REQUIRE(writer->add_column({"name", DataType::kText}).ok());
  REQUIRE(writer->write(std::vector<Cell>{int_cell(7), text_cell("Ada")}).ok());
  REQUIRE(writer->write(std::vector<Cell>{int_cell(300), null_cell()}).ok());
  REQUIRE(writer->finish(false).ok());

  const std::string bytes = bytes_of(folder / "a.rows");
  const std::string payload{
      "\x05\x02id\x01\x04name\xC7\x03"
      "Ada"
      "\xA4\x2C\x01\x80",
      19};
  REQUIRE(bytes.size() == 8 + 20 + 19 + 32);
  CHECK(bytes.substr(0, 8) == "loderow1");
  const std::string facts{"\x13\0\0\0\x02\0\0\0\x02\0\0\0", 12};
  CHECK(bytes.substr(8, 12) == facts);
  CHECK(bytes.substr(28, 19) == payload);
  const std::uint64_t check = checksum_64(payload, checksum_64(facts));
  CHECK(std::memcmp(bytes.data() + 20, &check, 8) == 0);
  const std::uint64_t checksum = checksum_64({reinterpret_cast<const char*>(&check), 8});
  CHECK(std::memcmp(bytes.data() + 47 + 8, &checksum, 8) == 0);
  CHECK(bytes.substr(bytes.size() - 8) == "lode.end");
}

TEST_CASE("row file: every kind of cell comes back") {
  ScratchFolder folder;
  const std::string long_text(100'000, 'x');
  const std::string text_127(127, 'a');
  const std::string text_128(128, 'b');
  const std::string binary("\0\xFF\n", 3);
  std::vector<Cell> cells;
  for (const std::int64_t n :
       {std::int64_t{0}, std::int64_t{63}, std::int64_t{64}, std::int64_t{-1}, std::int64_t{127}, std::int64_t{128},
        std::int64_t{-128}, std::int64_t{-129}, std::int64_t{32767}, std::int64_t{32768}, std::int64_t{2147483647},
        std::int64_t{2147483648}, std::int64_t{-2147483649}, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()}) {
    cells.push_back(int_cell(n));
  }
  cells.push_back(bool_cell(true));
  cells.push_back(bool_cell(false));
  cells.push_back(double_cell(-0.125));
  cells.push_back(text_cell(""));
  cells.push_back(text_cell(text_127));
  cells.push_back(text_cell(text_128));
  cells.push_back(text_cell(long_text));
  cells.push_back(text_cell("123456789012345678901234567890", Kind::kBigInt));
  cells.push_back(text_cell("-0.10", Kind::kDecimal));
  cells.push_back(text_cell(binary, Kind::kBinary));
  cells.push_back(number_cell(Kind::kTimestamp, -1));
  cells.push_back(number_cell(Kind::kDate, -719162));
  cells.push_back(number_cell(Kind::kTime, 86'399'999'999));
  cells.push_back(null_cell());

  auto writer = create(folder / "a.rows");
  for (std::size_t i = 0; i < cells.size(); ++i) {
    REQUIRE(writer->add_column({"c" + std::to_string(i), DataType::kText}).ok());
  }
  for (int i = 0; i < 3; ++i) REQUIRE(writer->write(cells).ok());
  CHECK(writer->row_count() == 3);
  REQUIRE(writer->finish(true).ok());
  CHECK(writer->bytes() == bytes_of(folder / "a.rows").size());

  const Content content = read_all(folder / "a.rows");
  REQUIRE(content.status.ok());
  std::vector<std::string> expected;
  for (const Cell& cell : cells) expected.push_back(show(cell));
  REQUIRE(content.rows.size() == 3);
  for (const auto& row : content.rows) CHECK(row == expected);
  CHECK(RowFileReader::read_footer(Env::real(), folder / "a.rows")->row_count == 3);
  CHECK(RowFileReader::read_footer(Env::real(), folder / "a.rows")->checksum == writer->footer().checksum);
}

TEST_CASE("row file: columns added between rows, missing cells are null") {
  ScratchFolder folder;
  write_sample(folder / "a.rows");
  const Content content = read_all(folder / "a.rows");
  REQUIRE(content.status.ok());
  CHECK(content.columns == std::vector<std::string>{"id/5@0", "name/1@0", "at/4@1", "sum/8@1"});
  CHECK(content.rows == std::vector<std::vector<std::string>>{{"2:1", "4:Ada"},
                                                              {"2:-70000", "null", "9:1700000000000000", "8:12.50"},
                                                              {"2:2", "null", "null", "null"}});
}

TEST_CASE("row file: without rows, without columns") {
  ScratchFolder folder;
  REQUIRE(create(folder / "empty.rows")->finish(false).ok());
  const Content empty = read_all(folder / "empty.rows");
  CHECK(empty.status.ok());
  CHECK(empty.rows.empty());

  auto writer = create(folder / "columns.rows");
  REQUIRE(writer->add_column({"id", DataType::kBigint}).ok());
  REQUIRE(writer->finish(false).ok());
  const Content columns = read_all(folder / "columns.rows");
  CHECK(columns.status.ok());
  CHECK(columns.columns == std::vector<std::string>{"id/5@0"});
  CHECK(columns.rows.empty());
}

TEST_CASE("row file: long runs of nulls and wide rows") {
  ScratchFolder folder;
  constexpr std::size_t kWide = 1500;
  auto writer = create(folder / "a.rows");
  for (std::size_t i = 0; i < kWide; ++i)
    REQUIRE(writer->add_column({"c" + std::to_string(i), DataType::kBigint}).ok());
  std::vector<Cell> row(kWide, null_cell());
  row[0] = int_cell(5);
  row[32] = int_cell(6);  // a run of 31
  row[65] = int_cell(7);  // of 32
  row[99] = int_cell(8);  // of 33
  row[kWide - 1] = int_cell(9);
  REQUIRE(writer->write(row).ok());
  REQUIRE(writer->write({}).ok());
  REQUIRE(writer->write(std::span(row).first(100)).ok());
  REQUIRE(writer->finish(false).ok());
  const Content content = read_all(folder / "a.rows");
  REQUIRE(content.status.ok());
  REQUIRE(content.rows.size() == 3);
  CHECK(content.rows[0][32] == "2:6");
  CHECK(content.rows[0][65] == "2:7");
  CHECK(content.rows[0][99] == "2:8");
  CHECK(content.rows[0][kWide - 1] == "2:9");
  CHECK(content.rows[0][98] == "null");
  CHECK(content.rows[1] == std::vector<std::string>(kWide, "null"));
  CHECK(content.rows[2][99] == "2:8");
  CHECK(content.rows[2][kWide - 1] == "null");
}

TEST_CASE("row file: many rows over many blocks") {
  ScratchFolder folder;
  constexpr std::int64_t kRows = 100'000;
  auto writer = create(folder / "a.rows");
  REQUIRE(writer->add_column({"id", DataType::kBigint}).ok());
  REQUIRE(writer->add_column({"text", DataType::kText}).ok());
  for (std::int64_t i = 0; i < kRows; ++i) {
    const std::string text = "row " + std::to_string(i * 7919);
    REQUIRE(writer->write(std::vector<Cell>{int_cell(i), text_cell(text)}).ok());
  }
  REQUIRE(writer->finish(false).ok());
  auto reader = std::move(RowFileReader::open(Env::real(), folder / "a.rows").value());
  CHECK(reader->row_count() == kRows);
  std::int64_t seen = 0;
  bool all_right = true;
  for (auto event = reader->next(); event.ok() && *event != RowFileReader::Event::kEnd; event = reader->next()) {
    if (*event != RowFileReader::Event::kRow) continue;
    const std::string text = "row " + std::to_string(seen * 7919);
    all_right = all_right && reader->cells()[0].number == seen &&
                std::string_view(reader->cells()[1].text, reader->cells()[1].size) == text;
    ++seen;
  }
  CHECK(all_right);
  CHECK(seen == kRows);
}

TEST_CASE("row file: cut off at every byte") {
  ScratchFolder folder;
  write_sample(folder / "whole.rows");
  const std::string whole = bytes_of(folder / "whole.rows");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put_bytes(folder / "cut.rows", std::string_view(whole).substr(0, size));
    const Content content = read_all(folder / "cut.rows");
    INFO("cut to " << size << " of " << whole.size() << " bytes");
    CHECK(content.status.code() == Code::kPackageCorrupt);
  }
}

TEST_CASE("row file: a byte taken out of the middle") {
  ScratchFolder folder;
  write_sample(folder / "whole.rows");
  const std::string whole = bytes_of(folder / "whole.rows");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string hole = whole;
    hole.erase(at, 1);
    put_bytes(folder / "hole.rows", hole);
    INFO("without byte " << at);
    CHECK(read_all(folder / "hole.rows").status.code() == Code::kPackageCorrupt);
  }
}

TEST_CASE("row file: every byte flipped") {
  ScratchFolder folder;
  write_sample(folder / "whole.rows");
  const std::string whole = bytes_of(folder / "whole.rows");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char bits : {'\x01', '\x80', '\xFF'}) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ bits);
      put_bytes(folder / "flipped.rows", flipped);
      INFO("byte " << at << " xor " << static_cast<int>(static_cast<unsigned char>(bits)));
      CHECK(read_all(folder / "flipped.rows").status.code() == Code::kPackageCorrupt);
    }
  }
}

TEST_CASE("row file: blocks swapped or left out") {
  ScratchFolder folder;
  auto writer = create(folder / "whole.rows");
  for (int i = 0; i < 3; ++i) {  // a column before each row: a block a row, all of one size
    REQUIRE(writer->add_column({"c" + std::to_string(i), DataType::kBigint}).ok());
    REQUIRE(writer->write(std::vector<Cell>{int_cell(i)}).ok());
  }
  REQUIRE(writer->finish(false).ok());
  const std::string whole = bytes_of(folder / "whole.rows");
  const std::size_t first = 20 + 5;
  const std::size_t second = 20 + 6;
  put_bytes(folder / "a.rows", whole.substr(0, 8 + first) + whole.substr(8 + first + second));
  CHECK(read_all(folder / "a.rows").status.code() == Code::kPackageCorrupt);
  put_bytes(folder / "b.rows", whole.substr(0, 8) + whole.substr(8 + first, second) + whole.substr(8, first) +
                                   whole.substr(8 + first + second));
  CHECK(read_all(folder / "b.rows").status.code() == Code::kPackageCorrupt);
}

// Goal: a wrong payload with right checksums must not crash either. Method: replace payloads by noise, then make the
// sums fit.
TEST_CASE("row file: noise with right checksums never crashes") {
  ScratchFolder folder;
  std::mt19937_64 random(20240607);
  for (int round = 0; round < 3000; ++round) {
    std::string payload;
    const std::uint32_t columns = static_cast<std::uint32_t>(random() % 5);
    for (std::uint32_t i = 0; i < columns; ++i) payload += {static_cast<char>(random() % 13), '\x01', 'c'};
    const std::size_t noise = random() % 60;
    for (std::size_t i = 0; i < noise; ++i) payload += static_cast<char>(random() % 4 == 0 ? random() % 4 : random());
    const std::uint32_t facts[3] = {static_cast<std::uint32_t>(payload.size()),
                                    static_cast<std::uint32_t>(random() % 5), columns};
    const std::string_view facts_bytes(reinterpret_cast<const char*>(facts), sizeof facts);
    const std::uint64_t check = checksum_64(payload, checksum_64(facts_bytes));
    std::uint64_t footer[3] = {facts[1], checksum_64({reinterpret_cast<const char*>(&check), 8}), 0};
    footer[2] = checksum_64({reinterpret_cast<const char*>(footer), 16});
    const std::string file = "loderow1" + std::string(facts_bytes) +
                             std::string(reinterpret_cast<const char*>(&check), 8) + payload +
                             std::string(reinterpret_cast<const char*>(footer), 24) + "lode.end";
    put_bytes(folder / "noise.rows", file);
    const Content content = read_all(folder / "noise.rows");
    if (!content.status.ok()) CHECK(content.status.code() == Code::kPackageCorrupt);
  }
}

TEST_CASE("row file: without checksums, rows come back all the same") {
  ScratchFolder folder;
  write_sample(folder / "with.rows");
  write_sample(folder / "without.rows", RowFileSums::kNo);
  const Content with = read_all(folder / "with.rows");
  const Content without = read_all(folder / "without.rows");
  REQUIRE(without.status.ok());
  CHECK(without.columns == with.columns);
  CHECK(without.rows == with.rows);
  const std::string bytes = bytes_of(folder / "without.rows");
  CHECK(bytes.substr(0, 8) == "loderaw1");
  CHECK(bytes.substr(8 + 12, 8) == std::string(8, '\0'));
  CHECK(bytes.substr(bytes.size() - 24, 8) == std::string(8, '\0'));
}

// Goal: damage must not switch the checks off. Method: each kind of file with the other's first bytes.
TEST_CASE("row file: a file does not pass for one of the other kind") {
  ScratchFolder folder;
  for (const RowFileSums sums : {RowFileSums::kYes, RowFileSums::kNo}) {
    write_sample(folder / "a.rows", sums);
    std::string bytes = bytes_of(folder / "a.rows");
    bytes.replace(0, 8, sums == RowFileSums::kYes ? "loderaw1" : "loderow1");
    put_bytes(folder / "b.rows", bytes);
    CHECK(read_all(folder / "b.rows").status.code() == Code::kPackageCorrupt);
  }
}

TEST_CASE("row file: without checksums, a damaged file never crashes") {
  ScratchFolder folder;
  write_sample(folder / "whole.rows", RowFileSums::kNo);
  const std::string whole = bytes_of(folder / "whole.rows");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char bits : {'\x01', '\x80', '\xFF'}) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ bits);
      put_bytes(folder / "flipped.rows", flipped);
      const Status status = read_all(folder / "flipped.rows").status;
      INFO("byte " << at << " xor " << static_cast<int>(static_cast<unsigned char>(bits)));
      CHECK((status.ok() || status.code() == Code::kPackageCorrupt));
    }
  }
}

TEST_CASE("row file: errors name the file") {
  ScratchFolder folder;
  CHECK(read_all(folder / "absent.rows").status.code() == Code::kNotFound);
  put_bytes(folder / "other.rows", std::string(100, 'x'));
  const Status status = read_all(folder / "other.rows").status;
  CHECK(status.code() == Code::kPackageCorrupt);
  CHECK(status.message().find("other.rows") != std::string::npos);
}
