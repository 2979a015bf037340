// NormalizerCore: the schema, its tables, and the shapes of rows. Walking the data is in rows.cpp.
#include "normalize/core.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "json/write.h"
#include "schema/contract.h"
#include "schema/hints.h"
#include "schema/root_key.h"
#include "schema/unicode.h"

namespace lode {
namespace {

using json::Cell;
using json::Kind;
using json::Value;

constexpr std::int64_t kNestingMax = 1000;  // dlt's default

Cell text_cell(std::string_view text) {
  Cell cell{};
  cell.kind = Kind::kText;
  cell.size = static_cast<std::uint32_t>(text.size());
  cell.text = text.data();
  return cell;
}

std::string identifier_or(const Naming& naming, std::string_view name) {
  Result<std::string> identifier = naming.identifier(name);
  return identifier ? std::move(*identifier) : std::string(name);
}

// Whatever of a table decides what happens to its rows.
std::uint64_t fingerprint_of(const Table& table) {
  std::uint64_t print = checksum_64(json::write(table.props()));
  for (const Column& column : table.columns()) {
    print =
        checksum_64(column.name(), print + static_cast<std::uint64_t>(column.type()) * 2 + (column.nullable() ? 1 : 0));
  }
  return print;
}

// Of RowShape::children.
std::string child_key(const std::vector<std::string>& list_path) {
  std::string key;
  for (const std::string& fragment : list_path) key.append(fragment).push_back('\0');
  return key;
}

const Value* find_propagation(const Schema& schema) {
  return schema.normalizers().find_path({"json", "config", "propagation"});
}

}  // namespace

NormalizerCore::NormalizerCore(std::shared_ptr<const Naming> naming, Schema& schema, RowSink& sink,
                               NormalizerOptions options)
    : naming_(std::move(naming)), schema_(schema), sink_(sink), options_(std::move(options)) {
  merge_strategy_ = options_.merge_needs_root_key ? "delete-insert" : "";
  load_id_cell_ = text_cell(options_.load_id);
  id_column_ = identifier_or(*naming_, kIdColumn);
  load_id_column_ = identifier_or(*naming_, kLoadIdColumn);
  parent_id_column_ = identifier_or(*naming_, kParentIdColumn);
  index_column_ = identifier_or(*naming_, kListIndexColumn);
  value_column_ = identifier_or(*naming_, "value");
  // The destination or the source's settings may have changed since the tables were made.
  for (const Table& table : std::as_const(schema_).tables()) update_root_key(schema_, table.name(), merge_strategy_);
  schema_revision_ = schema_.revision() - 1;
  setup_ = notice_schema_changes();
}

// Between pages others may have changed the schema: declared hints, merged what another thread found.
Status NormalizerCore::notice_schema_changes() {
  const Schema& schema = schema_;
  if (schema.revision() == schema_revision_) return Status();
  schema_revision_ = schema.revision();
  for (TableState& table : tables_) {
    const Table* known = schema.find_table(table.name());
    const std::uint64_t fingerprint = known == nullptr ? 0 : fingerprint_of(*known);
    if (fingerprint == table.fingerprint) continue;
    LODE_TRY(sync_slots(table, nullptr));
    table.contract.reset();
    ++table.epoch;
  }
  std::string settings = json::write(schema.settings()) + json::write(schema.normalizers());
  for (const Table& table : schema.tables()) {
    if (const Value* filters = table.props().find("filters")) settings += table.name() + json::write(*filters);
  }
  if (settings == settings_text_) return Status();
  settings_text_ = std::move(settings);
  LODE_ASSIGN(rules_, ColumnRules::from_schema(schema));
  propagates_ = find_propagation(schema) != nullptr;
  breaks_paths_ = schema.normalizers().bool_or("use_break_path_on_normalize", true);
  const Value* config = schema.normalizers().find_path({"json", "config"});
  nesting_max_ = config == nullptr ? kNestingMax : config->int_or("max_nesting", kNestingMax);
  column_keys_.clear();
  nested_names_.clear();
  ++names_version_;
  excludes_.clear();
  for (const Table& table : schema.tables()) {
    const Value* filters = table.props().find("filters");
    if (filters == nullptr || !filters->is_object()) continue;
    std::pair<std::vector<SimpleRegex>, std::vector<SimpleRegex>> compiled;
    for (const auto& [kind, patterns] : filters->members()) {
      for (std::size_t i = 0; patterns.is_list() && i < patterns.size(); ++i) {
        if (!patterns.items()[i].is_text()) continue;
        LODE_ASSIGN(SimpleRegex regex, SimpleRegex::compile(patterns.items()[i].as_text()));
        (kind == "excludes" ? compiled.first : compiled.second).push_back(std::move(regex));
      }
    }
    if (!compiled.first.empty()) excludes_.emplace_back(table.name(), std::move(compiled));
  }
  for (TableState& table : tables_) ++table.epoch;
  return Status();
}

TableState& NormalizerCore::table_state(const std::string& name) {
  TableState*& state = tables_by_name_[name];
  if (state == nullptr) {
    state = &tables_.emplace_back(name, tables_.size());
    sink_.add_table(name);
  }
  return *state;
}

// Gives every complete column of the schema's table a slot.
Status NormalizerCore::sync_slots(TableState& table, const Frame* frame) {
  const Table* known = std::as_const(schema_).find_table(table.name());
  if (known == nullptr) return Status();
  for (const Column& column : known->columns()) {
    if (!column.complete()) continue;
    const std::int32_t slot = table.slot_of(column.name());
    if (slot >= 0) {
      if (table.type_of(slot) == column.type()) continue;
      return Status::error(
          Code::kSchemaInvalid,
          fmt::format("table '{}': the type of column '{}' changed from {} to {} during a run", table.name(),
                      column.name(), type_name(table.type_of(slot)), type_name(column.type())));
    }
    if (table.slot_count() >= options_.columns_max) {
      Status status = Status::error(Code::kTooManyColumns,
                                    fmt::format("table '{}': more than the {} columns that the destination allows",
                                                table.name(), options_.columns_max))
                          .with("first column too many", column.name());
      return frame == nullptr ? std::move(status) : with_place(std::move(status), *frame, nullptr);
    }
    LODE_TRY(sink_.add_column(table.sink_table(), table.add_slot({column.name(), column.type()})));
    if (column.type() == DataType::kJson || !column.nullable()) ++table.epoch;
  }
  table.fingerprint = fingerprint_of(*known);
  return Status();
}

const std::pair<const std::string, std::string>& NormalizerCore::column_key(std::string_view key) {
  const auto found = column_keys_.find(key);
  if (found != column_keys_.end()) return *found;
  std::string normalized;
  if (!is_blank(key)) normalized = breaks_paths_ ? naming_->path(key) : identifier_or(*naming_, key);
  // A key of separators only would be a column without a name, which no database takes.
  if (normalized.empty()) normalized = "_empty";
  return *column_keys_.emplace(std::string(key), std::move(normalized)).first;
}

std::string NormalizerCore::table_key(std::string_view key) const {
  if (breaks_paths_) return naming_->table_path(key);
  Result<std::string> identifier = naming_->table_identifier(key);
  return identifier ? std::move(*identifier) : "";
}

const std::string& NormalizerCore::nested_name(const std::vector<std::string>& path, const std::string& key) {
  if (path.empty()) return key;
  nested_key_.clear();
  for (const std::string& fragment : path) {
    const auto size = static_cast<std::uint32_t>(fragment.size());  // fragments may have any byte in them
    nested_key_.append(reinterpret_cast<const char*>(&size), sizeof size).append(fragment);
  }
  nested_key_ += key;
  const auto found = nested_names_.find(nested_key_);
  if (found != nested_names_.end()) return found->second;
  std::vector<std::string> fragments = path;
  fragments.push_back(key);
  return nested_names_.emplace(nested_key_, naming_->shorten_fragments(fragments)).first->second;
}

// Whether objects and lists under this column stay in it, as JSON.
bool NormalizerCore::stays_nested(const TableState& table, std::string_view column, std::int64_t level) const {
  if (level <= 0) return true;
  const Table* known = std::as_const(schema_).find_table(table.name());
  const Column* declared = known == nullptr ? nullptr : known->find(column);
  if (declared != nullptr && declared->complete()) return declared->type() == DataType::kJson;
  return rules_.preferred_type(column) == DataType::kJson;
}

Status NormalizerCore::declare(const ResourceHints& declared) {
  ResourceHints hints = declared;
  if (!breaks_paths_) hints.table_name = table_key(hints.table_name.empty() ? hints.name : hints.table_name);
  LODE_ASSIGN(const std::vector<Table> tables, tables_from_hints(hints, *naming_));
  std::map<std::string, Table> before;
  for (const Table& table : tables) {
    if (const Table* known = std::as_const(schema_).find_table(table.name())) before.emplace(table.name(), *known);
  }
  LODE_ASSIGN(const std::vector<ContractFilter> filters, declare_resource(schema_, hints, *naming_, merge_strategy_));
  for (const Table& table : tables) {
    const auto known = before.find(table.name());
    remember_declared(table.name(), known == before.end() ? nullptr : &known->second);
  }
  propagates_ = propagates_ || find_propagation(schema_) != nullptr;
  for (const ContractFilter& filter : filters) {
    // Columns and nested tables that are refused here were not seen yet; the contract speaks again when they are.
    const bool is_root = filter.whole_table && filter.name == tables.front().name();
    if (is_root && !quarantine_) table_state(filter.name).is_discarded = true;
  }
  return {};
}

// What a declaration added is told with the first change that rows bring: a table without rows is no news.
void NormalizerCore::remember_declared(const std::string& name, const Table* before) {
  const Table* table = std::as_const(schema_).find_table(name);
  if (table == nullptr) return;
  SchemaChange::TableChange& change = declared_[name];
  change.table = name;
  change.is_new = change.is_new || before == nullptr;
  for (const Column& column : table->columns()) {
    const Column* known = before == nullptr ? nullptr : before->find(column.name());
    if (column.complete() && (known == nullptr || !known->complete())) change.columns.push_back(column);
  }
}

Result<RowShape*> NormalizerCore::root_shape(std::string_view table) {
  const auto found = roots_.find(table);
  if (found != roots_.end()) return found->second.get();
  const std::string name = table_key(table);
  if (name.empty()) return Status::error(Code::kSchemaInvalid, fmt::format("'{}' is no table name", table));
  auto shape = std::make_unique<RowShape>();
  shape->table = &table_state(name);
  if (std::as_const(schema_).find_table(name) == nullptr && !shape->table->is_discarded) {
    ResourceHints hints;
    hints.name = table;
    LODE_TRY(declare(hints));
  }
  update_root_key(schema_, name, merge_strategy_);
  // Who declared the table in the schema itself may have given it a root key there.
  propagates_ = propagates_ || find_propagation(schema_) != nullptr;
  shape->fragments = {name};
  const Table* known = std::as_const(schema_).find_table(name);
  const Value* normalizer = known == nullptr ? nullptr : known->props().find("x-normalizer");
  shape->level = normalizer == nullptr ? nesting_max_ : normalizer->int_or("max_nesting", nesting_max_);
  LODE_TRY(sync_slots(*shape->table, nullptr));
  schema_revision_ = schema_.revision();
  return roots_.emplace(std::string(table), std::move(shape)).first->second.get();
}

RowShape* NormalizerCore::find_child_shape(const RowShape& parent, const std::vector<std::string>& list_path) const {
  const auto found = parent.children.find(child_key(list_path));
  return found == parent.children.end() ? nullptr : found->second.get();
}

RowShape& NormalizerCore::child_shape(RowShape& parent, const std::vector<std::string>& list_path) {
  std::unique_ptr<RowShape>& child = parent.children[child_key(list_path)];
  if (child == nullptr) {
    child = std::make_unique<RowShape>();
    child->parent = &parent;
    child->fragments = parent.fragments;
    child->fragments.insert(child->fragments.end(), list_path.begin(), list_path.end());
    child->parent_table = parent.table->name();
    child->table = &table_state(naming_->shorten_fragments(child->fragments));
    child->level = parent.level - 1;
  }
  return *child;
}

RowShape& NormalizerCore::wrapper_shape(RowShape& shape) {
  if (shape.wrapper == nullptr) {
    shape.wrapper = std::make_unique<RowShape>();
    RowShape& wrapper = *shape.wrapper;
    wrapper.parent = shape.parent;
    wrapper.fragments = shape.fragments;
    wrapper.parent_table = shape.parent_table;
    wrapper.table = shape.table;
    // A list in a list costs a level more than its row; a root row that is no object costs none.
    wrapper.level = shape.parent == nullptr ? shape.level : shape.level - 1;
    wrapper.wrap_key = shape.parent == nullptr ? value_column_ : "list";
  }
  return *shape.wrapper;
}

bool NormalizerCore::needs_slow_path_only(const RowShape& shape, const Table& table) const {
  if (!excludes_.empty()) return true;
  if (shape.is_root) {
    const std::string strategy = merge_strategy_of(table, merge_strategy_);
    if (!strategy.empty() && strategy != "delete-insert") return true;  // ids are hashes of what is in the row
  }
  return std::any_of(shape.propagation.begin(), shape.propagation.end(),
                     [&](const auto& mapping) { return mapping.first != id_column_; }) ||
         (!shape.propagation.empty() && shape.parent != nullptr);
}

// Forgets what to do with fields. What they are called stays.
void NormalizerCore::forget(RowShape& shape) {
  shape.columns.clear();
  for (const auto& [place, child] : shape.children) child->source = nullptr;
  shape.object.forget();
  shape.single.forget();
  for (ObjectShape& inner : shape.inner_objects) inner.forget();
}

void NormalizerCore::forget_fields(RowShape& shape) {
  forget(shape);
  shape.names_version = names_version_;
  shape.is_crowded = false;
  shape.inner_objects.clear();
  for (ObjectShape* object : {&shape.object, &shape.single}) {
    *object = ObjectShape();
    object->row = &shape;
    object->level = shape.level;
  }
}

// Forgets what was learned and decides anew what follows from the schema alone.
void NormalizerCore::refresh(RowShape& shape) {
  TableState& table = *shape.table;
  shape.epoch = table.epoch;
  if (shape.names_version == names_version_) {
    forget(shape);
  } else {
    forget_fields(shape);
  }
  shape.inherited = nullptr;
  const Table* known = std::as_const(schema_).find_table(table.name());
  shape.is_root = shape.parent == nullptr || (known != nullptr && known->parent().empty());
  shape.propagation.clear();
  if (const Value* propagation = propagates_ ? find_propagation(schema_) : nullptr) {
    const auto add = [&](const Value* mapping) {
      if (mapping == nullptr || !mapping->is_object()) return;
      for (const auto& [from, to] : mapping->members()) {
        if (to.is_text()) shape.propagation.emplace_back(from, to.as_text());
      }
    };
    if (shape.is_root) add(propagation->find("root"));
    const Value* tables = propagation->find("tables");
    if (tables != nullptr) add(tables->find(table.name()));
  }
  // A row in progress may have handed values down already: its columns stay.
  std::vector<std::pair<std::string, Cell>>& handed_down = shape.handed_down.values;
  if (handed_down.empty()) {
    for (const auto& [from, to] : shape.propagation) handed_down.emplace_back(to, Cell{});
    ++shape.handed_down.version;
  }
  const bool hands_down_alike =
      std::equal(handed_down.begin(), handed_down.end(), shape.propagation.begin(), shape.propagation.end(),
                 [](const auto& value, const auto& mapping) { return value.first == mapping.second; });
  const auto slot_of = [&](const std::string& column, DataType type) {
    const std::int32_t slot = table.slot_of(column);
    return slot >= 0 && table.type_of(slot) == type ? slot : TableState::kNone;
  };
  shape.id_slot = slot_of(id_column_, DataType::kText);
  shape.load_id_slot = slot_of(load_id_column_, DataType::kText);
  shape.parent_id_slot = slot_of(parent_id_column_, DataType::kText);
  shape.index_slot = slot_of(index_column_, DataType::kBigint);
  shape.is_fast = known != nullptr && shape.id_slot >= 0 && hands_down_alike && !needs_slow_path_only(shape, *known) &&
                  (shape.is_root || (shape.parent_id_slot >= 0 && shape.index_slot >= 0));
}

std::vector<std::pair<std::string, std::uint64_t>> NormalizerCore::row_counts() const {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  for (const TableState& table : tables_) counts.emplace_back(table.name(), table.rows);
  return counts;
}

Status NormalizerCore::finish() {
  warnings_.clear();
  for (const TableState& state : tables_) {
    Table* table = state.rows == 0 ? nullptr : schema_.find_table(state.name());
    if (table == nullptr) continue;
    std::vector<std::string> never_seen;
    for (const Column& column : table->columns()) {
      if (column.complete()) continue;
      if (column.nullable()) {
        never_seen.push_back(column.name());
        continue;
      }
      const std::string_view what = column.flag("primary_key") ? "primary key"
                                    : column.flag("merge_key") ? "merge key"
                                                               : "required";
      return Status::error(Code::kUnboundColumn,
                           fmt::format("table '{}': {} column '{}' was declared, but no row has a value for it",
                                       table->name(), what, column.name()))
          .hint("check the spelling of the column, or give it a data_type if it is meant to be missing");
    }
    if (const auto nulls = null_only_.find(state.name()); nulls != null_only_.end()) {
      for (const std::string& name : nulls->second) {
        const Column* column = table->find(name);
        if (column == nullptr) never_seen.push_back(name);
      }
    }
    for (const std::string& name : never_seen) {
      warnings_.push_back(fmt::format(
          "table '{}': column '{}' has no value in any row, so it has no type and is left out", table->name(), name));
    }
    Value& normalizer = table->props()["x-normalizer"];
    normalizer.erase("evolve-columns-once");
    normalizer.set("seen-data", true);
  }
  schema_revision_ = schema_.revision();
  return Status();
}

}  // namespace lode
