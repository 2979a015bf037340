// Schema: the tables of one source, as dlt stores them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text_index.h"
#include "base/text_map.h"
#include "json/value.h"
#include "schema/types.h"

namespace lode {

/// One column: dlt's dictionary of properties, with the ones that the engine asks for often kept beside it.
/// A value; not synchronised.
class Column {
 public:
  Column() = default;
  Column(std::string name, DataType type, bool nullable = true);
  /// `props` as dlt stores them, "name" and "data_type" included or not. Errors: kSchemaInvalid.
  static Result<Column> from_props(std::string name, const json::Value& props);

  const std::string& name() const { return name_; }
  DataType type() const { return type_; }
  bool complete() const { return type_ != DataType::kNone; }
  bool nullable() const { return nullable_; }
  /// Whether the property says something, that is, is there and neither false nor null: "primary_key", "merge_key",
  /// "unique", "row_key", "parent_key", "root_key", "variant", "dedup_sort"… REQUIRES: not "nullable" or "timezone".
  bool flag(std::string_view property) const;
  std::optional<std::int64_t> precision() const;
  std::optional<std::int64_t> scale() const;
  /// `timezone: false` makes a timestamp naive.
  bool has_timezone() const;
  /// All properties in stored order, "name" among them.
  const json::Value& props() const { return props_; }
  void set(std::string_view property, json::Value value);  ///< keeps the cached fields true
  void erase(std::string_view property);

 private:
  std::string name_;
  DataType type_ = DataType::kNone;
  bool nullable_ = true;
  json::Value props_;
};

/// One table: its columns in stored order and dlt's other properties (parent, resource, write_disposition, x-…).
/// A value; not synchronised.
class Table {
 public:
  Table() = default;
  /// Without columns and properties.
  explicit Table(std::string name);
  /// A table at the top, as dlt makes it: write_disposition append, its own name as resource.
  static Table root(std::string name);
  static Table child(std::string name, std::string_view parent);
  /// From dlt's dictionary. Errors: kSchemaInvalid.
  static Result<Table> from_json(std::string name, const json::Value& stored);
  /// dlt's dictionary: name, columns, then the other properties.
  json::Value to_json() const;

  const std::string& name() const { return name_; }
  const std::vector<Column>& columns() const { return columns_; }
  const Column* find(std::string_view column) const;  ///< null if unknown
  Column* find(std::string_view column);
  std::optional<std::size_t> index_of(std::string_view column) const;
  /// Adds the column or overwrites its properties one by one; an incomplete column that becomes complete moves to the
  /// end.
  void merge_column(Column column);
  /// merge_column() for all columns of `partial`, then its properties. With `replace_compound`, keys and the like that
  /// `partial` declares (primary_key, merge_key, partition, cluster, incremental) replace those of this table instead
  /// of joining them: what happens when a resource declares its hints anew.
  void merge(Table partial, bool replace_compound = false);
  void erase_column(std::string_view column);
  bool has_complete_column() const;
  /// Name of the first column with the flag, "" if there is none; and of all of them. Incomplete columns count.
  std::string first_with(std::string_view flag) const;
  std::vector<std::string> all_with(std::string_view flag) const;

  std::string parent() const { return props_.text_or("parent", ""); }
  std::string resource() const { return props_.text_or("resource", ""); }
  bool seen_data() const;
  void set_seen_data();
  /// Properties other than name and columns.
  const json::Value& props() const { return props_; }
  json::Value& props() { return props_; }

 private:
  void append(Column column);
  void reindex();

