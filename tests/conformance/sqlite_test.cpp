// The SQLite destination in the suite.
#include <sqlite3.h>

#include <algorithm>

#include "conformance/suite.h"
#include "destinations/builtin.h"
#include "support/scratch.h"

namespace lode::test {
namespace {

class SqliteTraits : public DestinationTraits {
 public:
  std::unique_ptr<Destination> open() override {
    json::Value spec = json::Value::object({{"type", "sqlite"}, {"file", (folder_ / "shop.db").string()}});
    if (!replace_strategy.empty()) spec.set("replace_strategy", replace_strategy);
    auto made = make_destination(spec, "data", Env::real());
    REQUIRE(made.ok());
    return std::move(*made);
  }

  std::optional<std::vector<std::string>> rows(const std::string& table,
                                               const std::vector<std::string>& columns) override {
    sqlite3* handle = nullptr;
    REQUIRE(sqlite3_open_v2((folder_ / "shop__data.db").c_str(), &handle, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
    std::optional<std::vector<std::string>> lines = query(handle, table, columns);
    sqlite3_close(handle);
    return lines;
  }

  std::string reads_back(const std::string& what, const std::string& usual) const override {
    if (what == "bool") return "1";
    if (what == "second") return usual + ".000000";
    if (what == "active") return usual + "+00:00";  // as with dlt
    if (what == "decimal") return "12.5";           // NUMERIC keeps the number, not its zeros; as with dlt
    return usual;
  }

 private:
  static std::optional<std::vector<std::string>> query(sqlite3* handle, const std::string& table,
                                                       const std::vector<std::string>& columns) {
    std::string sql = "SELECT ";
    for (std::size_t i = 0; i < columns.size(); ++i) sql += (i > 0 ? ", t.\"" : "t.\"") + columns[i] + "\"";
    sql += " FROM \"" + table + "\" AS t";
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) return std::nullopt;
    std::vector<std::string> lines;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      std::string line;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = static_cast<const char*>(sqlite3_column_blob(statement, i));
        if (sqlite3_column_type(statement, i) != SQLITE_BLOB)
          text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        const bool is_null = sqlite3_column_type(statement, i) == SQLITE_NULL;
        if (i > 0) line += "|";
        line += is_null ? "null"
                        : std::string(text == nullptr ? "" : text,
                                      static_cast<std::size_t>(sqlite3_column_bytes(statement, i)));
      }
      lines.push_back(std::move(line));
    }
    sqlite3_finalize(statement);
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  ScratchFolder folder_;
};

}  // namespace

LODE_DESTINATION_SUITE(Sqlite, SqliteTraits)

}  // namespace lode::test
