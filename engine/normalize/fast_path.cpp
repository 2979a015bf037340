// The fast path: a row of a known shape into the slots of its table. Every function answers false when it meets
// something that the shape does not know; the row is then taken back and goes the slow way.
//
// Objects inside the row are done after the fields beside them, the last one first, as dlt does: of values that meet in
// one column the same one stays on both paths, and lists come in the same order.
#include <cstring>

#include "base/iso8601.h"
#include "normalize/core.h"

namespace lode {
namespace {

using json::Cell;
using json::Kind;
using json::Subkind;

constexpr std::size_t kLookAhead = 6;  // fields that may be missing before a look-up by hash pays

template <class T>
T load(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

// Equality of short texts of equal length without a call.
inline bool equal_bytes(const char* a, const char* b, std::size_t size) {
  if (size >= 8) {
    if (size > 16) return std::memcmp(a, b, size) == 0;
    return load<std::uint64_t>(a) == load<std::uint64_t>(b) &&
           load<std::uint64_t>(a + size - 8) == load<std::uint64_t>(b + size - 8);
  }
  if (size >= 4) {
    return load<std::uint32_t>(a) == load<std::uint32_t>(b) &&
           load<std::uint32_t>(a + size - 4) == load<std::uint32_t>(b + size - 4);
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

// The plan for the next key of `object`. `next` is where it is expected; keys that come in another order than last time
// make the shape follow. Null if the key is unknown or the object repeats one.
inline const FieldPlan* match(ObjectShape& shape, const Cell* object, const Cell* key, std::size_t& next) {
  const std::size_t end = std::min(shape.order.size(), next + kLookAhead);
  for (std::size_t i = next; i < end; ++i) {
    const FieldPlan& plan = shape.order[i];
    if (plan.key_size == key->size && equal_bytes(plan.key, key->text, key->size)) {
      next = i + 1;
      return &plan;
    }
  }
  const Field* field = shape.find({key->text, key->size});
  if (field == nullptr) return nullptr;
  // Keys in the order of the shape cannot repeat. Any other order has to be looked at.
  if (field->position < next && !shape.untangle(object)) return nullptr;
  next = field->position + 1;
  return &field->plan();
}

inline bool is_container(Kind kind) { return kind == Kind::kObject || kind == Kind::kList; }

}  // namespace

bool NormalizerCore::fill(RowShape& shape, const Cell* value) {
  if (value->kind == Kind::kObject && shape.wrap_key.empty()) return fill_object(shape, value);
  return fill_value(shape, value);
}

bool NormalizerCore::fill_object(RowShape& row_shape, const Cell* row) {
  TableState& table = *row_shape.table;
  open_objects_.clear();
  open_objects_.emplace_back(&row_shape.object, row);
  while (!open_objects_.empty()) {
    const auto [shape, object] = open_objects_.back();
    open_objects_.pop_back();
    const Cell* at = object + 1;
    std::size_t next = 0;
    for (std::uint32_t i = 0; i < object->size; ++i) {
      const FieldPlan* plan = match(*shape, object, at, next);
      if (plan == nullptr || plan->always_slow) return false;
      const Cell* value = at + 1;
      if (!is_container(value->kind)) {
        at += 2;
        if (value->kind == Kind::kNull) {
          if (!plan->null_ok) return false;
        } else if (!store(table, *plan, value)) {
          return false;
        }
        continue;
      }
      at = value + value->span;
      if (plan->in_place) {
        if (!store_converted(table, *plan, value)) return false;
      } else if (value->kind == Kind::kObject) {
        if (!plan->flattens) return false;
        if (value->size > 0) open_objects_.emplace_back(plan->field->object, value);
      } else {
        if (plan->field->list == nullptr) return false;
        if (value->size > 0) pending_.push_back({plan->field->list, value});
      }
    }
  }
  return true;
}

// A row that is one value: the item of a list, or what wraps an item that is itself a list.
bool NormalizerCore::fill_value(RowShape& shape, const Cell* value) {
  if (shape.single.order.empty()) return false;
  const FieldPlan& plan = shape.single.order.front();
  if (plan.always_slow) return false;
  if (value->kind == Kind::kNull) return plan.null_ok;
  if (!is_container(value->kind)) return store(*shape.table, plan, value);
  if (plan.in_place) return store_converted(*shape.table, plan, value);
  if (value->kind == Kind::kObject || plan.field->list == nullptr) return false;
  if (value->size > 0) pending_.push_back({plan.field->list, value});
  return true;
}

bool NormalizerCore::put(TableState& table, std::int32_t slot, const Cell& cell) {
  if (slot < 0 || table.cell(slot).kind != Kind::kNull) return false;
  table.cell(slot) = cell;
  table.touch(slot);
  return true;
}

bool NormalizerCore::fill_inherited(RowShape& shape, const Inheritance& inherited) {
  TableState& table = *shape.table;
  if (shape.inherited != &inherited || shape.inherited_version != inherited.version) {
    shape.inherited = &inherited;
    shape.inherited_version = inherited.version;
    shape.inherited_slots.clear();
    for (const auto& [column, cell] : inherited.values) shape.inherited_slots.push_back(table.slot_of(column));
  }
  for (std::size_t i = 0; i < inherited.values.size(); ++i) {
    const Cell& cell = inherited.values[i].second;
    const std::int32_t slot = shape.inherited_slots[i];
    if (slot < 0 || cell.kind != Kind::kText || table.type_of(slot) != DataType::kText) return false;
    if (!put(table, slot, cell)) return false;
  }
  return true;
}

// The columns of the engine. Rows whose data brings one of them never get here.
bool NormalizerCore::fill_ids(RowShape& shape, Frame& frame, bool is_scalar) {
  TableState& table = *shape.table;
  if (frame.inherited != nullptr && !fill_inherited(shape, *frame.inherited)) return false;
  if (shape.is_root) {
    if (!is_scalar && !put(table, shape.load_id_slot, load_id_cell_)) return false;
    write_row_id(random_, frame.id_text);
    frame.set_own_id();
  } else {
    if (frame.up->id.kind != Kind::kText) return false;
    frame.set_child_id();
    if (!put(table, shape.parent_id_slot, frame.up->id) || !put(table, shape.index_slot, frame.index_cell))
      return false;
  }
  return put(table, shape.id_slot, frame.id);
}

inline bool NormalizerCore::store(TableState& table, const FieldPlan& plan, const Cell* value) {
  if (plan.slot < 0) return plan.slot == TableState::kDiscard;
  Cell& out = table.cell(plan.slot);
  if (out.kind != Kind::kNull) return false;
  switch (plan.type) {
    case DataType::kText:
      if (value->kind != Kind::kText) return store_converted(table, plan, value);
      out = *value;
      break;
    case DataType::kBigint:
      if (value->kind != Kind::kInt) return store_converted(table, plan, value);
      out = *value;
      break;
    case DataType::kBool:
      if (value->kind != Kind::kBool) return store_converted(table, plan, value);
      out = *value;
      break;
    case DataType::kDouble:
      if (value->kind == Kind::kDouble) {
        out = *value;
      } else if (value->kind == Kind::kInt) {
        out = Cell{};
        out.kind = Kind::kDouble;
        out.real = static_cast<double>(value->number);
      } else {
        return store_converted(table, plan, value);
      }
      break;
    case DataType::kTimestamp: {
      std::int64_t micros = 0;
      if (value->kind != Kind::kText || !parse_iso_fast({value->text, value->size}, micros)) {
        return store_converted(table, plan, value);
      }
      out = Cell{};
      out.kind = Kind::kTimestamp;
      out.number = micros;
      break;
    }
    default:
      return store_converted(table, plan, value);
  }
  table.touch(plan.slot);
  return true;
}

// Values whose own type is not that of the column.
bool NormalizerCore::store_converted(TableState& table, const FieldPlan& plan, const Cell* value) {
  if (plan.slot < 0) return plan.slot == TableState::kDiscard;
  if (table.cell(plan.slot).kind != Kind::kNull) return false;
  Cell converted;
  if (!coercer_.convert(plan.type, value, converted)) return store_variant(table, plan, value);
  if (converted.kind == Kind::kNull) return true;  // the JSON text "null"
  return put(table, plan.slot, converted);
}

bool NormalizerCore::store_variant(TableState& table, const FieldPlan& plan, const Cell* value) {
  const Field& field = *plan.field;
  if (field.variants == nullptr) return false;
  const std::int32_t slot = (*field.variants)[static_cast<std::size_t>(native_type(*value))];
  if (slot < 0) return slot == TableState::kDiscard;
  Cell converted;
  return coercer_.convert(table.type_of(slot), value, converted) && put(table, slot, converted);
}

}  // namespace lode
