// The slow path: a row the way dlt does it, step by step. It serves every row that a shape does not know; exactness
// comes before speed here.
#include <algorithm>

#include "base/digest.h"
#include "json/write.h"
#include "normalize/core.h"
#include "normalize/json_text.h"
#include "schema/root_key.h"
#include "schema/unicode.h"

namespace lode {
namespace {

using json::Cell;
using json::Kind;
using json::Ref;
using json::Value;

constexpr std::size_t kIdHashBytes = 10;

}  // namespace

void NormalizerCore::FlatRow::clear() {
  columns.clear();
  places.clear();
  lists.clear();
  objects.clear();
}

void NormalizerCore::FlatRow::set(std::string_view name, const Cell* value, Field* field) {
  const std::uint32_t place = places.find(name, [&](std::uint32_t at) { return columns[at].name; });
  if (place == TextIndex::kNone) {
    places.add(name, static_cast<std::uint32_t>(columns.size()));
    columns.push_back({name, value, field});
    return;
  }
  columns[place].value = value;
  // Two fields for one column: which one stays depends on the whole row.
  if (field == nullptr) return;
  field->plan().always_slow = true;
  if (Field* other = columns[place].field) other->plan().always_slow = true;
}

const Cell* NormalizerCore::FlatRow::find(std::string_view name) const {
  const std::uint32_t place = places.find(name, [&](std::uint32_t at) { return columns[at].name; });
  return place == TextIndex::kNone ? nullptr : columns[place].value;
}

bool NormalizerCore::FlatRow::empty() const {
  return std::all_of(columns.begin(), columns.end(), [](const Column& column) { return column.value == nullptr; });
}

Result<NormalizerCore::Outcome> NormalizerCore::add_slow(RowShape& shape, const Cell* value, Frame& frame) {
  const bool is_scalar = value->kind != Kind::kObject && shape.wrap_key.empty();
  if (shape.is_crowded) forget_fields(shape);
  FlatRow& row = flat_row_;
  row.clear();
  flatten(shape, value, row);
  if (frame.inherited != nullptr) {
    for (const auto& [column, cell] : frame.inherited->values) row.set(column, &cell);
  }
  LODE_TRY(add_ids(shape, value, is_scalar, row, frame));
  hand_down(shape, row, frame);
  LODE_ASSIGN(const Outcome outcome, fit_and_write(shape, row, frame));
  if (outcome == Outcome::kDropped) return outcome;
  for (FlatList& list : row.lists) {
    if (list.child == nullptr) list.child = &child_shape(shape, list.path);
    pending_.push_back({list.child, list.list});
  }
  if (shape.epoch != shape.table->epoch) refresh(shape);
  learn(shape, row, frame);
  return outcome;
}

// Objects inside the row are done after all fields beside them, the last one first. Lists are set aside.
void NormalizerCore::flatten(RowShape& shape, const Cell* value, FlatRow& row) {
  if (value->kind != Kind::kObject || !shape.wrap_key.empty()) {
    add_member(shape, single_field(shape), value, row);
    return;
  }
  open_objects_.clear();
  open_objects_.emplace_back(&shape.object, value);
  while (!open_objects_.empty()) {
    const auto [object_shape, object] = open_objects_.back();
    open_objects_.pop_back();
    collect_members(*object_shape, object);
    for (const auto& [field, member] : members_) add_member(shape, *field, member, row);
  }
}

// The members of an object as a dictionary has them: of those with one name the last stays, at the place of the first.
void NormalizerCore::collect_members(ObjectShape& shape, const Cell* object) {
  members_.clear();
  const std::uint64_t mark = shape.new_mark();
  std::size_t next = 0;
  Ref key(object + 1);
  for (std::uint32_t i = 0; i < object->size; ++i) {
    const Cell* value = key.cell() + 1;
    Field& field = field_of(shape, key.as_text(), next);
    if (field.seen == mark) {
      members_[field.place].second = value;
    } else {
      field.seen = mark;
      field.place = static_cast<std::uint32_t>(members_.size());
      members_.emplace_back(&field, value);
    }
    key = Ref(value).next();
  }
}

// The field of a key; `next` is where it is expected.
Field& NormalizerCore::field_of(ObjectShape& shape, std::string_view key, std::size_t& next) {
  const bool is_next = next < shape.order.size() && shape.order[next].key_text() == key;
  Field* field = is_next ? shape.order[next].field : shape.find(key);
  if (field == nullptr) {
    const auto& [kept_key, fragment] = column_key(key);
    field = &shape.add(kept_key, nested_name(shape.path, fragment));
  }
  next = field->position + 1;
  return *field;
}

Field& NormalizerCore::single_field(RowShape& shape) {
  if (!shape.single.order.empty()) return *shape.single.order.front().field;
  if (shape.wrap_key.empty()) return shape.single.add(value_column_, value_column_);
  return shape.single.add(shape.wrap_key, column_key(shape.wrap_key).second);
}

ObjectShape& NormalizerCore::object_of(Field& field) {
  if (field.object == nullptr) {
    const ObjectShape& outer = *field.in;
    ObjectShape& inner = outer.row->inner_objects.emplace_back();
    inner.row = outer.row;
    inner.path = outer.path;
    inner.path.push_back(column_key(field.plan().key_text()).second);
    inner.level = outer.level - 1;
    field.object = &inner;
  }
  return *field.object;
}

void NormalizerCore::add_member(RowShape& shape, Field& field, const Cell* value, FlatRow& row) {
  const bool is_container = value->kind == Kind::kObject || value->kind == Kind::kList;
  if (!is_container || stays_nested(*shape.table, field.column, field.in->level)) {
    row.set(field.column, value, &field);
    return;
  }
  if (value->kind == Kind::kObject) {
    row.objects.push_back(&field);
    open_objects_.emplace_back(&object_of(field), value);
    return;
  }
  FlatList added = flat_list(shape, field, value);
  const auto same = std::find_if(row.lists.begin(), row.lists.end(), [&](const FlatList& list) {
    return list.child == added.child && list.path == added.path;
  });
  if (same == row.lists.end()) {
    row.lists.push_back(std::move(added));
    return;
  }
  // Two lists for one table: which one stays depends on the whole row.
  same->list = value;
  same->field->plan().always_slow = field.plan().always_slow = true;
}

NormalizerCore::FlatList NormalizerCore::flat_list(const RowShape& shape, Field& field, const Cell* list) {
  FlatList flat{.field = &field, .list = list, .child = field.list, .path = {}};
  if (flat.child != nullptr) return flat;
  flat.path = field.in->path;
  flat.path.push_back(table_key(field.plan().key_text()));
  flat.child = find_child_shape(shape, flat.path);
  if (flat.child != nullptr) flat.path.clear();
  return flat;
}

// The columns of the engine. A row that brings an id of its own keeps it, and is then not linked to its parent.
Status NormalizerCore::add_ids(RowShape& shape, const Cell* value, bool is_scalar, FlatRow& row, Frame& frame) {
  if (shape.is_root && !is_scalar) row.set(load_id_column_, &load_id_cell_);
  const Cell* given = is_scalar ? nullptr : row.find(id_column_);
  if (given != nullptr && is_truthy(*given)) {
    frame.id = *given;
    return Status();
  }
  if (shape.is_root) {
    LODE_ASSIGN(const Cell* const id, make_root_id(shape, value, row, frame));
    row.set(id_column_, id);
    return Status();
  }
  frame.set_child_id();
  row.set(parent_id_column_, &frame.up->id);
  row.set(index_column_, &frame.index_cell);
  row.set(id_column_, &frame.id);
  return Status();
}

// Random, except where the merge strategy finds rows by their id: then a hash of the key, or of the whole row. Returns
// the id as it is written, which may have a mark.
Result<const Cell*> NormalizerCore::make_root_id(RowShape& shape, const Cell* value, const FlatRow& row, Frame& frame) {
  const Table* table = std::as_const(schema_).find_table(shape.table->name());
  const std::string strategy = table == nullptr ? "" : merge_strategy_of(*table, merge_strategy_);
  const bool is_keyed = strategy == "upsert" || strategy == "insert-only" || strategy == "cdc";
  Value content = Value::object();
  if (is_keyed) {
    for (const std::string& column : table->all_with("primary_key")) {
      const Cell* key = row.find(column);
      if (key == nullptr) {
        return with_place(
            Status::error(Code::kNullViolation, "table '" + table->name() + "': no value for primary key column '" +
                                                    column + "', which merge strategy " + strategy + " needs"),
            frame, nullptr);
      }
      content.set(column, without_duplicates(Ref(key)));
    }
  } else if (strategy == "scd2" && table->first_with("x-row-version") == id_column_) {
    content = without_duplicates(Ref(value));
    if (content.is_object()) {
      std::erase_if(content.members(), [](const auto& member) { return is_dlt_name(member.first); });
    } else {
      Value wrapped = Value::object();
      wrapped.set(shape.wrap_key.empty() ? value_column_ : shape.wrap_key, std::move(content));
      content = std::move(wrapped);
    }
  } else {
    write_row_id(random_, frame.id_text);
    frame.set_own_id();
    return &frame.id;
  }
  const std::string text = json::write(content, {.typing = json::Typing::kTyped, .sort_keys = true});
  encode_row_id(shake_128(text, kIdHashBytes).data(), frame.id_text);
  frame.set_own_id();
  if (!is_keyed || !options_.marks_keyed_rows) return &frame.id;
  // Rows below get it as their root key; their own ids come from the plain one.
  marked_id_text_.assign(frame.id_text, kRowIdBytes).push_back(kRowMark);
  marked_id_text_ += std::to_string(keyed_rows_++);
  marked_id_ = frame.id;
  marked_id_.size = static_cast<std::uint32_t>(marked_id_text_.size());
  marked_id_.text = marked_id_text_.data();
  return &marked_id_;
}

// What the rows of this row's lists, and of theirs, get from it.
void NormalizerCore::hand_down(RowShape& shape, const FlatRow& row, Frame& frame) {
  frame.handed_down = frame.inherited;
  std::vector<std::pair<std::string, Cell>> values;
  if (frame.inherited != nullptr) values = frame.inherited->values;
  bool is_changed = false;
  for (const auto& [from, under] : shape.propagation) {
    const std::string& to = under;  // clang before 16 cannot capture a structured binding
    const Cell* cell = row.find(from);
    if (cell == nullptr) continue;
    is_changed = true;
    const auto same = std::find_if(values.begin(), values.end(), [&](const auto& value) { return value.first == to; });
    if (same != values.end()) {
      same->second = *cell;
    } else {
      values.emplace_back(to, *cell);
    }
  }
  if (!is_changed) return;
  Inheritance& handed_down = shape.handed_down;
  const bool same_columns =
      std::equal(values.begin(), values.end(), handed_down.values.begin(), handed_down.values.end(),
                 [](const auto& a, const auto& b) { return a.first == b.first; });
  if (!same_columns) ++handed_down.version;
  handed_down.values = std::move(values);
  frame.handed_down = &handed_down;
}

// dlt's old row filters: patterns of the table and of the tables above it, on the path of the field below each.
void NormalizerCore::exclude(const TableState& table, FlatRow& row) const {
  const std::vector<std::string_view> branch = naming_->break_path(table.name());
  const auto joined = [&](std::size_t from, std::size_t to) {
    std::string path;
    for (std::size_t i = from; i < to; ++i) path.append(i == from ? "" : naming_->separator()).append(branch[i]);
    return path;
  };
  const auto any = [](const std::vector<SimpleRegex>& patterns, std::string_view path) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const SimpleRegex& pattern) { return pattern.matches(path); });
  };
  for (std::size_t depth = branch.size(); depth > 0; --depth) {
    const std::string above = joined(0, depth);
    const std::string below = joined(depth, branch.size());
    for (const auto& [name, patterns] : excludes_) {
      if (name != above) continue;
      for (FlatRow::Column& column : row.columns) {
        std::string path = below.empty() ? "" : below + std::string(naming_->separator());
        path += column.name;
        if (any(patterns.first, path) && !any(patterns.second, path)) column.value = nullptr;
      }
    }
  }
}

