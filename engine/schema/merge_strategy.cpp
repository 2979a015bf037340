// How rows of a load and rows of the destination become one table.
#include "schema/merge_strategy.h"

#include <utility>

#include "base/assert.h"
#include "base/text.h"

namespace lode {
namespace {

constexpr std::pair<MergeStrategy, std::string_view> kNames[] = {
    {MergeStrategy::kDeleteInsert, "delete-insert"},
    {MergeStrategy::kUpsert, "upsert"},
    {MergeStrategy::kInsertOnly, "insert-only"},
    {MergeStrategy::kScd2, "scd2"},
};

}  // namespace

std::optional<MergeStrategy> merge_strategy_from_name(std::string_view name) {
  for (const auto& [strategy, known] : kNames) {
    if (known == name) return strategy;
  }
  return std::nullopt;
}

std::string_view merge_strategy_name(MergeStrategy strategy) {
  for (const auto& [known, name] : kNames) {
    if (known == strategy) return name;
  }
  LODE_ASSERT(!"every strategy has a name");
  return "";
}

std::string merge_strategy_names(const std::vector<MergeStrategy>& strategies) {
  std::vector<std::string> names;
  for (const MergeStrategy strategy : strategies) names.emplace_back(merge_strategy_name(strategy));
  return join(names, ", ");
}

}  // namespace lode
