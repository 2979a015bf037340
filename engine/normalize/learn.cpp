// Learning: after the slow path wrote a row, the shapes get what they need to do the next one like it fast.
#include <algorithm>

#include "normalize/core.h"

namespace lode {
namespace {

using json::Cell;
using json::Kind;
using json::Ref;

// Objects with more fields than this are dictionaries in disguise; remembering every key would not help.
constexpr std::size_t kFieldsMax = 20'000;

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

void NormalizerCore::learn(RowShape& shape, const Cell* value, const Frame& frame) {
  if (slow_only_ || !shape.is_fast) return;
  if (value->kind == Kind::kObject && shape.wrap_key.empty()) {
    std::vector<std::pair<ObjectShape*, const Cell*>> open = {{&shape.object, value}};
    while (!open.empty()) {
      const auto [object_shape, object] = open.back();
      open.pop_back();
      learn_object(*object_shape, object, frame);
      Ref key(object + 1);
      for (std::uint32_t i = 0; i < object->size; ++i) {
        const Ref member(key.cell() + 1);
        const FieldPlan* plan = object_shape->find(key.as_text());
        if (member.is_object() && plan != nullptr && plan->object != nullptr)
          open.emplace_back(plan->object, member.cell());
        key = member.next();
      }
    }
  } else {
    // The one field of a wrapped item, or the item itself.
    const bool is_wrapped = !shape.wrap_key.empty();
    const std::string name = is_wrapped ? column_key(shape.wrap_key) : value_column_;
    if (is_container(value->kind) && !stays_nested(*shape.table, name, shape.level)) {
      if (value->kind == Kind::kList) shape.value.list = &child_shape(shape, {table_key(shape.wrap_key)});
    } else {
      shape.value.in_place = is_container(value->kind);
      learn_column(shape, shape.value, name, value, frame);
    }
  }
  arena_.reset();
}

void NormalizerCore::learn_object(ObjectShape& shape, const Cell* object, const Frame& frame) {
  const std::vector<std::string> path = shape.path();
  Ref key(object + 1);
  for (std::uint32_t i = 0; i < object->size; ++i) {
    const Cell* value = key.cell() + 1;
    FieldPlan* plan = shape.find(key.as_text());
    if (plan == nullptr && shape.order.size() < kFieldsMax) plan = &shape.add(key.as_text());
    if (plan != nullptr && !plan->always_slow) {
      const std::string& fragment = column_key(key.as_text());
      const std::string& name = nested_name(path, fragment);
      if (is_container(value->kind) && !stays_nested(*shape.row->table, name, shape.level)) {
        learn_container(shape, *plan, fragment, value);
      } else {
        if (is_container(value->kind)) plan->in_place = true;
        learn_column(*shape.row, *plan, name, value, frame);
      }
    }
    key = Ref(value).next();
  }
}

void NormalizerCore::learn_container(ObjectShape& shape, FieldPlan& plan, const std::string& fragment,
                                     const Cell* value) {
  RowShape& row = *shape.row;
  if (value->kind == Kind::kObject) {
    if (plan.object != nullptr) return;
    plan.object = &row.inner_objects.emplace_back();
    plan.object->row = &row;
    plan.object->outer = &shape;
    plan.object->fragment = fragment;
    plan.object->level = shape.level - 1;
    return;
  }
  if (plan.list != nullptr) return;
  std::vector<std::string> path = shape.path();
  path.push_back(table_key({plan.key, plan.key_size}));
  std::string joined;
  for (const std::string& piece : path) joined.append(piece).push_back('\0');
  FieldPlan*& owner = row.lists[joined];
  if (owner == nullptr) {
    owner = &plan;
    plan.list = &child_shape(row, path);
  } else if (owner != &plan) {
    // Two lists for one table: which one stays depends on the whole row.
    owner->always_slow = plan.always_slow = true;
  }
}

void NormalizerCore::learn_column(RowShape& shape, FieldPlan& plan, const std::string& name, const Cell* value,
                                  const Frame& frame) {
  FieldPlan*& owner = shape.columns[name];
  if (owner == nullptr) owner = &plan;
  if (owner != &plan || is_reserved(shape, name, frame)) {
    owner->always_slow = plan.always_slow = true;
    return;
  }
  TableState& table = *shape.table;
  if (const auto filter = table.filters.find(name); filter != table.filters.end()) {
    if (filter->second == ContractMode::kDiscardValue) {
      plan.slot = TableState::kDiscard;
      plan.null_ok = true;
    }
    return;  // rows that are left out whole go the slow way
  }
  const Table* known = std::as_const(schema_).find_table(table.name());
  const Column* column = known == nullptr ? nullptr : known->find(name);
  if (value->kind == Kind::kNull) {
    plan.null_ok =
        column != nullptr && column->complete() ? column->nullable() : column != nullptr || !rules_.is_not_null(name);
    return;
  }
  plan.slot = table.slot_of(name);
  if (plan.slot < 0) return;
  plan.type = table.type_of(plan.slot);
  Cell converted;
  if (!coercer_.convert(plan.type, value, converted)) learn_variant(table, plan, name, value);
}

void NormalizerCore::learn_variant(TableState& table, FieldPlan& plan, const std::string& name, const Cell* value) {
  const Table* known = std::as_const(schema_).find_table(table.name());
  const std::string variant = variant_name(known, name, native_type(*value));
  std::int32_t slot = table.slot_of(variant);
  if (const auto filter = table.filters.find(variant); filter != table.filters.end()) {
    slot = filter->second == ContractMode::kDiscardValue ? TableState::kDiscard : TableState::kNone;
  }
  if (plan.variants == nullptr) {
    plan.variants = std::make_unique<FieldPlan::Variants>();
    plan.variants->fill(TableState::kNone);
  }
  (*plan.variants)[static_cast<std::size_t>(native_type(*value))] = slot;
}

}  // namespace lode
