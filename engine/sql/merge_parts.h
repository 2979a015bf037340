// MergeParts: what the statements of all merge strategies are made of. Not for use outside of engine/sql.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sql/merge.h"

namespace lode {

/// One merge in the making: knows the keys and columns of the chain and collects statements. Names in the texts: `d` is
/// a row of the destination, `s` a staged one. Owned by one call of merge_statements().
class MergeParts {
 public:
  MergeParts(const Dialect& dialect, const std::vector<const Table*>& chain, const MergeTables& tables);

  const Table& root() const { return *chain_[0]; }
  const std::vector<const Table*>& chain() const { return chain_; }
  bool has_nested() const { return chain_.size() > 1; }
  const Dialect& dialect() const { return dialect_; }
  std::int64_t created_at_us() const { return tables_.created_at_us; }
  const std::vector<std::string>& primary_key() const { return primary_key_; }
  const std::vector<std::string>& merge_key() const { return merge_key_; }

  /// In quotes; with an alias: d."name".
  std::string name(std::string_view column, std::string_view alias = {}) const;
  std::string final_table(const Table& table) const { return tables_.final_name(table); }
  std::string staging_table(const Table& table) const { return tables_.staging_name(table); }
  /// `d."a" = s."a" AND d."b" = s."b"`
  std::string all_equal(const std::vector<std::string>& keys, std::string_view left = "d",
                        std::string_view right = "s") const;

  /// Finds the column that identifies rows of the root table. Call it before row_key(). Errors: kSchemaInvalid.
  Status find_row_key();
  const std::string& row_key() const { return row_key_; }
  /// The column that identifies rows of any table of the chain. Errors: kSchemaInvalid.
  Result<std::string> row_key_of(const Table& table) const;

  /// Staged ids of root rows, and root keys of nested ones, may end in a mark (schema.h: kRowMark) that tells rows with
  /// the same id apart. From now on insert_rows() leaves it out.
  void expect_marks() { has_marks_ = true; }
  /// The id without its mark.
  std::string unmarked(const std::string& id) const { return has_marks_ ? dialect_.without_mark(id) : id; }
  /// A condition on rows of a nested table in the destination: their root row has one of the `ids`, a query for
  /// row_key()s. Where rows name their parent only it goes up from table to table, so children are to be deleted before
  /// their parents. Errors: kSchemaInvalid when rows name neither.
  Result<std::string> final_rows_below(const Table& table, const std::string& ids) const;
  /// The same for staged rows; `roots` is a table whose column `id` has staged row_key()s.
  Result<std::string> staged_rows_below(const Table& table, const std::string& roots) const;

  /// Whether a column marks deleted rows.
  bool has_deletions() const { return !hard_delete_.empty(); }
  /// Conditions on a staged row; "" when no column marks deleted rows.
  std::string is_kept(std::string_view alias = {}) const;
  std::string is_deleted(std::string_view alias = {}) const;

  /// Whether staged rows may share a primary key that only one of them may have.
  bool must_dedup() const;
  /// A query for `what` of the staged root rows, of those with one primary key the one that counts. Rows are called
  /// `numbered`. The part after the last WHERE is open: more conditions can be added with AND.
  std::string numbered_rows(const std::string& what) const;
  /// A query for `what` of those staged root rows that are to be inserted.
  std::string survivors(const std::string& what) const;

  void add(std::string statement) { statements_.push_back(std::move(statement)); }
  /// A temporary table from a query; `index`: columns by which its rows are looked up. Returns its name for SQL. One of
  /// the same name is dropped first.
  std::string make_temporary(std::string_view name, const std::string& query, const std::string& index = {});
  /// An index on staged or temporary rows where the database joins by indexes only.
  void make_index(const std::string& table, const std::string& columns);
  /// What columns of a staged row are in the destination, in the order of complete_columns(): their names, but for
  /// marks.
  std::vector<std::string> values(const Table& table, std::string_view alias = {}) const;
  /// `INSERT INTO final (columns) SELECT values FROM <from>`
  void insert_rows(const Table& table, const std::string& from, std::string_view alias = {});
  /// All statements, and those that drop the temporary tables.
  std::vector<std::string> take_statements();

 private:
  std::string dedup_order() const;
  Result<std::string> parent_key_of(const Table& table) const;
  const Table& parent_of(const Table& table) const;

  const Dialect& dialect_;
  const std::vector<const Table*>& chain_;
  const MergeTables& tables_;
  const std::vector<std::string> primary_key_;
  const std::vector<std::string> merge_key_;
  const std::string hard_delete_;
  std::string row_key_;
  bool has_marks_ = false;
  int indexes_ = 0;
  std::set<std::string> temporaries_;
  std::vector<std::string> statements_;
};

/// One strategy each: adds its statements. What they do is said in merge.h.
Status merge_by_delete_insert(MergeParts& parts);
Status merge_by_upsert(MergeParts& parts);
Status merge_by_insert_only(MergeParts& parts);
Status merge_by_scd2(MergeParts& parts);

}  // namespace lode
