// Resource hints, read from the resource's dictionary.
#include "runtime/resource_hints.h"

#include <algorithm>

namespace lode {
namespace {

using json::Value;

std::vector<std::string> names_of(const Value* value) {
  std::vector<std::string> names;
  if (value != nullptr && value->is_text()) names.push_back(value->as_text());
  if (value != nullptr && value->is_list()) {
    for (const Value& name : value->items()) names.push_back(name.is_text() ? name.as_text() : "");
  }
  return names;
}

void read_table_hints(const Value& said, TableHints& hints) {
  if (const Value* value = said.find("write_disposition")) hints.write_disposition = *value;
  if (const Value* value = said.find("columns")) hints.columns = *value;
  if (const Value* value = said.find("schema_contract")) hints.schema_contract = *value;
  if (const Value* value = said.find("references")) hints.references = *value;
  hints.table_format = said.text_or("table_format", "");
  hints.file_format = said.text_or("file_format", "");
  hints.primary_key = names_of(said.find("primary_key"));
  hints.merge_key = names_of(said.find("merge_key"));
}

}  // namespace

Result<DeclaredHints> read_hints(const Resource& resource, const std::string& table) {
  DeclaredHints read;
  const Value& said = resource.hints;
  ResourceHints& hints = read.hints;
  hints.name = resource.name;
  hints.table_name = table;
  read_table_hints(said, hints);
  if (const Value* value = said.find("max_table_nesting"); value != nullptr && value->is_int()) {
    hints.max_table_nesting = value->as_int();
  }
  if (const Value* nested = said.find("nested_hints"); nested != nullptr && nested->is_list()) {
    for (const Value& entry : nested->items()) {
      NestedHints inner;
      read_table_hints(entry, inner);
      inner.path = names_of(entry.find("path"));
      hints.nested.push_back(std::move(inner));
    }
  }
  if (resource.incremental && resource.incremental->cursor_path.find_first_of(".[$*") == std::string::npos) {
    hints.cursor_column = resource.incremental->cursor_path;
  }
  if (said.text_or("on_violation", "") == "quarantine") read.on_violation = OnViolation::kQuarantine;
  const Value* declared = said.find("model");
  if (declared == nullptr) return read;
  LODE_ASSIGN(read.model, Model::from_json(*declared));
  hints.columns = read.model->columns();
  LODE_ASSIGN(hints.schema_contract, read.model->contract(hints.schema_contract));
  for (NestedHints& inner : read.model->nested_hints()) {
    const bool is_said = std::any_of(hints.nested.begin(), hints.nested.end(),
                                     [&](const NestedHints& other) { return other.path == inner.path; });
    if (!is_said) hints.nested.push_back(std::move(inner));
  }
  return read;
}

}  // namespace lode
