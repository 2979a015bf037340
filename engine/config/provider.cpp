// ConfigProvider: one place that configuration can come from.
#include "config/provider.h"

namespace lode {

const json::Value* find_at(const json::Value& document, const std::vector<std::string>& parts) {
  const json::Value* node = &document;
  for (const std::string& part : parts) {
    node = node->find(part);  // null also when `node` is no table
    if (node == nullptr) return nullptr;
  }
  return node;
}

}  // namespace lode
