// The tables that dlt keeps beside the data.
#include "schema/system_tables.h"

namespace lode {
namespace {

// Descriptions are hashed with the schema, so they have to be dlt's to the letter.
void add(Table& table, std::string name, DataType type, bool nullable, std::string_view description,
         int precision = 0) {
  Column column(std::move(name), type, nullable);
  if (precision > 0) column.set("precision", precision);
  column.set("description", description);
  table.merge_column(column);
}

}  // namespace

Table version_table() {
  Table table{std::string(kVersionTable)};
  add(table, "version", DataType::kBigint, false, "Numeric version of the schema, incremented on each schema change");
  add(table, "engine_version", DataType::kBigint, false, "Version of the dlt schema engine that created this schema");
  add(table, "inserted_at", DataType::kTimestamp, false, "Timestamp when this schema version was stored");
  add(table, "schema_name", DataType::kText, false, "Name of the schema");
  add(table, "version_hash", DataType::kText, false, "Unique hash of the schema content, used to detect changes");
  add(table, "schema", DataType::kText, false, "JSON representation of the complete schema definition");
  table.props().set("write_disposition", "skip");
  table.props().set("resource", kVersionTable);
  table.props().set("description", "Created by DLT. Tracks schema updates");
  return table;
}

Table loads_table() {
  Table table{std::string(kLoadsTable)};
  add(table, "load_id", DataType::kText, false, "Unique identifier of the load operation", 64);
  add(table, "schema_name", DataType::kText, true, "Name of the schema associated with this load");
  add(table, "status", DataType::kBigint, false, "Status of the load operation (0 = success)");
  add(table, "inserted_at", DataType::kTimestamp, false, "Timestamp when the load was completed");
  add(table, "schema_version_hash", DataType::kText, true, "Hash of the schema version used during this load");
  table.props().set("write_disposition", "skip");
  table.props().set("resource", kLoadsTable);
  table.props().set("description", "Created by DLT. Tracks completed loads");
  return table;
}

Table state_table() {
  Table table{std::string(kStateTable)};
  add(table, "version", DataType::kBigint, false, "Numeric version of the pipeline state");
  add(table, "engine_version", DataType::kBigint, false, "Version of the dlt state engine");
  add(table, "pipeline_name", DataType::kText, false, "Name of the pipeline this state belongs to");
  add(table, "state", DataType::kText, false, "Compressed JSON representation of the pipeline state");
  add(table, "created_at", DataType::kTimestamp, false, "Timestamp when this state was created");
  add(table, "version_hash", DataType::kText, true, "Hash of the state content, used to detect changes");
  add(table, "_dlt_load_id", DataType::kText, false, "Load identifier linking this row to its load operation", 64);
  table.props().set("write_disposition", "append");
  table.props().set("file_format", "preferred");
  table.props().set("resource", kStateTable);
  return table;
}

bool is_made_by_loads(const Table& table) {
  return table.name() == kVersionTable || table.name() == kLoadsTable || table.seen_data();
}

}  // namespace lode
