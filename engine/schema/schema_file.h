// Schema files: schemas as dlt keeps them in folders and as people read them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "schema/schema.h"

namespace lode {

/// kJson and kYaml hold the whole schema and can be read back; the others are pictures of it.
enum class SchemaFormat : std::uint8_t { kYaml, kJson, kMermaid, kDbml };
std::string_view schema_format_name(SchemaFormat format);  ///< "yaml"; also the file's ending
std::optional<SchemaFormat> schema_format_from_name(std::string_view name);

struct SchemaTextOptions {
  /// Without what can be told from the rest: names inside tables and columns, the link to an import file. What dlt
  /// exports.
  bool remove_defaults = true;
  /// Without what a run noted down: x-normalizer, x-loader, x-extractor.
  bool remove_processing_hints = false;
  /// In pictures: with _dlt_loads and the like.
  bool with_dlt_tables = true;
};

/// The schema as text, byte for byte as dlt writes it (to_pretty_yaml, to_pretty_json, to_mermaid, to_dbml).
std::string schema_text(const Schema& schema, SchemaFormat format, const SchemaTextOptions& options = {});
/// Reads a schema of this or an older engine version; version and hash follow the content. Errors: kSchemaInvalid.
/// REQUIRES: kYaml or kJson
Result<Schema> read_schema(std::string_view text, SchemaFormat format);

/// "shop.schema.yaml"
std::string schema_file_name(std::string_view schema, SchemaFormat format);

/// What to_mermaid() and to_dbml() show; schema_diagram.cpp.
std::string mermaid_diagram(const Schema& schema, const SchemaTextOptions& options);
std::string dbml_diagram(const Schema& schema, const SchemaTextOptions& options);

}  // namespace lode
