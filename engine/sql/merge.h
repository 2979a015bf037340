// Merge: the statements that bring staging tables into final ones, by the strategy of their root table.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/merge_strategy.h"
#include "schema/schema.h"
#include "sql/dialect.h"

namespace lode {

/// Where the rows of a merge are.
struct MergeTables {
  /// Qualified names, ready to be put into SQL.
  std::function<std::string(const Table&)> final_name;
  std::function<std::string(const Table&)> staging_name;
  /// The name of a temporary table, ready to be put into SQL: "deleted" -> temp._lode_deleted.
  std::function<std::string(std::string_view)> temporary_name;
  /// No two staged rows have the same primary key.
  bool is_distinct = false;
  /// When the package was made, microseconds since 1970: from then on scd2's new versions hold.
  std::int64_t created_at_us = 0;
};

/// Whether the table's rows must be staged: they are merged by another strategy than delete-insert, or it has keys, or
/// a column that marks deleted rows. Others are simply appended.
bool merge_needs_staging(const Table& root);

/// The statements for a root table and its nested tables (`chain`, parents first), in order. The strategy is the root
/// table's `x-merge-strategy`, else delete-insert. Of staged rows with the same primary key one counts (not for scd2):
/// the first by the column with the hint dedup_sort (nulls last), or the one that came first; its nested rows go with
/// it. A key that is null matches nothing. Temporary tables are dropped first if they are there, and at the end.
///  - delete-insert: rows of the destination whose primary key, or whose merge key, is staged go, with all their nested
///    rows; then staged rows are inserted, but for those that hard_delete marks, with their nested rows.
///  - upsert: rows of the destination whose primary key is staged are updated, or deleted where the staged row is
///    marked; others are inserted, unless they are marked. Nested rows of all these are replaced.
///  - insert-only: rows whose primary key the destination does not have are inserted with their nested rows, unless
///    they are marked. Nothing else happens.
///  - scd2: versions of rows that hold in the destination but are not staged end, all of them or, with a merge key,
///    those whose key is staged; staged versions that do not hold yet are inserted. Nothing is deleted.
/// Source: dlt's strategies; docs/differences-from-dlt.md says where they differ.
/// Errors: kSchemaInvalid when nested tables lack what ties them to their root, when scd2 lacks its columns.
Result<std::vector<std::string>> merge_statements(const Dialect& dialect, const std::vector<const Table*>& chain,
                                                  const MergeTables& tables);

}  // namespace lode
