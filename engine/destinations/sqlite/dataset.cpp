// Dataset: the tables of one SQLite file.
#include "destinations/sqlite/dataset.h"

#include <fmt/format.h>

#include "base/text.h"

namespace lode::sqlite {
namespace {

std::string_view database_of(Place place) { return place == Place::kStaging ? "temp" : "main"; }

}  // namespace

std::string Dataset::qualified(Place place, std::string_view table) const {
  return fmt::format("{}.{}", database_of(place),
                     spell_name(dialect(), place == Place::kIncoming ? incoming_name(table) : table));
}

Result<bool> Dataset::has_tables(const std::vector<std::string_view>& names) {
  for (const std::string_view name : names) {
    LODE_ASSIGN(const bool found,
                session().finds("SELECT 1 FROM main.sqlite_master WHERE type IN ('table', 'view') AND "
                                "name = ?1 COLLATE NOCASE",
                                {name}));
    if (!found) return false;
  }
  return true;
}

std::string Dataset::fold(std::string_view column) const { return to_lower(column); }

Result<SqlDataset::Columns> Dataset::look_up(Place place, const std::string& table) {
  LODE_ASSIGN(
      const std::unique_ptr<QueryRows> rows,
      session().select(fmt::format("PRAGMA {}.table_info({})", database_of(place),
                                   quote_name(dialect(), place == Place::kIncoming ? incoming_name(table) : table))));
  Columns columns;
  for (;;) {
    LODE_ASSIGN(const bool more, rows->next());
    if (!more) return columns;
    columns[to_lower(rows->value(1).as_text())] = rows->value(2).as_text();
  }
}

}  // namespace lode::sqlite
