// Schema files: the stored layouts as text, and back.
#include "schema/schema_file.h"

#include <fmt/format.h>

#include <array>

#include "json/parse.h"
#include "json/write.h"
#include "schema/yaml.h"

namespace lode {
namespace {

constexpr std::array<std::string_view, 4> kFormatNames = {"yaml", "json", "mermaid", "dbml"};

json::Value without_defaults(json::Value stored) {
  for (auto& [name, table] : stored["tables"].members()) {
    table.erase("name");
    for (auto& [column, props] : table["columns"].members()) props.erase("name");
  }
  stored.erase("imported_version_hash");
  return stored;
}

}  // namespace

std::string_view schema_format_name(SchemaFormat format) { return kFormatNames[static_cast<std::size_t>(format)]; }

std::optional<SchemaFormat> schema_format_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kFormatNames.size(); ++i) {
    if (kFormatNames[i] == name) return static_cast<SchemaFormat>(i);
  }
  return std::nullopt;
}

std::string schema_text(const Schema& schema, SchemaFormat format, const SchemaTextOptions& options) {
  if (options.remove_processing_hints) {
    SchemaTextOptions rest = options;
    rest.remove_processing_hints = false;
    return schema_text(schema.without_processing_hints(), format, rest);
  }
  if (format == SchemaFormat::kMermaid) return mermaid_diagram(schema, options);
  if (format == SchemaFormat::kDbml) return dbml_diagram(schema, options);
  json::Value stored = schema.to_json();
  if (options.remove_defaults) stored = without_defaults(std::move(stored));
  return format == SchemaFormat::kYaml ? write_yaml(stored) : json::write(stored, {.indent = 2});
}

Result<Schema> read_schema(std::string_view text, SchemaFormat format) {
  LODE_ASSERT(format == SchemaFormat::kYaml || format == SchemaFormat::kJson);
  LODE_ASSIGN(const json::Value stored, format == SchemaFormat::kYaml ? parse_yaml(text) : json::parse_value(text));
  return Schema::from_json(stored);
}

std::string schema_file_name(std::string_view schema, SchemaFormat format) {
  return fmt::format("{}.schema.{}", schema, schema_format_name(format));
}

}  // namespace lode
