// Merge by upsert and by insert-only: staged rows find theirs in the destination by the primary key. Which ones do is
// found out first, in one pass over the destination's table, and kept in a temporary table: there is no index on keys.
#include <fmt/format.h>

#include "base/text.h"
#include "sql/merge_parts.h"
#include "sql/statements.h"

namespace lode {
namespace {

// Names of the key columns in temporary tables: the table's own may be called `id` or `place`.
std::string key_alias(std::size_t number) { return fmt::format("k{}", number); }

// `m.k0 = s."a" AND m.k1 = s."b"`
std::string matches(const MergeParts& parts) {
  std::vector<std::string> equal;
  for (std::size_t i = 0; i < parts.primary_key().size(); ++i) {
    equal.push_back(fmt::format("m.{} = {}", key_alias(i), parts.name(parts.primary_key()[i], "s")));
  }
  return join(equal, " AND ");
}

// Staged rows of which no two have the same primary key: the staging table, or a copy of what counts in it.
std::string distinct_rows(MergeParts& parts) {
  if (!parts.must_dedup()) return parts.staging_table(parts.root());
  return parts.make_temporary(
      "distinct", parts.numbered_rows(name_list(parts.dialect(), complete_columns(parts.root()), "numbered.")),
      name_list(parts.dialect(), parts.primary_key()));
}

// The rows of the destination that `staged` has, too: their keys, their ids, and where they are if the database tells.
std::string find_matched(MergeParts& parts, const std::string& staged) {
  const std::string_view* const lock = parts.dialect().lock_table;
  if (!lock[0].empty()) parts.add(fmt::format("{}{}{}", lock[0], parts.final_table(parts.root()), lock[1]));
  std::string what;
  for (std::size_t i = 0; i < parts.primary_key().size(); ++i) {
    what += fmt::format("{}{} AS {}", i == 0 ? "" : ", ", parts.name(parts.primary_key()[i], "s"), key_alias(i));
  }
  if (!parts.dialect().row_place.empty()) what += fmt::format(", d.{} AS place", parts.dialect().row_place);
  if (parts.has_nested()) what += fmt::format(", {} AS id", parts.name(parts.row_key(), "d"));
  return parts.make_temporary(
      "matched", fmt::format("SELECT {} FROM {} AS d JOIN {} AS s ON {}", what, parts.final_table(parts.root()), staged,
                             parts.all_equal(parts.primary_key())));
}

// `staged` without what the destination has.
std::string unmatched(const MergeParts& parts, const std::string& staged, const std::string& matched) {
  const std::string kept = parts.is_kept("s");
  return fmt::format("{} AS s LEFT JOIN {} AS m ON {} WHERE m.{} IS NULL{}", staged, matched, matches(parts),
                     key_alias(0), kept.empty() ? "" : " AND " + kept);
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  for (const std::string& other : names) {
    if (other == name) return true;
  }
  return false;
}

// dlt's skip_unchanged_rows: a condition that is true where a staged row says something new; "" if all rows count.
std::string is_changed(const MergeParts& parts) {
  const Table& root = parts.root();
  if (!root.props().bool_or("x-merge-skip-unchanged-rows", false)) return "";
  if (const std::string version = root.first_with("x-row-version"); !version.empty()) {
    return fmt::format("{} <> {}", parts.name(version, "s"), parts.name(version, "d"));
  }
  std::vector<std::string> differ;
  for (const Column& column : root.columns()) {
    const bool counts = column.complete() && column.name() != kLoadIdColumn && !column.flag("primary_key") &&
                        !column.flag("row_key") && !column.flag("hard_delete");
    if (!counts) continue;
    differ.push_back(
        fmt::format("{} IS DISTINCT FROM {}", parts.name(column.name(), "s"), parts.name(column.name(), "d")));
  }
  return differ.empty() ? "" : "(" + join(differ, " OR ") + ")";
}

void update_matched(MergeParts& parts, const std::string& staged, const std::string& matched) {
  const std::vector<std::string> names = complete_columns(parts.root());
  const std::vector<std::string> values = parts.values(parts.root(), "s");
  std::vector<std::string> set;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!has(parts.primary_key(), names[i])) set.push_back(parts.name(names[i]) + " = " + values[i]);
  }
  if (set.empty()) return;
  const Dialect& dialect = parts.dialect();
  std::vector<std::string> where;
  if (!dialect.row_place.empty()) {
    where.push_back(fmt::format("d.{}{}SELECT place FROM {}{}", dialect.row_place, dialect.among_places[0], matched,
                                dialect.among_places[1]));
  }
  where.push_back(parts.all_equal(parts.primary_key()));
  for (const std::string& condition : {parts.is_kept("s"), is_changed(parts)}) {
    if (!condition.empty()) where.push_back(condition);
  }
  parts.add(fmt::format("UPDATE {} AS d SET {} FROM {} AS s WHERE {}", parts.final_table(parts.root()), join(set, ", "),
                        staged, join(where, " AND ")));
}

