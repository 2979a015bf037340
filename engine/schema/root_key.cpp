// The root key.
#include "schema/root_key.h"

namespace lode {
namespace {

using json::Value;

bool replaces_children(std::string_view strategy) {
  return strategy == "delete-insert" || strategy == "upsert" || strategy == "insert-only" || strategy == "cdc";
}

bool chain_has_root_key(const Schema& schema, const Table& root) {
  for (const Table* table : schema.chain(root.name())) {
    if (!table->first_with("root_key").empty()) return true;
  }
  return false;
}

}  // namespace

std::string merge_strategy_of(const Table& root, std::string_view default_strategy) {
  if (root.props().text_or("write_disposition", "") != "merge" || default_strategy.empty()) return "";
  return root.props().text_or("x-merge-strategy", default_strategy);
}

void update_root_key(Schema& schema, std::string_view table_name, std::string_view default_strategy) {
  const Schema& before = schema;
  const Table* table = before.find_table(table_name);
  if (table == nullptr) return;
  const Table& root = before.root_of(*table);
  const Value* config = before.normalizers().find_path({"json", "config"});
  const Value* setting = config == nullptr ? nullptr : config->find("root_key_propagation");
  bool required = false;
  if (!is_dlt_name(root.name())) {
    required = setting != nullptr && setting->is_bool() ? setting->as_bool()
                                                        : replaces_children(merge_strategy_of(root, default_strategy));
  }
  if (!required && !chain_has_root_key(before, root)) return;
  std::string row_key = root.first_with("row_key");
  if (row_key.empty()) row_key = kIdColumn;
  const Value* known = before.normalizers().find_path({"json", "config", "propagation", "tables"});
  known = known == nullptr ? nullptr : known->find(root.name());
  if (known != nullptr && known->text_or(row_key, "") == kRootIdColumn) return;
  const std::string root_name = root.name();
  schema.normalizers()["json"]["config"]["propagation"]["tables"][root_name].set(row_key, kRootIdColumn);
}

}  // namespace lode
