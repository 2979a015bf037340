// Merge by delete-insert: the statements that bring staging tables into final ones.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/schema.h"
#include "sql/dialect.h"

namespace lode {

/// What a merge is made of.
struct MergeTables {
  /// Qualified names, ready to be put into SQL.
  std::function<std::string(const Table&)> final_name;
  std::function<std::string(const Table&)> staging_name;
  /// Names for the two temporary tables, ready to be put into SQL.
  std::string deleted_name;
  std::string inserted_name;
};

/// The statements for a root table and its nested tables (`chain`, root first, those that exist in staging), in order:
///  - rows of the destination whose primary or merge key is in staging go, with all their nested rows;
///  - of staging rows with the same primary key one stays (the greatest or least by dedup_sort if a column has that hint);
///  - those marked by hard_delete are not inserted.
/// Without keys the rows are appended. The statements leave the temporary tables behind; they are dropped first.
/// Source: dlt's delete-insert strategy. Errors: kSchemaInvalid when nested tables lack their root key.
Result<std::vector<std::string>> merge_statements(const Dialect& dialect, const std::vector<const Table*>& chain,
                                                  const MergeTables& tables);

}  // namespace lode
