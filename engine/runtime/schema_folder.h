// Schema folders: schemas as files that people read, review and edit. A run takes over what was edited and writes down
// what became of it, as dlt does.
#pragma once

#include <optional>
#include <string>

#include "config/config.h"
#include "env/env.h"
#include "schema/schema_file.h"

namespace lode {

/// Where the files are. An empty folder: none.
struct SchemaFolders {
  Path import_folder;
  Path export_folder;
  SchemaFormat format = SchemaFormat::kYaml;  ///< kYaml or kJson; of exports also the pictures
  bool remove_defaults = true;

  /// Fills in what the script left empty from the configuration: import_schema_path, export_schema_path (also below
  /// `schema` and below the pipeline's name), schema.external_schema_format and _remove_defaults.
  /// Errors: kConfigInvalid, kConfigUnreadable.
  static Result<SchemaFolders> configured(const Config& config, const std::string& pipeline, Path import_folder,
                                          Path export_folder);
};

/// What is in the import folder decides when it is new: without `stored` the file becomes the schema; a file that
/// changed since the last import takes the place of `stored`, whose hash is remembered as a former one.
struct SchemaImport {
  std::optional<Schema> schema;  ///< nullopt: there is neither a file nor a stored schema
  bool is_replaced = false;      ///< the file won over `stored`
  bool has_file = false;
};
/// Errors: kSchemaInvalid naming the file, those of reading it.
Result<SchemaImport> import_schema(Env& env, const SchemaFolders& folders, const std::string& name,
                                   std::optional<Schema> stored);

/// Writes `declared` (without what runs note down) into the import folder, for people to edit, and returns its hash.
Result<std::string> write_import_file(Env& env, const SchemaFolders& folders, const Schema& declared);

/// Writes the schema into the export folder, unless the file there says the same. Into the import folder only without
/// what runs note down.
Status export_schema(Env& env, const SchemaFolders& folders, const Schema& schema);

}  // namespace lode
