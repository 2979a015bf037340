// The statements that bring staging tables into final ones.
#include "sql/merge.h"

#include <fmt/format.h>

#include "sql/merge_parts.h"

namespace lode {

bool merge_needs_staging(const Table& root) {
  const std::string strategy = root.props().text_or("x-merge-strategy", "");
  return (!strategy.empty() && strategy != merge_strategy_name(MergeStrategy::kDeleteInsert)) ||
         !root.first_with("primary_key").empty() || !root.first_with("merge_key").empty() ||
         !root.first_with("hard_delete").empty();
}

Result<std::vector<std::string>> merge_statements(const Dialect& dialect, const std::vector<const Table*>& chain,
                                                  const MergeTables& tables) {
  LODE_ASSERT(!chain.empty());
  const std::string name =
      chain[0]->props().text_or("x-merge-strategy", merge_strategy_name(MergeStrategy::kDeleteInsert));
  const std::optional<MergeStrategy> strategy = merge_strategy_from_name(name);
  if (!strategy) {
    return Status::error(Code::kSchemaInvalid,
                         fmt::format("table '{}': there is no merge strategy '{}'", chain[0]->name(), name));
  }
  MergeParts parts(dialect, chain, tables);
  switch (*strategy) {
    case MergeStrategy::kDeleteInsert:
      LODE_TRY(merge_by_delete_insert(parts));
      break;
    case MergeStrategy::kUpsert:
      LODE_TRY(merge_by_upsert(parts));
      break;
    case MergeStrategy::kInsertOnly:
      LODE_TRY(merge_by_insert_only(parts));
      break;
    case MergeStrategy::kScd2:
      LODE_TRY(merge_by_scd2(parts));
      break;
  }
  return parts.take_statements();
}

}  // namespace lode
