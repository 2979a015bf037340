// Merge by delete-insert.
#include "sql/merge.h"

#include <fmt/format.h>

#include "base/text.h"
#include "sql/statements.h"

namespace lode {
namespace {

class Merge {
 public:
  Merge(const Dialect& dialect, const std::vector<const Table*>& chain, const MergeTables& tables)
      : dialect_(dialect),
        chain_(chain),
        tables_(tables),
        root_(*chain[0]),
        primary_key_(root_.all_with("primary_key")),
        merge_key_(root_.all_with("merge_key")),
        hard_delete_(root_.first_with("hard_delete")) {}

  Result<std::vector<std::string>> statements() {
    if (chain_.size() > 1) LODE_TRY(find_ties());
    if (!primary_key_.empty() || !merge_key_.empty()) delete_matching();
    if (chain_.size() > 1) {
      insert_with_nested();
    } else {
      insert_root(survivors(name_list(dialect_, complete_columns(root_))));
    }
    return std::move(statements_);
  }

 private:
  std::string name(std::string_view column) const { return quote_name(dialect_, column); }

  // What ties a nested row to its root row: the root key, or, one level down, the parent key.
  Status find_ties() {
    row_key_ = root_.first_with("row_key");
    if (row_key_.empty()) row_key_ = root_.first_with("unique");
    if (row_key_.empty() && primary_key_.size() == 1) row_key_ = primary_key_[0];
    if (row_key_.empty()) {
      return Status::error(
          Code::kSchemaInvalid,
          fmt::format("table '{}' has nested tables but no column that identifies its rows", root_.name()));
    }
    for (std::size_t i = 1; i < chain_.size(); ++i) {
      std::string key = chain_[i]->first_with("root_key");
      if (key.empty() && chain_[i]->parent() == root_.name()) key = chain_[i]->first_with("parent_key");
      if (key.empty()) {
        return Status::error(
                   Code::kSchemaInvalid,
                   fmt::format("the rows of nested table '{}' cannot be merged: they do not name their row of '{}'",
                               chain_[i]->name(), root_.name()))
            .hint("the table was loaded without merge before; load it once from the start, with --full-refresh");
      }
      ties_.push_back(std::move(key));
    }
    return {};
  }

  std::string all_equal(const std::vector<std::string>& keys) const {
    std::vector<std::string> parts;
    for (const std::string& key : keys) parts.push_back(fmt::format("d.{0} = s.{0}", name(key)));
    return join(parts, " AND ");
  }

  // One EXISTS a key, so that each can use an index of the staging table; an OR inside one could not.
  std::string is_staged() const {
    std::vector<std::string> groups;
    for (const std::vector<std::string>* keys : {&primary_key_, &merge_key_}) {
      if (keys->empty()) continue;
      groups.push_back(
          fmt::format("EXISTS (SELECT 1 FROM {} AS s WHERE {})", tables_.staging_name(root_), all_equal(*keys)));
    }
    return join(groups, " OR ");
  }

  void delete_matching() {
    const std::string root = tables_.final_name(root_);
    if (chain_.size() == 1) {
      statements_.push_back(fmt::format("DELETE FROM {} AS d WHERE {}", root, is_staged()));
      return;
    }
    make_temporary(tables_.deleted_name,
                   fmt::format("SELECT d.{} AS id FROM {} AS d WHERE {}", name(row_key_), root, is_staged()));
    for (std::size_t i = 1; i < chain_.size(); ++i) {
      statements_.push_back(fmt::format("DELETE FROM {} WHERE {} IN (SELECT id FROM {})",
                                        tables_.final_name(*chain_[i]), name(ties_[i - 1]), tables_.deleted_name));
    }
    statements_.push_back(
        fmt::format("DELETE FROM {} WHERE {} IN (SELECT id FROM {})", root, name(row_key_), tables_.deleted_name));
  }

