// MergeParts: what the statements of all merge strategies are made of.
#include "sql/merge_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "sql/statements.h"

namespace lode {

MergeParts::MergeParts(const Dialect& dialect, const std::vector<const Table*>& chain, const MergeTables& tables)
    : dialect_(dialect),
      chain_(chain),
      tables_(tables),
      primary_key_(chain[0]->all_with("primary_key")),
      merge_key_(chain[0]->all_with("merge_key")),
      hard_delete_(chain[0]->first_with("hard_delete")) {}

std::string MergeParts::name(std::string_view column, std::string_view alias) const {
  const std::string quoted = quote_name(dialect_, column);
  return alias.empty() ? quoted : fmt::format("{}.{}", alias, quoted);
}

std::string MergeParts::all_equal(const std::vector<std::string>& keys, std::string_view left,
                                  std::string_view right) const {
  std::vector<std::string> parts;
  for (const std::string& key : keys) parts.push_back(name(key, left) + " = " + name(key, right));
  return join(parts, " AND ");
}

Result<std::string> MergeParts::row_key_of(const Table& table) const {
  std::string key = table.first_with("row_key");
  if (key.empty()) key = table.first_with("unique");
  const std::vector<std::string> primary_key = table.all_with("primary_key");
  if (key.empty() && primary_key.size() == 1) key = primary_key[0];
  if (!key.empty()) return key;
  return Status::error(
      Code::kSchemaInvalid,
      &table == &root()
          ? fmt::format("table '{}' has nested tables but no column that identifies its rows", table.name())
          : fmt::format("nested table '{}' has no column that identifies its rows", table.name()));
}

Status MergeParts::find_row_key() {
  LODE_ASSIGN(row_key_, row_key_of(root()));
  return {};
}

Result<std::string> MergeParts::parent_key_of(const Table& table) const {
  std::string key = table.first_with("parent_key");
  if (!key.empty()) return key;
  return Status::error(Code::kSchemaInvalid,
                       fmt::format("the rows of nested table '{}' cannot be merged: they do not name their row of '{}'",
                                   table.name(), table.parent()))
      .hint("load the table once from the start, with --full-refresh");
}

const Table& MergeParts::parent_of(const Table& table) const {
  const auto parent =
      std::find_if(chain_.begin(), chain_.end(), [&](const Table* other) { return other->name() == table.parent(); });
  LODE_ASSERT(parent != chain_.end());
  return **parent;
}

Result<std::string> MergeParts::final_rows_below(const Table& table, const std::string& ids) const {
  if (const std::string root_key = table.first_with("root_key"); !root_key.empty()) {
    return fmt::format("{} IN ({})", name(root_key), ids);
  }
  LODE_ASSIGN(const std::string parent_key, parent_key_of(table));
  if (table.parent() == root().name()) return fmt::format("{} IN ({})", name(parent_key), ids);
  const Table& parent = parent_of(table);
  LODE_ASSIGN(const std::string row_key, row_key_of(parent));
  LODE_ASSIGN(const std::string condition, final_rows_below(parent, ids));
  return fmt::format("{} IN (SELECT {} FROM {} WHERE {})", name(parent_key), name(row_key), final_table(parent),
                     condition);
}

Result<std::string> MergeParts::staged_rows_below(const Table& table, const std::string& roots) const {
  if (const std::string root_key = table.first_with("root_key"); !root_key.empty()) {
    return fmt::format("{} IN (SELECT id FROM {})", name(root_key), roots);
  }
  LODE_ASSIGN(const std::string parent_key, parent_key_of(table));
  if (table.parent() == root().name()) {
    return fmt::format("{} IN (SELECT {} FROM {})", name(parent_key), unmarked("id"), roots);
  }
  const Table& parent = parent_of(table);
  LODE_ASSIGN(const std::string row_key, row_key_of(parent));
  LODE_ASSIGN(const std::string condition, staged_rows_below(parent, roots));
  return fmt::format("{} IN (SELECT {} FROM {} WHERE {})", name(parent_key), name(row_key), staging_table(parent),
                     condition);
}

std::string MergeParts::is_kept(std::string_view alias) const {
  if (hard_delete_.empty()) return "";
  const std::string column = name(hard_delete_, alias);
  const bool is_bool = root().find(hard_delete_)->type() == DataType::kBool;
  return is_bool ? fmt::format("({0} IS NULL OR {0} = FALSE)", column) : fmt::format("({} IS NULL)", column);
}

std::string MergeParts::is_deleted(std::string_view alias) const {
  if (hard_delete_.empty()) return "";
  const std::string column = name(hard_delete_, alias);
  const bool is_bool = root().find(hard_delete_)->type() == DataType::kBool;
  return is_bool ? fmt::format("{} = TRUE", column) : fmt::format("{} IS NOT NULL", column);
}

std::string MergeParts::dedup_order() const {
  for (const Column& column : root().columns()) {
    const std::string order = column.props().text_or("dedup_sort", "");
    if (order.empty()) continue;
    return fmt::format("{} {} NULLS LAST, {}", name(column.name()), order == "desc" ? "DESC" : "ASC",
                       dialect_.insertion_order);
  }
  return std::string(dialect_.insertion_order);
}

bool MergeParts::must_dedup() const {
  return !primary_key_.empty() && !tables_.is_distinct && !root().props().bool_or("x-stage-data-deduplicated", false);
}

std::string MergeParts::numbered_rows(const std::string& what) const {
  return fmt::format(
      "SELECT {} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {}) AS _dlt_dedup_rn FROM {}) AS "
      "numbered WHERE _dlt_dedup_rn = 1",
      what, name_list(dialect_, primary_key_), dedup_order(), staging_table(root()));
}

// Of the rows with one key one is chosen; only then it counts whether that one is a deletion.
std::string MergeParts::survivors(const std::string& what) const {
  const std::string kept = is_kept();
  if (must_dedup()) return numbered_rows(what) + (kept.empty() ? "" : " AND " + kept);
  return fmt::format("SELECT {} FROM {}{}", what, staging_table(root()), kept.empty() ? "" : " WHERE " + kept);
}

std::string MergeParts::make_temporary(std::string_view name, const std::string& query, const std::string& index) {
  const std::string temporary = tables_.temporary_name(name);
  add("DROP TABLE IF EXISTS " + temporary);
  temporaries_.insert(temporary);
  add(fmt::format("CREATE TEMPORARY TABLE {} AS {}", temporary, query));
  if (!index.empty()) make_index(temporary, index);
  if (!dialect_.analyze.empty()) add(fmt::format("{} {}", dialect_.analyze, temporary));
  return temporary;
}

std::vector<std::string> MergeParts::take_statements() {
  for (const std::string& temporary : temporaries_) add("DROP TABLE IF EXISTS " + temporary);
  return std::move(statements_);
}

void MergeParts::make_index(const std::string& table, const std::string& columns) {
  if (dialect_.temporary_index != nullptr) add(dialect_.temporary_index(table, columns, ++indexes_));
}

std::vector<std::string> MergeParts::values(const Table& table, std::string_view alias) const {
  const bool is_root = &table == &root();
  std::string marked;
  if (has_marks_) marked = table.first_with(is_root ? "row_key" : "root_key");
  if (has_marks_ && is_root && marked.empty()) marked = table.first_with("unique");
  std::vector<std::string> out;
  for (const std::string& column : complete_columns(table)) {
    out.push_back(column == marked ? unmarked(name(column, alias)) : name(column, alias));
  }
  return out;
}

void MergeParts::insert_rows(const Table& table, const std::string& from, std::string_view alias) {
  add(fmt::format("{} SELECT {} FROM {}", insert_into(dialect_, final_table(table), complete_columns(table)),
                  join(values(table, alias), ", "), from));
}

}  // namespace lode
