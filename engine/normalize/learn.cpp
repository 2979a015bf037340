// Learning: after the slow path wrote a row, the shapes get what they need to do the next one like it fast.
#include <algorithm>

#include "normalize/core.h"

namespace lode {
namespace {

using json::Cell;
using json::Kind;

bool is_container(Kind kind) { return kind == Kind::kObject || kind == Kind::kList; }

}  // namespace

bool NormalizerCore::is_reserved(const RowShape& shape, std::string_view column, const Frame& frame) const {
  if (is_dlt_name(column) || column == id_column_ || column == load_id_column_ || column == parent_id_column_ ||
      column == index_column_) {
    return true;
  }
  if (std::any_of(shape.propagation.begin(), shape.propagation.end(),
                  [&](const auto& mapping) { return mapping.first == column; })) {
    return true;
  }
  return frame.inherited != nullptr && std::any_of(frame.inherited->values.begin(), frame.inherited->values.end(),
                                                   [&](const auto& value) { return value.first == column; });
}

void NormalizerCore::learn(RowShape& shape, const FlatRow& row, const Frame& frame) {
  if (slow_only_ || !shape.is_fast) return;
  for (Field* field : row.objects) field->plan().flattens = true;
  for (const FlatList& list : row.lists) learn_list(*list.field, *list.child);
  for (const FlatRow::Column& column : row.columns) {
    if (column.field != nullptr && !column.field->plan().always_slow) {
      learn_column(shape, *column.field, column.value, frame);
    }
  }
  arena_.reset();
}

void NormalizerCore::learn_list(Field& field, RowShape& child) {
  if (child.source == nullptr) child.source = &field;
  if (child.source == &field) {
    field.list = &child;
  } else {
    // Two lists for one table: which one stays depends on the whole row.
    child.source->plan().always_slow = field.plan().always_slow = true;
  }
}

void NormalizerCore::learn_column(RowShape& shape, Field& field, const Cell* value, const Frame& frame) {
  FieldPlan& plan = field.plan();
  const std::string_view name = field.column;
  if (!field.owns_column) {
    Field*& owner = shape.columns[name];
    if (owner == nullptr) owner = &field;
    if (owner != &field || is_reserved(shape, name, frame)) {
      owner->plan().always_slow = plan.always_slow = true;
      return;
    }
    field.owns_column = true;
  }
  const TableState& table = *shape.table;
  if (const auto filter = table.filters.find(name); filter != table.filters.end()) {
    if (filter->second == ContractMode::kDiscardValue) {
      plan.slot = TableState::kDiscard;
      plan.null_ok = true;
    }
    return;  // rows that are left out whole go the slow way
  }
  if (value == nullptr) return;  // a filter of the table took it out
  if (is_container(value->kind)) plan.in_place = true;
  if (value->kind == Kind::kNull) {
    const Table* known = std::as_const(schema_).find_table(table.name());
    const Column* column = known == nullptr ? nullptr : known->find(name);
    plan.null_ok =
        column != nullptr && column->complete() ? column->nullable() : column != nullptr || !rules_.is_not_null(name);
    return;
  }
  plan.slot = table.slot_of(name);
  if (plan.slot < 0) return;
  plan.type = table.type_of(plan.slot);
  Cell converted;
  if (!coercer_.convert(plan.type, value, converted)) learn_variant(table, field, value);
}

void NormalizerCore::learn_variant(const TableState& table, Field& field, const Cell* value) {
  const Table* known = std::as_const(schema_).find_table(table.name());
  const std::string variant = variant_name(known, field.column, native_type(*value));
  std::int32_t slot = table.slot_of(variant);
  if (const auto filter = table.filters.find(variant); filter != table.filters.end()) {
    slot = filter->second == ContractMode::kDiscardValue ? TableState::kDiscard : TableState::kNone;
  }
  if (field.variants == nullptr) {
    field.variants = std::make_unique<Field::Variants>();
    field.variants->fill(TableState::kNone);
  }
  (*field.variants)[static_cast<std::size_t>(native_type(*value))] = slot;
}

}  // namespace lode