  void make_temporary(const std::string& temporary, const std::string& query) {
    statements_.push_back("DROP TABLE IF EXISTS " + temporary);
    statements_.push_back(fmt::format("CREATE TEMPORARY TABLE {} AS {}", temporary, query));
    if (!dialect_.analyze.empty()) statements_.push_back(fmt::format("{} {}", dialect_.analyze, temporary));
  }

  // "" when no column marks deleted rows.
  std::string is_kept() const {
    if (hard_delete_.empty()) return "";
    const std::string column = name(hard_delete_);
    const bool is_bool = root_.find(hard_delete_)->type() == DataType::kBool;
    return is_bool ? fmt::format("({0} IS NULL OR {0} = FALSE)", column) : fmt::format("({} IS NULL)", column);
  }

  std::string dedup_order() const {
    for (const Column& column : root_.columns()) {
      const std::string order = column.props().text_or("dedup_sort", "");
      if (order.empty()) continue;
      return fmt::format("{} {}, {}", name(column.name()), order == "desc" ? "DESC" : "ASC", dialect_.insertion_order);
    }
    return std::string(dialect_.insertion_order);
  }

  bool must_dedup() const {
    return !primary_key_.empty() && !tables_.is_distinct && !root_.props().bool_or("x-stage-data-deduplicated", false);
  }

  // A query for `what` of those staged root rows that are to be inserted.
  std::string survivors(const std::string& what) const {
    const std::string staging = tables_.staging_name(root_);
    const std::string kept = is_kept();
    if (!must_dedup()) return fmt::format("SELECT {} FROM {}{}", what, staging, kept.empty() ? "" : " WHERE " + kept);
    // Of the rows with one key one is chosen; only then it counts whether that one is a deletion.
    return fmt::format(
        "SELECT {} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {}) AS _dlt_dedup_rn FROM {}) AS "
        "numbered "
        "WHERE _dlt_dedup_rn = 1{}",
        what, name_list(dialect_, primary_key_), dedup_order(), staging, kept.empty() ? "" : " AND " + kept);
  }

  void insert_root(const std::string& query) {
    statements_.push_back(insert_into(dialect_, tables_.final_name(root_), complete_columns(root_)) + " " + query);
  }

  void insert_with_nested() {
    const bool all_survive = !must_dedup() && hard_delete_.empty();
    const auto filter = [&](std::string_view key) {
      return all_survive ? "" : fmt::format(" WHERE {} IN (SELECT id FROM {})", name(key), tables_.inserted_name);
    };
    if (!all_survive) make_temporary(tables_.inserted_name, survivors(name(row_key_) + " AS id"));
    for (std::size_t i = 0; i < chain_.size(); ++i) {
      const std::vector<std::string> columns = complete_columns(*chain_[i]);
      statements_.push_back(fmt::format(
          "{} SELECT {} FROM {}{}", insert_into(dialect_, tables_.final_name(*chain_[i]), columns),
          name_list(dialect_, columns), tables_.staging_name(*chain_[i]), filter(i == 0 ? row_key_ : ties_[i - 1])));
    }
  }

  const Dialect& dialect_;
  const std::vector<const Table*>& chain_;
  const MergeTables& tables_;
  const Table& root_;
  const std::vector<std::string> primary_key_;
  const std::vector<std::string> merge_key_;
  const std::string hard_delete_;
  std::string row_key_;
  std::vector<std::string> ties_;  // of chain_[1], chain_[2]…
  std::vector<std::string> statements_;
};

}  // namespace

bool merge_needs_staging(const Table& root) {
  return !root.first_with("primary_key").empty() || !root.first_with("merge_key").empty() ||
         !root.first_with("hard_delete").empty();
}

Result<std::vector<std::string>> merge_statements(const Dialect& dialect, const std::vector<const Table*>& chain,
                                                  const MergeTables& tables) {
  LODE_ASSERT(!chain.empty());
  return Merge(dialect, chain, tables).statements();
}

}  // namespace lode