  std::string name_;
  std::vector<Column> columns_;
  TextIndex index_;
  json::Value props_ = json::Value::object();
};

/// What a merge added: for reports and for destinations.
struct SchemaChange {
  struct TableChange {
    std::string table;
    bool is_new = false;
    std::vector<Column> columns;  ///< added ones, in order
  };
  std::vector<TableChange> tables;
  bool empty() const { return tables.empty(); }
};

inline constexpr std::string_view kLoadsTable = "_dlt_loads";
inline constexpr std::string_view kVersionTable = "_dlt_version";
inline constexpr std::string_view kStateTable = "_dlt_pipeline_state";
inline constexpr int kSchemaEngineVersion = 11;

// Columns that the engine adds; conventions of naming leave them as they are.
inline constexpr std::string_view kIdColumn = "_dlt_id";
inline constexpr std::string_view kLoadIdColumn = "_dlt_load_id";
inline constexpr std::string_view kParentIdColumn = "_dlt_parent_id";
inline constexpr std::string_view kListIndexColumn = "_dlt_list_idx";
inline constexpr std::string_view kRootIdColumn = "_dlt_root_id";

/// Two staged rows may have the same id when ids are hashes of keys. The load then tells them, and what hangs under
/// them, apart by what follows this character in their ids; no destination's table gets to see it.
inline constexpr char kRowMark = '\x1f';

/// The tables of one source. A value: copy it to freeze it. Not synchronised.
class Schema {
 public:
  /// A new schema as dlt makes it: _dlt_version and _dlt_loads tables, default hints, detections. `naming` is the
  /// convention that its names follow; the schema only records it.
  explicit Schema(std::string name, std::string_view naming = "snake_case");
  /// From dlt's stored dictionary, of this or an older engine version; version and hash are renewed if they do not
  /// match the content. Errors: kSchemaInvalid.
  static Result<Schema> from_json(const json::Value& stored);
  /// dlt's stored dictionary, keys in dlt's order; version and hash as of the last bump().
  json::Value to_json() const;

  const std::string& name() const { return name_; }
  std::int64_t version() const { return version_; }
  const std::string& version_hash() const { return version_hash_; }
  /// base64 SHA3-256 of the content, as dlt computes it: equal schemas hash equal on every machine.
  std::string content_hash() const;
  /// If the content changed since the last bump: version + 1, the hash renewed, the old one remembered. True if it did.
  /// The first bump of a new schema gives it its hash and leaves the version at 1.
  bool bump();
  /// The hash of the import file that this schema was last compared with; "" if there is none. Not part of the hash.
  std::string imported_version_hash() const { return extra_.text_or("imported_version_hash", ""); }
  void set_imported_version_hash(std::string_view hash);
  /// Takes over everything of `other`, its version and hash too; the hash that this had becomes a former one.
  void replace_content(Schema other);
  /// A copy without what runs note down in tables and columns (x-normalizer, x-loader, x-extractor), bumped.
  Schema without_processing_hints() const;
  /// Hashes of former versions, newest first; dlt keeps ten.
  const std::vector<std::string>& previous_hashes() const { return previous_hashes_; }
  /// Grows with every change and every non-const access: whoever keeps facts about the schema compares it.
  std::uint64_t revision() const { return revision_; }

  const std::vector<Table>& tables() const { return tables_; }
  const Table* find_table(std::string_view name) const;  ///< null if unknown; valid until a table is added
  Table* find_table(std::string_view name);
  /// Adds an empty table. REQUIRES: there is none of the name.
  Table& add_table(Table table);
  void erase_table(std::string_view name);
  /// Adds what `partial` has and this lacks, and overwrites what differs (Table::merge); returns the columns that were
  /// added or became complete.
  SchemaChange::TableChange merge(Table partial, bool replace_compound = false);
  /// Whether merge(partial) would contradict what is there: another parent, or a parent that is unknown.
  /// Errors: kSchemaInvalid.
  Status check_merge(const Table& partial) const;
  /// `root_table` and all its descendants by parent, parents first; empty if it is unknown.
  std::vector<const Table*> chain(std::string_view root_table) const;
  /// The table at the top of `table`'s parents.
  const Table& root_of(const Table& table) const;
  /// A property of the table or of the nearest parent that has it; null if none has.
  const json::Value* inherited(const Table& table, std::string_view property) const;
  /// Write disposition, inherited from the parents; append if nobody says.
  WriteDisposition disposition(const Table& table) const;
  /// Tables that hold users' rows: not the system tables, and not those without a complete column.
  std::vector<const Table*> data_tables() const;

  json::Value& settings() { return ++revision_, settings_; }
  const json::Value& settings() const { return settings_; }
  json::Value& normalizers() { return ++revision_, normalizers_; }
  const json::Value& normalizers() const { return normalizers_; }

 private:
  Schema() = default;
  json::Value content() const;
  Status check_parents() const;
  void remember_hash(const std::string& hash);
  void rebuild_index();

  std::string name_;
  std::int64_t version_ = 1;
  std::string version_hash_;
  std::vector<std::string> previous_hashes_;
  std::vector<Table> tables_;
  TextMap<std::size_t> index_;
  json::Value settings_;
  json::Value normalizers_;
  json::Value extra_ = json::Value::object();  ///< description, imported_version_hash and what we do not know
  std::uint64_t revision_ = 0;
};

/// Whether the name belongs to the engine: "_dlt_loads", "_dlt_id".
bool is_dlt_name(std::string_view name);

}  // namespace lode
