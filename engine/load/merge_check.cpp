// What must hold of a table before its rows are merged.
#include "load/merge_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace lode {
namespace {

const std::vector<MergeStrategy> kAll = {MergeStrategy::kDeleteInsert, MergeStrategy::kUpsert,
                                         MergeStrategy::kInsertOnly, MergeStrategy::kScd2};

Result<MergeStrategy> find_strategy(const Table& root, const Destination& destination) {
  const std::vector<MergeStrategy>& able = destination.capabilities().merge_strategies;
  if (able.empty()) {
    return Status::error(Code::kDestinationRefused, fmt::format("{} cannot merge", destination.display()))
        .with("table", root.name())
        .hint("use write_disposition = \"append\" or \"replace\", or another destination");
  }
  const std::string name = root.props().text_or("x-merge-strategy", "");
  if (name.empty()) return able[0];
  const std::optional<MergeStrategy> strategy = merge_strategy_from_name(name);
  if (!strategy) {
    std::vector<std::string> words;
    for (const MergeStrategy known : kAll) words.emplace_back(merge_strategy_name(known));
    const std::string guess = closest(name, words);
    return Status::error(Code::kSchemaInvalid,
                         fmt::format("table '{}': there is no merge strategy '{}'", root.name(), name))
        .hint(guess.empty() ? "one of " + merge_strategy_names(kAll) : fmt::format("did you mean '{}'?", guess));
  }
  if (std::find(able.begin(), able.end(), *strategy) != able.end()) return *strategy;
  return Status::error(Code::kDestinationRefused,
                       fmt::format("table '{}': {} cannot merge by {}", root.name(), destination.display(), name))
      .with("it can", merge_strategy_names(able));
}

// Options of dlt that would change what is loaded and are not there.
Status check_options(const Table& root) {
  constexpr std::pair<std::string_view, std::string_view> kOptions[] = {
      {"x-merge-source-filter", "source_filter"}, {"x-merge-destination-scope", "destination_scope"}};
  for (const auto& [hint, option] : kOptions) {
    if (root.props().find(hint) == nullptr) continue;
    return Status::error(Code::kSchemaInvalid, fmt::format("table '{}': lode has no {}", root.name(), option))
        .hint("filter the rows in the script, with :add_filter; choose partitions with merge_key");
  }
  return {};
}

Status check_single(const Table& root, std::string_view hint) {
  std::vector<std::string> names;
  for (const Column& column : root.columns()) {
    const json::Value* value = column.props().find(hint);
    if (value != nullptr && !value->is_null() && !(value->is_bool() && !value->as_bool()))
      names.push_back(column.name());
  }
  if (names.size() < 2) return {};
  return Status::error(Code::kSchemaInvalid, fmt::format("table '{}': only one column can be {}, not {}", root.name(),
                                                         hint, join(names, ", ")));
}

}  // namespace

Status check_merge(const Table& root, const Destination& destination, bool knows_columns) {
  if (root.props().text_or("write_disposition", "") != "merge") return {};
  LODE_ASSIGN(const MergeStrategy strategy, find_strategy(root, destination));
  LODE_TRY(check_options(root));
  LODE_TRY(check_single(root, "hard_delete"));
  LODE_TRY(check_single(root, "dedup_sort"));
  const bool needs_key = strategy == MergeStrategy::kUpsert || strategy == MergeStrategy::kInsertOnly;
  if (knows_columns && needs_key && root.first_with("primary_key").empty()) {
    return Status::error(Code::kSchemaInvalid, fmt::format("table '{}': merging by {} needs a primary key", root.name(),
                                                           merge_strategy_name(strategy)))
        .hint("say which columns tell rows apart: primary_key = \"id\", or primary_key = { \"region\", \"id\" }");
  }
  return {};
}

}  // namespace lode
