// How rows of a load and rows of the destination become one table.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lode {

enum class MergeStrategy { kDeleteInsert, kUpsert, kInsertOnly, kScd2 };

/// "delete-insert"; nullopt for other texts.
std::optional<MergeStrategy> merge_strategy_from_name(std::string_view name);
std::string_view merge_strategy_name(MergeStrategy strategy);
/// "delete-insert, upsert": for messages.
std::string merge_strategy_names(const std::vector<MergeStrategy>& strategies);

}  // namespace lode
