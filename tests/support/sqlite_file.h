// A SQLite file seen from outside: what another program would do with it.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.h"

namespace lode::test {

class SqliteFile {
 public:
  explicit SqliteFile(const std::filesystem::path& path) {
    REQUIRE(sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr) == SQLITE_OK);
  }
  ~SqliteFile() { sqlite3_close(handle_); }
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;

  /// Rows as lines "1|Ada|null", in the order of the query.
  std::vector<std::string> query(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    INFO(sql << ": " << sqlite3_errmsg(handle_));
    REQUIRE(sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    std::vector<std::string> lines;
    int outcome = 0;
    while ((outcome = sqlite3_step(statement)) == SQLITE_ROW) {
      std::string line;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        line += (i > 0 ? "|" : "") + std::string(text == nullptr ? "null" : text);
      }
      lines.push_back(std::move(line));
    }
    INFO(sqlite3_errmsg(handle_));
    REQUIRE(outcome == SQLITE_DONE);
    sqlite3_finalize(statement);
    return lines;
  }
  void run(const std::string& sql) { query(sql); }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace lode::test
