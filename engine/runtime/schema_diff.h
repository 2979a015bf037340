// Schema diff: what one schema has that another lacks or says otherwise.
#pragma once

#include <string>
#include <vector>

#include "json/value.h"
#include "schema/schema.h"

namespace lode {

/// What became of one table. A value.
struct TableDiff {
  enum class Change { kSame, kNew, kChanged };
  /// A property of a table or column; null where it is not there.
  struct Property {
    std::string name;
    json::Value before;
    json::Value after;
  };
  struct ColumnDiff {
    std::string name;
    DataType type = DataType::kNone;  ///< afterwards
    bool is_new = false;
    std::vector<Property> properties;  ///< of a column that was there: what changed, at least one
  };
  std::string table;
  Change change = Change::kSame;
  std::vector<ColumnDiff> columns;   ///< new and changed ones, in the order of `after`; of a new table all
  std::vector<Property> properties;  ///< of a table that was there

  json::Value to_json() const;
};

/// For each table of users' rows in `after`, in its order, how it differs from `before`; null: there was nothing.
/// Tables and columns are never dropped, so what only `before` has is the same afterwards. Columns without a type, and
/// what runs note down for themselves (x-normalizer and the like), do not count.
std::vector<TableDiff> diff_schemas(const Schema* before, const Schema& after);

}  // namespace lode
