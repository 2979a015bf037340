// Merge by delete-insert.
#include "sql/merge.h"

#include <fmt/format.h>

#include "base/text.h"

namespace lode {
namespace {

class Merge {
 public:
  Merge(const Dialect& dialect, const std::vector<const Table*>& chain, const MergeTables& tables)
      : dialect_(dialect), chain_(chain), tables_(tables), root_(*chain[0]) {}

  Result<std::vector<std::string>> statements() {
    primary_key_ = root_.all_with("primary_key");
    merge_key_ = root_.all_with("merge_key");
    row_key_ = root_.first_with("row_key");
    hard_delete_ = root_.first_with("hard_delete");
    if (chain_.size() > 1) {
      LODE_TRY(find_root_keys());
    }
    if (!primary_key_.empty() || !merge_key_.empty()) delete_matching();
    insert_rows();
    return std::move(out_);
  }

 private:
  std::string name(std::string_view column) const { return quote_name(dialect_, column); }

  std::string columns_of(const Table& table) const {
    std::vector<std::string> names;
    for (const Column& column : table.columns()) {
      if (column.complete()) names.push_back(name(column.name()));
    }
    return join(names, ", ");
  }

  // Nested rows belong to a root row by their root key; the children of the root itself also by their parent key.
  Status find_root_keys() {
    if (row_key_.empty()) {
      return Status::error(Code::kSchemaInvalid, fmt::format("table '{}' has nested tables but no row key column", root_.name()));
    }
    for (std::size_t i = 1; i < chain_.size(); ++i) {
      std::string key = chain_[i]->first_with("root_key");
      if (key.empty() && chain_[i]->parent() == root_.name()) key = chain_[i]->first_with("parent_key");
      if (key.empty()) {
        return Status::error(Code::kSchemaInvalid, fmt::format("nested table '{}' has no root key, so its rows cannot be merged",
                                                               chain_[i]->name()))
            .hint("the table was first loaded without merge; load it once with --full-refresh");
      }
      root_keys_.push_back(std::move(key));
    }
    return {};
  }

  std::string keys_match() const {
    const auto all_equal = [&](const std::vector<std::string>& keys) {
      std::vector<std::string> parts;
      for (const std::string& key : keys) parts.push_back(fmt::format("d.{0} = s.{0}", name(key)));
      return "(" + join(parts, " AND ") + ")";
    };
    std::vector<std::string> groups;
    if (!primary_key_.empty()) groups.push_back(all_equal(primary_key_));
    if (!merge_key_.empty()) groups.push_back(all_equal(merge_key_));
    return join(groups, " OR ");
  }

  void delete_matching() {
    const std::string root = tables_.final_name(root_);
    const std::string exists = fmt::format("EXISTS (SELECT 1 FROM {} AS s WHERE {})", tables_.staging_name(root_), keys_match());
    if (chain_.size() == 1) {
      out_.push_back(fmt::format("DELETE FROM {} AS d WHERE {}", root, exists));
      return;
    }
    out_.push_back(fmt::format("DROP TABLE IF EXISTS {}", tables_.deleted_name));
    out_.push_back(fmt::format("CREATE TEMPORARY TABLE {} AS SELECT d.{} AS id FROM {} AS d WHERE {}", tables_.deleted_name,
                               name(row_key_), root, exists));
    for (std::size_t i = 1; i < chain_.size(); ++i) {
      out_.push_back(fmt::format("DELETE FROM {} WHERE {} IN (SELECT id FROM {})", tables_.final_name(*chain_[i]),
                                 name(root_keys_[i - 1]), tables_.deleted_name));
    }
    out_.push_back(fmt::format("DELETE FROM {} WHERE {} IN (SELECT id FROM {})", root, name(row_key_), tables_.deleted_name));
  }

  // "" when nothing is deleted by a column.
  std::string kept_condition() const {
    if (hard_delete_.empty()) return "";
    const std::string column = name(hard_delete_);
    const bool is_bool = root_.find(hard_delete_)->type() == DataType::kBool;
    return is_bool ? fmt::format("({0} IS NULL OR {0} = FALSE)", column) : fmt::format("({} IS NULL)", column);
  }

  std::string dedup_order() const {
    for (const Column& column : root_.columns()) {
      const std::string order = column.props().text_or("dedup_sort", "");
      if (!order.empty()) return fmt::format("{} {}", name(column.name()), order == "desc" ? "DESC" : "ASC");
    }
    return "rowid DESC";  // the row that came last
  }

  // A query for the row keys (or, with `what` a list of columns, the rows) of staging that are to be inserted.
  std::string surviving(const std::string& what) const {
    const std::string kept = kept_condition();
    if (primary_key_.empty()) {
      return fmt::format("SELECT {} FROM {}{}", what, tables_.staging_name(root_), kept.empty() ? "" : " WHERE " + kept);
    }
    std::vector<std::string> keys;
    for (const std::string& key : primary_key_) keys.push_back(name(key));
    // Of several rows with one key one is chosen first; only then it counts whether that one is a deletion.
    return fmt::format(
        "SELECT {} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {}) AS _dlt_dedup_rn FROM {}) AS numbered "
        "WHERE _dlt_dedup_rn = 1{}",
        what, join(keys, ", "), dedup_order(), tables_.staging_name(root_), kept.empty() ? "" : " AND " + kept);
  }

  void insert_rows() {
    const std::string columns = columns_of(root_);
    out_.push_back(fmt::format("INSERT INTO {} ({}) {}", tables_.final_name(root_), columns, surviving(columns)));
    if (chain_.size() == 1) return;
    const bool all_survive = primary_key_.empty() && hard_delete_.empty();
    if (!all_survive) {
      out_.push_back(fmt::format("DROP TABLE IF EXISTS {}", tables_.inserted_name));
      out_.push_back(
          fmt::format("CREATE TEMPORARY TABLE {} AS {}", tables_.inserted_name, surviving(name(row_key_) + " AS id")));
    }
    for (std::size_t i = 1; i < chain_.size(); ++i) {
      const std::string nested = columns_of(*chain_[i]);
      out_.push_back(fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}{}", tables_.final_name(*chain_[i]), nested, nested,
                                 tables_.staging_name(*chain_[i]),
                                 all_survive ? ""
                                             : fmt::format(" WHERE {} IN (SELECT id FROM {})", name(root_keys_[i - 1]),
                                                           tables_.inserted_name)));
    }
  }

  const Dialect& dialect_;
  const std::vector<const Table*>& chain_;
  const MergeTables& tables_;
  const Table& root_;
  std::vector<std::string> primary_key_;
  std::vector<std::string> merge_key_;
  std::string row_key_;
  std::string hard_delete_;
  std::vector<std::string> root_keys_;              // of chain_[1], chain_[2]…
  std::vector<std::string> out_;
};

}  // namespace

Result<std::vector<std::string>> merge_statements(const Dialect& dialect, const std::vector<const Table*>& chain,
                                                  const MergeTables& tables) {
  LODE_ASSERT(!chain.empty());
  return Merge(dialect, chain, tables).statements();
}

}  // namespace lode
