// The rules by which new columns get their types and properties.
#include "normalize/column_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/iso8601.h"
#include "normalize/coerce.h"

namespace lode {
namespace {

using json::Cell;
using json::Kind;
using json::Value;

constexpr double kFiveYears_s = 5 * 31'536'000.0;  // around now, numbers may be taken for Unix time

Result<std::vector<SimpleRegex>> compile_all(const Value& patterns) {
  std::vector<SimpleRegex> compiled;
  if (!patterns.is_list()) return compiled;
  for (const Value& pattern : patterns.items()) {
    if (!pattern.is_text()) return Status::error(Code::kSchemaInvalid, "settings.default_hints: patterns must be text");
    LODE_ASSIGN(SimpleRegex regex, SimpleRegex::compile(pattern.as_text()));
    compiled.push_back(std::move(regex));
  }
  return compiled;
}

bool any_matches(const std::vector<SimpleRegex>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const SimpleRegex& pattern) { return pattern.matches(name); });
}

}  // namespace

Result<ColumnRules> ColumnRules::from_schema(const Schema& schema) {
  ColumnRules rules;
  rules.now_s_ = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  if (const Value* hints = schema.settings().find("default_hints")) LODE_TRY(rules.add_hints(*hints));
  if (const Value* types = schema.settings().find("preferred_types")) LODE_TRY(rules.add_preferred_types(*types));
  const Value* detections = schema.settings().find("detections");
  if (detections == nullptr || !detections->is_list() || detections->size() == 0) {
    detections = schema.normalizers().find("detections");  // where old schemas have them
  }
  if (detections == nullptr || !detections->is_list()) return rules;
  for (const Value& detection : detections->items()) {
    const std::string name = detection.is_text() ? detection.as_text() : "";
    rules.detections_.push_back(name == "iso_timestamp"   ? Detection::kIsoTimestamp
                                : name == "iso_date"      ? Detection::kIsoDate
                                : name == "timestamp"     ? Detection::kTimestamp
                                : name == "large_integer" ? Detection::kLargeInteger
                                                          : Detection::kOther);
  }
  return rules;
}

Status ColumnRules::add_hints(const Value& hints) {
  if (!hints.is_object()) return Status();
  for (const auto& [hint, patterns] : hints.members()) {
    LODE_ASSIGN(std::vector<SimpleRegex> compiled, compile_all(patterns));
    hints_.emplace_back(hint, std::move(compiled));
  }
  return Status();
}

Status ColumnRules::add_preferred_types(const Value& types) {
  if (!types.is_object()) return Status();
  for (const auto& [pattern, type] : types.members()) {
    LODE_ASSIGN(SimpleRegex regex, SimpleRegex::compile(pattern));
    const std::optional<DataType> data_type = type_from_name(type.is_text() ? type.as_text() : "");
    if (!data_type)
      return Status::error(Code::kSchemaInvalid, fmt::format("settings.preferred_types: bad type for '{}'", pattern));
    preferred_types_.emplace_back(std::move(regex), *data_type);
  }
  return Status();
}

DataType ColumnRules::preferred_type(std::string_view column) const {
  for (const auto& [pattern, type] : preferred_types_) {
    if (pattern.matches(column)) return type;
  }
  return DataType::kNone;
}

DataType ColumnRules::detect(const Cell& value) const {
  for (const Detection detection : detections_) {
    switch (detection) {
      case Detection::kIsoTimestamp:
      case Detection::kIsoDate: {
        if (value.kind != Kind::kText || value.size == 0) break;
        const std::optional<IsoValue> iso = parse_iso({value.text, value.size});
        if (!iso) break;
        if (detection == Detection::kIsoTimestamp && iso->kind == IsoValue::Kind::kTimestamp)
          return DataType::kTimestamp;
        if (detection == Detection::kIsoDate && iso->kind == IsoValue::Kind::kDate) return DataType::kDate;
        break;
      }
      case Detection::kTimestamp: {
        if (value.kind != Kind::kInt && value.kind != Kind::kDouble) break;
        const double seconds = value.kind == Kind::kInt ? static_cast<double>(value.number) : value.real;
        if (seconds >= now_s_ - kFiveYears_s && seconds <= now_s_ + kFiveYears_s) return DataType::kTimestamp;
        break;
      }
      case Detection::kLargeInteger:  // integers of more than 64 bits are wei or text without being asked
      case Detection::kOther:
        break;
    }
  }
  return DataType::kNone;
}

DataType ColumnRules::infer_type(const Cell& value, std::string_view column, bool skip_preferred) const {
  const DataType preferred = skip_preferred ? DataType::kNone : preferred_type(column);
  if (preferred != DataType::kNone) return preferred;
  const DataType detected = detect(value);
  return detected != DataType::kNone ? detected : native_type(value);
}

bool ColumnRules::is_not_null(std::string_view column) const {
  for (const auto& [hint, patterns] : hints_) {
    if (hint == "not_null") return any_matches(patterns, column);
  }
  return false;
}

Column ColumnRules::infer_column(std::string_view name, DataType type, bool is_variant) const {
  Column column(std::string(name), type, !is_not_null(name));
  for (const auto& [hint, patterns] : hints_) {
    // True is what a column is without saying so for these two.
    if (hint == "not_null" || hint == "nullable" || hint == "timezone") continue;
    if (any_matches(patterns, name)) column.set(hint, true);
  }
  if (is_variant) {
    column.set("variant", true);
    column.set("description", fmt::format("Variant of column {} generated by dlt", name));
  }
  return column;
}

}  // namespace lode
