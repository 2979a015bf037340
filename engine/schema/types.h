// The data types of columns and the write dispositions of tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lode {

/// dlt's eleven types. kNone: a column that was declared but has not been seen ("incomplete").
enum class DataType : std::uint8_t {
  kNone = 0,
  kText,
  kDouble,
  kBool,
  kTimestamp,
  kBigint,
  kBinary,
  kJson,
  kDecimal,
  kWei,
  kDate,
  kTime,
};
std::string_view type_name(DataType type);                      ///< "text"; "" for kNone
std::optional<DataType> type_from_name(std::string_view name);  ///< accepts the legacy "complex" for json

enum class WriteDisposition : std::uint8_t { kAppend, kReplace, kMerge, kSkip };
std::string_view disposition_name(WriteDisposition disposition);
std::optional<WriteDisposition> disposition_from_name(std::string_view name);

}  // namespace lode
