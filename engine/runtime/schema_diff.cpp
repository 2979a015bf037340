// Schema diff: what one schema has that another lacks or says otherwise.
#include "runtime/schema_diff.h"

#include <algorithm>

namespace lode {
namespace {

bool is_note_of_runs(const std::string& property) {
  return property == "x-normalizer" || property == "x-loader" || property == "x-extractor";
}

std::vector<TableDiff::Property> diff_properties(const json::Value& before, const json::Value& after) {
  std::vector<TableDiff::Property> changes;
  for (const auto& [name, value] : after.members()) {
    const json::Value* was = before.find(name);
    if (is_note_of_runs(name) || (was != nullptr && *was == value)) continue;
    changes.push_back({name, was != nullptr ? *was : json::Value(), value});
  }
  for (const auto& [name, was] : before.members()) {
    if (!is_note_of_runs(name) && after.find(name) == nullptr) changes.push_back({name, was, json::Value()});
  }
  return changes;
}

TableDiff diff_tables(const Table* before, const Table& after) {
  TableDiff diff;
  diff.table = after.name();
  for (const Column& column : after.columns()) {
    if (!column.complete()) continue;
    const Column* was = before != nullptr ? before->find(column.name()) : nullptr;
    const bool is_new = was == nullptr || !was->complete();
    TableDiff::ColumnDiff change{column.name(), column.type(), is_new, {}};
    if (!is_new) change.properties = diff_properties(was->props(), column.props());
    if (is_new || !change.properties.empty()) diff.columns.push_back(std::move(change));
  }
  if (before != nullptr) diff.properties = diff_properties(before->props(), after.props());
  const bool has_changes = !diff.columns.empty() || !diff.properties.empty();
  diff.change = before == nullptr ? TableDiff::Change::kNew
                : has_changes     ? TableDiff::Change::kChanged
                                  : TableDiff::Change::kSame;
  return diff;
}

json::Value properties_json(const std::vector<TableDiff::Property>& properties) {
  json::Value list = json::Value::list();
  for (const TableDiff::Property& property : properties) {
    list.push_back(
        json::Value::object({{"name", property.name}, {"before", property.before}, {"after", property.after}}));
  }
  return list;
}

}  // namespace

std::vector<TableDiff> diff_schemas(const Schema* before, const Schema& after) {
  std::vector<TableDiff> diffs;
  for (const Table* table : after.data_tables()) {
    const Table* was = before != nullptr ? before->find_table(table->name()) : nullptr;
    diffs.push_back(diff_tables(was != nullptr && was->has_complete_column() ? was : nullptr, *table));
  }
  return diffs;
}

json::Value TableDiff::to_json() const {
  json::Value column_list = json::Value::list();
  for (const ColumnDiff& column : columns) {
    column_list.push_back(json::Value::object({{"name", column.name},
                                               {"change", column.is_new ? "added" : "changed"},
                                               {"data_type", type_name(column.type)},
                                               {"properties", properties_json(column.properties)}}));
  }
  const char* word = change == Change::kNew ? "new" : change == Change::kChanged ? "changed" : "same";
  return json::Value::object({{"table", table},
                              {"change", word},
                              {"columns", std::move(column_list)},
                              {"properties", properties_json(properties)}});
}

}  // namespace lode
