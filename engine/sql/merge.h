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

/// Where the rows of a merge are.
struct MergeTables {
  /// Qualified names, ready to be put into SQL.
  std::function<std::string(const Table&)> final_name;
  std::function<std::string(const Table&)> staging_name;
  /// Names for two temporary tables of one column, ready to be put into SQL; used only with nested tables.
  std::string deleted_name;
  std::string inserted_name;
  /// No two staged rows have the same primary key.
  bool is_distinct = false;
};

/// Whether the table's rows must be staged: it has keys, or a column that marks deleted rows. Others are simply
/// appended.
bool merge_needs_staging(const Table& root);

/// The statements for a root table and its nested tables (`chain`, parents first), in order:
///  - rows of the destination whose primary key, or whose merge key, is in staging go, with all their nested rows;
///  - of staged rows with the same primary key one stays: the first by the column with the hint dedup_sort, or the one
///  that came
///    first; its nested rows stay with it;
///  - then, a row that hard_delete marks as deleted is not inserted, nor are its nested rows.
/// A key that is null matches nothing. The temporary tables are dropped first if they are there, and left behind.
/// Source: dlt's delete-insert strategy. Errors: kSchemaInvalid when nested tables lack what ties them to their root.
Result<std::vector<std::string>> merge_statements(const Dialect& dialect, const std::vector<const Table*>& chain,
                                                  const MergeTables& tables);

}  // namespace lode