// The nested rows that the destination has of staged root rows. Those may have had another id before: of a table that
// was merged by delete-insert.
Status delete_nested(MergeParts& parts, const std::string& staged, const std::string& matched) {
  const std::string ids = fmt::format("SELECT id FROM {} UNION ALL SELECT {} FROM {}", matched,
                                      parts.unmarked(parts.name(parts.row_key())), staged);
  for (std::size_t i = parts.chain().size() - 1; i > 0; --i) {
    const Table& table = *parts.chain()[i];
    LODE_ASSIGN(const std::string condition, parts.final_rows_below(table, ids));
    parts.add(fmt::format("DELETE FROM {} WHERE {}", parts.final_table(table), condition));
  }
  return {};
}

// Staged nested rows of the root rows in `roots`, of all if it is "".
Status insert_nested(MergeParts& parts, const std::string& roots) {
  for (std::size_t i = 1; i < parts.chain().size(); ++i) {
    const Table& table = *parts.chain()[i];
    std::string from = parts.staging_table(table);
    if (!roots.empty()) {
      LODE_ASSIGN(const std::string condition, parts.staged_rows_below(table, roots));
      from += " WHERE " + condition;
    }
    parts.insert_rows(table, from);
  }
  return {};
}

}  // namespace

Status merge_by_upsert(MergeParts& parts) {
  if (parts.has_nested()) LODE_TRY(parts.find_row_key());
  parts.expect_marks();
  const std::string staged = distinct_rows(parts);
  const std::string matched = find_matched(parts, staged);
  if (parts.has_nested()) LODE_TRY(delete_nested(parts, staged, matched));
  if (parts.has_deletions()) {
    parts.add(fmt::format("DELETE FROM {} AS d WHERE EXISTS (SELECT 1 FROM {} AS s WHERE {} AND {})",
                          parts.final_table(parts.root()), staged, parts.all_equal(parts.primary_key()),
                          parts.is_deleted("s")));
  }
  update_matched(parts, staged, matched);
  parts.insert_rows(parts.root(), unmatched(parts, staged, matched), "s");
  if (!parts.has_nested()) return {};
  const bool all_count = !parts.must_dedup() && !parts.has_deletions();
  std::string inserted;
  if (!all_count) {
    const std::string kept = parts.is_kept();
    inserted = parts.make_temporary("inserted", fmt::format("SELECT {} AS id FROM {}{}", parts.name(parts.row_key()),
                                                            staged, kept.empty() ? "" : " WHERE " + kept));
  }
  return insert_nested(parts, inserted);
}

Status merge_by_insert_only(MergeParts& parts) {
  if (parts.has_nested()) LODE_TRY(parts.find_row_key());
  parts.expect_marks();
  const std::string staged = distinct_rows(parts);
  const std::string matched = find_matched(parts, staged);
  if (!parts.has_nested()) {
    parts.insert_rows(parts.root(), unmatched(parts, staged, matched), "s");
    return {};
  }
  const std::string inserted = parts.make_temporary(
      "inserted",
      fmt::format("SELECT {} AS id FROM {}", parts.name(parts.row_key(), "s"), unmatched(parts, staged, matched)));
  parts.insert_rows(parts.root(),
                    fmt::format("{} WHERE {} IN (SELECT id FROM {})", staged, parts.name(parts.row_key()), inserted));
  return insert_nested(parts, inserted);
}

}  // namespace lode
