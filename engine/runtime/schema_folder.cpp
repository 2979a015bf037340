// Schema folders: import and export.
#include "runtime/schema_folder.h"

#include <fmt/format.h>

#include "schema/system_tables.h"

namespace lode {
namespace {

Result<std::string> path_setting(const Config& config, const std::string& pipeline, const std::string& key) {
  ConfigQuery query;
  query.key = key;
  query.sections = {"schema"};
  query.pipeline_name = pipeline;
  LODE_ASSIGN(std::optional<std::string> path, config.text(query));
  return path.value_or("");
}

Status write_text(Env& env, const Path& folder, const std::string& file, const std::string& text) {
  LODE_TRY(env.make_folders(folder));
  return env.write_file(folder / file, text);
}

// A file that a person wrote may have only their own tables.
void add_system_tables(Schema& schema) {
  if (schema.normalizers().text_or("names", "").find("s3_tables") != std::string::npos) return;
  for (Table& table : std::vector<Table>{version_table(), loads_table()}) {
    if (std::as_const(schema).find_table(table.name()) == nullptr) schema.add_table(std::move(table));
  }
  schema.bump();
}

Result<Schema> read_import_file(Env& env, const Path& path, SchemaFormat format, const std::string& name) {
  LODE_ASSIGN(const std::string text, env.read_file(path));
  Result<Schema> schema = read_schema(text, format);
  if (schema.ok() && schema->name() != name) {
    schema =
        Status::error(Code::kSchemaInvalid, fmt::format("its schema is called '{}', not '{}'", schema->name(), name))
            .hint(fmt::format("write  name: {}  into the file", name));
  }
  if (!schema.ok()) return std::move(schema).status().about(fmt::format("import schema {}", path.string()));
  add_system_tables(*schema);
  return schema;
}

}  // namespace

Result<SchemaFolders> SchemaFolders::configured(const Config& config, const std::string& pipeline, Path import_folder,
                                                Path export_folder) {
  SchemaFolders folders{.import_folder = std::move(import_folder), .export_folder = std::move(export_folder)};
  if (folders.import_folder.empty()) {
    LODE_ASSIGN(folders.import_folder, path_setting(config, pipeline, "import_schema_path"));
  }
  if (folders.export_folder.empty()) {
    LODE_ASSIGN(folders.export_folder, path_setting(config, pipeline, "export_schema_path"));
  }
  if (folders.import_folder.empty() && folders.export_folder.empty()) return folders;
  LODE_ASSIGN(const std::string format, path_setting(config, pipeline, "external_schema_format"));
  if (!format.empty()) {
    const std::optional<SchemaFormat> found = schema_format_from_name(format);
    if (!found) {
      return Status::error(Code::kConfigInvalid, fmt::format("schema.external_schema_format is '{}'", format))
          .hint("one of yaml, json, mermaid, dbml");
    }
    folders.format = *found;
  }
  ConfigQuery query;
  query.key = "external_schema_format_remove_defaults";
  query.sections = {"schema"};
  query.pipeline_name = pipeline;
  LODE_ASSIGN(const std::optional<bool> remove_defaults, config.boolean(query));
  folders.remove_defaults = remove_defaults.value_or(true);
  const bool is_picture = folders.format == SchemaFormat::kMermaid || folders.format == SchemaFormat::kDbml;
  if (is_picture && !folders.import_folder.empty()) {
    return Status::error(Code::kConfigInvalid, fmt::format("a {} file cannot be imported", format))
        .hint("leave schema.external_schema_format at yaml or json, or do without import_schema_path");
  }
  return folders;
}

Result<SchemaImport> import_schema(Env& env, const SchemaFolders& folders, const std::string& name,
                                   std::optional<Schema> stored) {
  SchemaImport result;
  result.schema = std::move(stored);
  if (folders.import_folder.empty()) return result;
  const Path path = folders.import_folder / schema_file_name(name, folders.format);
  result.has_file = env.exists(path);
  if (!result.has_file) return result;
  LODE_ASSIGN(Schema imported, read_import_file(env, path, folders.format, name));
  const std::string hash = imported.version_hash();
  if (!result.schema) {
    result.schema = std::move(imported);
  } else if (result.schema->imported_version_hash() != hash) {
    result.schema->replace_content(std::move(imported));
    result.is_replaced = true;
  }
  result.schema->set_imported_version_hash(hash);
  return result;
}

Result<std::string> write_import_file(Env& env, const SchemaFolders& folders, const Schema& declared) {
  const Schema bare = declared.without_processing_hints();
  const std::string text = schema_text(bare, folders.format, {.remove_defaults = folders.remove_defaults});
  LODE_TRY(write_text(env, folders.import_folder, schema_file_name(bare.name(), folders.format), text));
  return bare.version_hash();
}

Status export_schema(Env& env, const SchemaFolders& folders, const Schema& schema) {
  if (folders.export_folder.empty()) return {};
  const std::string file = schema_file_name(schema.name(), folders.format);
  SchemaTextOptions options;
  options.remove_defaults = folders.remove_defaults;
  options.remove_processing_hints =
      folders.export_folder.lexically_normal() == folders.import_folder.lexically_normal();
  const std::string text = schema_text(schema, folders.format, options);
  if (env.exists(folders.export_folder / file)) {
    LODE_ASSIGN(const std::string there, env.read_file(folders.export_folder / file));
    if (there == text) return {};
  }
  return write_text(env, folders.export_folder, file, text);
}

}  // namespace lode
