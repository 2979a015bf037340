// RowFeed: a row file as a table that SQLite can read from.
//
// The plain way to load rows binds each value to a prepared INSERT and steps it once a row. SQLite can also ask for the
// values itself: a virtual table gives out the cells of the row file, and one statement, INSERT INTO orders SELECT …
// FROM it, loads the whole file. That spares the entry into and exit from the statement for each row, and one copy of
// each value: about a quarter of the time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "destinations/sqlite/database.h"
#include "format/row_file.h"

namespace lode::sqlite {

/// Decimals of one column that a double could not hold.
struct LostDigits {
  std::uint64_t count = 0;
  std::string example;
};

/// Loads row files into tables. One a connection; must go before it.
class RowFeed {
 public:
  static Result<std::unique_ptr<RowFeed>> make(Database& database);
  ~RowFeed();

  /// Inserts all rows of `reader` into `table`, a qualified name ready for SQL, which has all their columns. Errors
  /// name the row; kCancelled soon after a stop; kPackageCorrupt from the reader; kDestinationRefused for an integer
  /// beyond 64 bits.
  Status insert(RowFileReader& reader, const std::string& table, std::stop_token stop);
  /// By column, of the last insert().
  const std::map<std::string, LostDigits>& lost_digits() const;

 private:
  struct Module;
  explicit RowFeed(Database& database);
  Status insert_run(const std::string& table);
  Database& database_;
  std::unique_ptr<Module> module_;
};

}  // namespace lode::sqlite
