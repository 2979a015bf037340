// The data types of columns and the write dispositions of tables.
#include "schema/types.h"

#include <array>

namespace lode {
namespace {

constexpr std::array<std::string_view, 12> kTypeNames = {"",       "text", "double",  "bool", "timestamp", "bigint",
                                                         "binary", "json", "decimal", "wei",  "date",      "time"};
constexpr std::array<std::string_view, 4> kDispositionNames = {"append", "replace", "merge", "skip"};

}  // namespace

std::string_view type_name(DataType type) { return kTypeNames[static_cast<std::size_t>(type)]; }

std::optional<DataType> type_from_name(std::string_view name) {
  if (name == "complex") return DataType::kJson;  // what dlt called json before schema engine 10
  for (std::size_t i = 1; i < kTypeNames.size(); ++i) {
    if (kTypeNames[i] == name) return static_cast<DataType>(i);
  }
  return std::nullopt;
}

std::string_view disposition_name(WriteDisposition disposition) {
  return kDispositionNames[static_cast<std::size_t>(disposition)];
}

std::optional<WriteDisposition> disposition_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kDispositionNames.size(); ++i) {
    if (kDispositionNames[i] == name) return static_cast<WriteDisposition>(i);
  }
  return std::nullopt;
}

}  // namespace lode
