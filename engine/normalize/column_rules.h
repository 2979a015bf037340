// The rules by which new columns get their types and properties: what a schema's settings say.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/document.h"
#include "schema/schema.h"
#include "schema/simple_regex.h"

namespace lode {

/// The compiled settings of one schema: default hints, preferred types, type detections. A value; const methods are
/// thread-safe.
class ColumnRules {
 public:
  /// Errors: kSchemaInvalid.
  static Result<ColumnRules> from_schema(const Schema& schema);

  /// The type that the settings give to columns of this name; kNone if they say nothing.
  DataType preferred_type(std::string_view column) const;
  /// The type of a new column: preferred, else detected from the value, else the value's own.
  DataType infer_type(const json::Cell& value, std::string_view column, bool skip_preferred) const;
  bool is_not_null(std::string_view column) const;
  /// The properties of a new column, as dlt stores them.
  Column infer_column(std::string_view name, DataType type, bool is_variant) const;

 private:
  enum class Detection { kIsoTimestamp, kIsoDate, kTimestamp, kLargeInteger, kOther };
  Status add_hints(const json::Value& hints);
  Status add_preferred_types(const json::Value& types);
  DataType detect(const json::Cell& value) const;

  std::vector<std::pair<std::string, std::vector<SimpleRegex>>> hints_;
  std::vector<std::pair<SimpleRegex, DataType>> preferred_types_;
  std::vector<Detection> detections_;
  double now_s_ = 0;
};

}  // namespace lode
