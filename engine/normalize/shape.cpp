// Shapes: finding fields by key, and following the order in which they come.
#include "normalize/shape.h"

namespace lode {
namespace {

// Objects with more fields than this are dictionaries in disguise; remembering every key would not help.
constexpr std::size_t kFieldsMax = 20'000;

}  // namespace

FieldPlan& Field::plan() const { return in->order[position]; }

void Field::forget() {
  FieldPlan& known = plan();
  FieldPlan unknown;
  unknown.key = known.key;
  unknown.key_size = known.key_size;
  unknown.field = known.field;
  known = unknown;
  owns_column = false;
  list = nullptr;
  variants.reset();
}

Field* ObjectShape::find(std::string_view key) {
  const std::uint32_t number =
      index_.find(key, [&](std::uint32_t at) { return order[fields_[at].position].key_text(); });
  return number == TextIndex::kNone ? nullptr : &fields_[number];
}

Field& ObjectShape::add(std::string_view key, std::string_view column) {
  index_.add(key, static_cast<std::uint32_t>(fields_.size()));
  Field& field = fields_.emplace_back();
  field.in = this;
  field.position = static_cast<std::uint32_t>(order.size());
  field.column = column;
  FieldPlan& plan = order.emplace_back();
  plan.key = key.data();
  plan.key_size = static_cast<std::uint32_t>(key.size());
  plan.field = &field;
  if (order.size() > kFieldsMax) row->is_crowded = true;
  return field;
}

bool ObjectShape::untangle(const json::Cell* object) {
  const std::uint64_t mark = new_mark();
  std::vector<FieldPlan> came;
  came.reserve(order.size());
  json::Ref key(object + 1);
  for (std::uint32_t i = 0; i < object->size; ++i) {
    Field* field = find(key.as_text());
    if (field == nullptr || field->seen == mark) return false;
    field->seen = mark;
    came.push_back(field->plan());
    key = json::Ref(key.cell() + 1).next();
  }
  for (const FieldPlan& plan : order) {
    if (plan.field->seen != mark) came.push_back(plan);
  }
  order = std::move(came);
  for (std::size_t i = 0; i < order.size(); ++i) order[i].field->position = static_cast<std::uint32_t>(i);
  return true;
}

void ObjectShape::forget() {
  for (const FieldPlan& plan : order) plan.field->forget();
}

}  // namespace lode
