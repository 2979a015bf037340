// NormalizerCore: the normalizer without package files: rows in, rows of flat tables out to a RowSink, schema grown.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "json/document.h"
#include "normalize/arena.h"
#include "normalize/coerce.h"
#include "normalize/column_rules.h"
#include "normalize/normalizer.h"
#include "normalize/row_sink.h"
#include "normalize/shape.h"
#include "normalize/table_state.h"
#include "schema/naming.h"
#include "schema/schema.h"

namespace lode {

/// One thread; `schema` and `sink` outlive it. Every row is tried on the fast path, which needs a known shape
/// (fast_path.cpp), and done by the slow path otherwise, which follows dlt's algorithm (slow_path.cpp,
/// new_columns.cpp). Both give the same rows.
class NormalizerCore {
 public:
  NormalizerCore(std::shared_ptr<const Naming> naming, Schema& schema, RowSink& sink, NormalizerOptions options);

  NormalizerCore(const NormalizerCore&) = delete;
  NormalizerCore& operator=(const NormalizerCore&) = delete;

  Status declare(const ResourceHints& declared);
  Status add(std::string_view table, const json::Rows& rows);
  void quarantine(TakeViolation take) { quarantine_ = std::move(take); }
  std::size_t row_in_page() const { return row_in_page_; }
  Status finish();
  const SchemaChange& changes() const { return changes_; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  std::vector<std::pair<std::string, std::uint64_t>> row_counts() const;

  /// For tests, which compare the two paths.
  void use_slow_path_only() { slow_only_ = true; }
  std::uint64_t slow_rows() const { return slow_rows_; }

 private:
  /// One row in progress and the way to it: the chain leads from a row to the row that holds the list that holds it.
  struct Frame {
    const Frame* up;
    RowShape* shape;
    const json::Cell* list;  ///< the list in `up`'s row that this row is an item of; null at the top
    std::uint64_t index;     ///< in the list, or in the page
    const json::Cell* row;
    const Inheritance* inherited;    ///< null: nothing
    const Inheritance* handed_down;  ///< to the rows of its lists, once the row is written
    json::Cell id;                   ///< the row's id, once it is known
    json::Cell index_cell;
    char id_text[kRowIdBytes];  ///< for rows of lists, the hash that will be the id if nothing else is

    /// `id` becomes what is in `id_text`.
    void set_own_id() {
      id = json::Cell{};
      id.kind = json::Kind::kText;
      id.size = kRowIdBytes;
      id.text = id_text;
    }
    void set_child_id() {
      set_own_id();
      index_cell = json::Cell{};
      index_cell.kind = json::Kind::kInt;
      index_cell.number = static_cast<std::int64_t>(index);
    }
  };
  struct PendingList {
    RowShape* shape;
    const json::Cell* list;
  };
  /// A list in a row that becomes rows of a child table.
  struct FlatList {
    Field* field;
    const json::Cell* list;
    RowShape* child;                ///< null: there were no rows at that place yet
    std::vector<std::string> path;  ///< to a child that is null
  };
  /// A row as dlt has it after flattening: values by column, in order; the last value of a name stays at the first's
  /// place. Names live in the normalizer and in what the row inherits.
  struct FlatRow {
    struct Column {
      std::string_view name;
      const json::Cell* value;  ///< null: taken out again
      Field* field;             ///< null: a column of the engine
    };
    std::vector<Column> columns;
    TextIndex places;
    std::vector<FlatList> lists;  ///< the last one of a place stays, at the place of the first
    std::vector<Field*> objects;  ///< fields whose objects were flattened
    void clear();
    void set(std::string_view name, const json::Cell* value, Field* field = nullptr);
    const json::Cell* find(std::string_view name) const;
    bool empty() const;
  };
  /// A value for a column that the table does not have yet.
  struct NewValue {
    std::string_view column;  ///< in the arena, or as in FlatRow
    json::Cell cell;
    const json::Cell* origin;  ///< the value in the data: for messages
  };
  /// One for each column of the partial table that goes with them, in the same order.
  using NewValues = std::vector<NewValue>;
  /// What fitting the values of a row to columns needs and makes.
  struct RowFit {
    TableState& table;
    const Table* known;  ///< null: not in the schema yet
    const Frame& frame;
    NewValues& fresh;
    Table partial;  ///< the new columns
  };
  enum class Outcome { kWritten, kDropped };

  // core.cpp: the schema, tables and shapes.
  Status notice_schema_changes();
  Result<RowShape*> root_shape(std::string_view table);
  void remember_declared(const std::string& name, const Table* before);
  TableState& table_state(const std::string& name);
  Status sync_slots(TableState& table, const Frame* frame);
  RowShape* find_child_shape(const RowShape& parent, const std::vector<std::string>& list_path) const;
  RowShape& child_shape(RowShape& parent, const std::vector<std::string>& list_path);
  RowShape& wrapper_shape(RowShape& shape);
  void refresh(RowShape& shape);
  void forget(RowShape& shape);
  void forget_fields(RowShape& shape);
  bool needs_slow_path_only(const RowShape& shape, const Table& table) const;
  /// A key of the data and what it is called in columns. Valid until the schema's settings change.
  const std::pair<const std::string, std::string>& column_key(std::string_view key);
  std::string table_key(std::string_view key) const;
  /// The column of a field inside objects; `key` is the second of a column_key(). Valid as that.
  const std::string& nested_name(const std::vector<std::string>& path, const std::string& key);
  bool stays_nested(const TableState& table, std::string_view column, std::int64_t level) const;

  // rows.cpp: walking the data.
  Status add_row(RowShape& shape, const json::Cell* value, Frame& frame);
  Status add_list(RowShape& shape, const json::Cell* list, const Frame& up);
  void hash_child_ids(const RowShape& shape, const Frame& up, std::size_t first, std::size_t count,
                      char (*ids)[kRowIdBytes]);
  Status write_row(TableState& table);
  void drop_row(TableState& table, std::size_t pending);

  // fast_path.cpp
  bool fill(RowShape& shape, const json::Cell* value);
  bool fill_object(RowShape& shape, const json::Cell* object);
  bool fill_value(RowShape& shape, const json::Cell* value);
  bool fill_ids(RowShape& shape, Frame& frame, bool is_scalar);
  bool fill_inherited(RowShape& shape, const Inheritance& inherited);
  bool store(TableState& table, const FieldPlan& plan, const json::Cell* value);
  bool store_converted(TableState& table, const FieldPlan& plan, const json::Cell* value);
  bool store_variant(TableState& table, const FieldPlan& plan, const json::Cell* value);
  bool put(TableState& table, std::int32_t slot, const json::Cell& cell);

  // slow_path.cpp
  Result<Outcome> add_slow(RowShape& shape, const json::Cell* value, Frame& frame);
  void flatten(RowShape& shape, const json::Cell* value, FlatRow& row);
  void add_member(RowShape& shape, Field& field, const json::Cell* value, FlatRow& row);
  void collect_members(ObjectShape& shape, const json::Cell* object);
  Field& field_of(ObjectShape& shape, std::string_view key, std::size_t& next);
  Field& single_field(RowShape& shape);
  ObjectShape& object_of(Field& field);
  FlatList flat_list(const RowShape& shape, Field& field, const json::Cell* list);
  Status add_ids(RowShape& shape, const json::Cell* value, bool is_scalar, FlatRow& row, Frame& frame);
  Result<const json::Cell*> make_root_id(RowShape& shape, const json::Cell* value, const FlatRow& row, Frame& frame);
  void hand_down(RowShape& shape, const FlatRow& row, Frame& frame);
  void exclude(const TableState& table, FlatRow& row) const;
  Result<Outcome> fit_and_write(RowShape& shape, FlatRow& row, const Frame& frame);

  // new_columns.cpp
  Status fit_row(const FlatRow& row, RowFit& fit);
  Status fit_value(RowFit& fit, std::string_view name, const json::Cell* value, const json::Cell* origin,
                   bool is_variant);
  void add_new_value(RowFit& fit, DataType type, bool is_variant, const NewValue& value) const;
  Status fit_null(const RowFit& fit, std::string_view name, const json::Cell* value);
  std::string variant_name(const Table* known, std::string_view name, DataType type) const;
  Result<Outcome> grow_schema(RowShape& shape, Table partial, NewValues& fresh, const Frame& frame);
  Result<Outcome> quarantine_parts(const Table& partial, const std::vector<ContractFilter>& filters,
                                   const Contract& contract, NewValues& fresh, const Frame& frame);
  bool quarantine_row(const TableState& table, const Status& status, const Frame& frame);
  Status violation(const Contract& contract, const Table& partial, const NewValues& fresh, Status status,
                   const Frame& frame) const;
  void record(SchemaChange::TableChange change);

  // learn.cpp
  void learn(RowShape& shape, const FlatRow& row, const Frame& frame);
  void learn_list(Field& field, RowShape& child);
  void learn_column(RowShape& shape, Field& field, const json::Cell* value, const Frame& frame);
  void learn_variant(const TableState& table, Field& field, const json::Cell* value);
  bool is_reserved(const RowShape& shape, std::string_view column, const Frame& frame) const;

  // error_text.cpp
  std::string path_of(const Frame& frame, const json::Cell* value) const;
  Status with_place(Status status, const Frame& frame, const json::Cell* value) const;

  std::shared_ptr<const Naming> naming_;
  Schema& schema_;
  RowSink& sink_;
  NormalizerOptions options_;
  std::string merge_strategy_;  ///< of merge tables that name none
  Status setup_;                ///< why settings of the schema cannot be used; ok if they can

  // Facts of the schema, renewed by notice_schema_changes().
  ColumnRules rules_;
  std::uint64_t schema_revision_ = 0;
  std::string settings_text_;
  bool breaks_paths_ = true;  ///< keys are paths: normalizers.use_break_path_on_normalize
  std::int64_t nesting_max_ = 0;
  bool propagates_ = false;  ///< rows hand values down; not switched on by what this run finds
  std::vector<std::pair<std::string, std::pair<std::vector<SimpleRegex>, std::vector<SimpleRegex>>>> excludes_;

  std::deque<TableState> tables_;
  TextMap<TableState*> tables_by_name_;
  TextMap<std::unique_ptr<RowShape>> roots_;  ///< by the name that the user wrote
  TextMap<std::string> column_keys_;
  TextMap<std::string> nested_names_;  ///< by the path's fragments, each behind its size, and the key
  std::uint64_t names_version_ = 1;    ///< grows when these names end

  // Names of the engine's columns, normalized.
  std::string id_column_, load_id_column_, parent_id_column_, index_column_, value_column_;

  Arena arena_;
  Coercer coercer_{arena_};
  RandomSource random_;
  std::vector<PendingList> pending_;
  // Of the row at hand, kept for their memory.
  std::vector<std::pair<ObjectShape*, const json::Cell*>> open_objects_;
  std::vector<std::pair<Field*, const json::Cell*>> members_;
  FlatRow flat_row_;
  NewValues new_values_;
  std::string nested_key_;
  json::Cell load_id_cell_{};
  json::Cell marked_id_{};      ///< of the last row whose id is a hash of its key
  std::string marked_id_text_;  ///< outlives the row: the rows below inherit it
  std::uint64_t keyed_rows_ = 0;
  std::string scratch_;

  TakeViolation quarantine_;  ///< null: contracts are applied
  std::size_t row_in_page_ = 0;
  mutable std::string error_path_;      ///< of the last error with a place
  mutable std::string error_contract_;  ///< what of the contract the last violation was about

  bool slow_only_ = false;
  std::uint64_t slow_rows_ = 0;
  std::map<std::string, std::set<std::string, std::less<>>> null_only_;
  SchemaChange changes_;
  std::map<std::string, SchemaChange::TableChange> declared_;  ///< not in changes_ yet
  std::map<std::string, std::size_t> changes_by_table_;
  std::vector<std::string> warnings_;
};

}  // namespace lode
