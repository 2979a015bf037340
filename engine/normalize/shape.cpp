// Shapes: finding fields by key, and following the order in which they come.
#include "normalize/shape.h"

#include <algorithm>

#include "base/digest.h"

namespace lode {
namespace {

constexpr std::size_t kBucketsMin = 16;

std::size_t hash_key(std::string_view key) { return static_cast<std::size_t>(checksum_64(key)); }

}  // namespace

FieldPlan* ObjectShape::find(std::string_view key) const {
  if (buckets_.empty()) return nullptr;
  const std::size_t mask = buckets_.size() - 1;
  for (std::size_t at = hash_key(key) & mask;; at = (at + 1) & mask) {
    FieldPlan* plan = buckets_[at];
    if (plan == nullptr || std::string_view(plan->key, plan->key_size) == key) return plan;
  }
}

FieldPlan& ObjectShape::add(std::string_view key) {
  if (buckets_.size() < 2 * (fields_.size() + 1)) rehash(std::max(kBucketsMin, buckets_.size() * 2));
  const std::string& kept = keys_.emplace_back(key);
  FieldPlan& plan = fields_.emplace_back();
  plan.key = kept.data();
  plan.key_size = static_cast<std::uint32_t>(kept.size());
  plan.position = static_cast<std::uint32_t>(order.size());
  order.push_back(&plan);
  const std::size_t mask = buckets_.size() - 1;
  std::size_t at = hash_key(key) & mask;
  while (buckets_[at] != nullptr) at = (at + 1) & mask;
  buckets_[at] = &plan;
  return plan;
}

void ObjectShape::rehash(std::size_t buckets) {
  buckets_.assign(buckets, nullptr);
  const std::size_t mask = buckets - 1;
  for (FieldPlan& plan : fields_) {
    std::size_t at = hash_key({plan.key, plan.key_size}) & mask;
    while (buckets_[at] != nullptr) at = (at + 1) & mask;
    buckets_[at] = &plan;
  }
}

bool ObjectShape::untangle(const json::Cell* object) {
  ++mark_;
  std::vector<FieldPlan*> came;
  came.reserve(order.size());
  json::Ref key(object + 1);
  for (std::uint32_t i = 0; i < object->size; ++i) {
    FieldPlan* plan = find(key.as_text());
    if (plan == nullptr || plan->seen == mark_) return false;
    plan->seen = mark_;
    came.push_back(plan);
    key = json::Ref(key.cell() + 1).next();
  }
  for (FieldPlan* plan : order) {
    if (plan->seen != mark_) came.push_back(plan);
  }
  order = std::move(came);
  for (std::size_t i = 0; i < order.size(); ++i) order[i]->position = static_cast<std::uint32_t>(i);
  return true;
}

std::vector<std::string> ObjectShape::path() const {
  std::vector<std::string> fragments;
  for (const ObjectShape* at = this; at->outer != nullptr; at = at->outer) fragments.push_back(at->fragment);
  std::reverse(fragments.begin(), fragments.end());
  return fragments;
}

}  // namespace lode