Result<NormalizerCore::Outcome> NormalizerCore::fit_and_write(RowShape& shape, FlatRow& row, const Frame& frame) {
  TableState& table = *shape.table;
  if (!excludes_.empty()) exclude(table, row);
  for (FlatRow::Column& column : row.columns) {
    if (table.filters.empty()) break;
    const auto filter = table.filters.find(column.name);
    if (filter == table.filters.end() || column.value == nullptr) continue;
    if (filter->second == ContractMode::kDiscardRow) return Outcome::kDropped;
    column.value = nullptr;
  }
  if (row.empty()) return Outcome::kDropped;
  new_values_.clear();
  RowFit fit{.table = table,
             .known = std::as_const(schema_).find_table(table.name()),
             .frame = frame,
             .fresh = new_values_,
             .partial = Table(table.name())};
  LODE_TRY(fit_row(row, fit));
  if (!new_values_.empty()) {
    LODE_ASSIGN(const Outcome outcome, grow_schema(shape, std::move(fit.partial), new_values_, frame));
    if (outcome == Outcome::kDropped) return outcome;
  }
  for (const NewValue& value : new_values_) {
    if (value.cell.kind == Kind::kNull) continue;
    const std::int32_t slot = table.slot_of(value.column);
    LODE_ASSERT(slot >= 0);
    table.set(slot, value.cell);
  }
  LODE_TRY(write_row(table));
  return Outcome::kWritten;
}

}  // namespace lode
