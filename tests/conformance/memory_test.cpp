// The memory destination in the suite.
#include "destinations/memory/memory.h"

#include <algorithm>
#include <map>

#include "base/time.h"
#include "conformance/suite.h"

namespace lode::test {
namespace {

std::string show(const json::Value* value) {
  if (value == nullptr) return "null";
  switch (value->kind()) {
    case json::Kind::kNull:
      return "null";
    case json::Kind::kBool:
      return value->as_bool() ? "true" : "false";
    case json::Kind::kInt:
      return std::to_string(value->as_int());
    case json::Kind::kDouble: {
      std::string text = std::to_string(value->as_double());
      return text.substr(0, text.find_last_not_of('0') + 1);
    }
    case json::Kind::kTimestamp: {
      std::string text = iso_timestamp_naive(value->as_int());
      text[10] = ' ';
      return text;
    }
    case json::Kind::kDate:
      return iso_date(value->as_int());
    case json::Kind::kTime:
      return iso_time(value->as_int());
    default:
      return value->as_text();
  }
}

class MemoryTraits : public DestinationTraits {
 public:
  std::unique_ptr<Destination> open() override { return make_memory(store_, Env::real()); }
  std::optional<std::vector<std::string>> rows(const std::string& table,
                                               const std::vector<std::string>& columns) override {
    const auto found = store_->find(table);
    if (found == store_->end()) return std::nullopt;
    std::vector<std::string> lines;
    for (const json::Value& row : found->second) {
      std::string line;
      for (const std::string& column : columns) line += (line.empty() ? "" : "|") + show(row.find(column));
      lines.push_back(std::move(line));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  bool has_ddl() const override { return false; }
  bool has_queries() const override { return false; }

 private:
  std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>();
};

}  // namespace

LODE_DESTINATION_SUITE(Memory, MemoryTraits)

}  // namespace lode::test
