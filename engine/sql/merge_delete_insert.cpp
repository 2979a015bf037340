// Merge by delete-insert: rows with keys that are staged go, then what is staged comes.
#include <fmt/format.h>

#include "base/text.h"
#include "sql/merge_parts.h"
#include "sql/statements.h"

namespace lode {
namespace {

// One EXISTS a key, so that each can use an index of the staging table; an OR inside one could not.
std::string is_staged(const MergeParts& parts) {
  std::vector<std::string> groups;
  for (const std::vector<std::string>* keys : {&parts.primary_key(), &parts.merge_key()}) {
    if (keys->empty()) continue;
    groups.push_back(fmt::format("EXISTS (SELECT 1 FROM {} AS s WHERE {})", parts.staging_table(parts.root()),
                                 parts.all_equal(*keys)));
  }
  return join(groups, " OR ");
}

Status delete_matching(MergeParts& parts) {
  const std::string root = parts.final_table(parts.root());
  if (!parts.has_nested()) {
    parts.add(fmt::format("DELETE FROM {} AS d WHERE {}", root, is_staged(parts)));
    return {};
  }
  const std::string row_key = parts.name(parts.row_key());
  const std::string deleted = parts.make_temporary(
      "deleted", fmt::format("SELECT d.{} AS id FROM {} AS d WHERE {}", row_key, root, is_staged(parts)));
  const std::string ids = "SELECT id FROM " + deleted;
  for (std::size_t i = parts.chain().size() - 1; i > 0; --i) {
    const Table& table = *parts.chain()[i];
    LODE_ASSIGN(const std::string condition, parts.final_rows_below(table, ids));
    parts.add(fmt::format("DELETE FROM {} WHERE {}", parts.final_table(table), condition));
  }
  parts.add(fmt::format("DELETE FROM {} WHERE {} IN ({})", root, row_key, ids));
  return {};
}

Status insert_with_nested(MergeParts& parts) {
  const bool all_survive = !parts.must_dedup() && !parts.has_deletions();
  std::string inserted;
  if (!all_survive) {
    inserted = parts.make_temporary("inserted", parts.survivors(parts.name(parts.row_key()) + " AS id"));
  }
  for (std::size_t i = 0; i < parts.chain().size(); ++i) {
    const Table& table = *parts.chain()[i];
    std::string from = parts.staging_table(table);
    if (!all_survive && i == 0) {
      from += fmt::format(" WHERE {} IN (SELECT id FROM {})", parts.name(parts.row_key()), inserted);
    } else if (!all_survive) {
      LODE_ASSIGN(const std::string condition, parts.staged_rows_below(table, inserted));
      from += " WHERE " + condition;
    }
    parts.insert_rows(table, from);
  }
  return {};
}

}  // namespace

Status merge_by_delete_insert(MergeParts& parts) {
  if (parts.has_nested()) LODE_TRY(parts.find_row_key());
  if (!parts.primary_key().empty() || !parts.merge_key().empty()) LODE_TRY(delete_matching(parts));
  if (parts.has_nested()) return insert_with_nested(parts);
  const std::vector<std::string> columns = complete_columns(parts.root());
  parts.add(insert_into(parts.dialect(), parts.final_table(parts.root()), columns) + " " +
            parts.survivors(name_list(parts.dialect(), columns)));
  return {};
}

}  // namespace lode
