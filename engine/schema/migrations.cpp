// Bringing stored schemas of older dlt versions to today's layout, one engine version at a time.
#include "schema/migrations.h"

#include <fmt/format.h>

#include "schema/schema.h"
#include "schema/system_tables.h"

namespace lode {
namespace {

using json::Value;

Value& member(Value& object, std::string_view key) {
  Value& value = object[key];
  if (!value.is_object()) value = Value::object();
  return value;
}

void drop_sealed(Value& stored) {
  member(stored, "settings").erase("schema_sealed");
  for (auto& [name, table] : member(stored, "tables").members()) table.erase("table_sealed");
}

// Tables with row ids have been through the normalizer.
void mark_seen_data(Value& stored) {
  for (auto& [name, table] : member(stored, "tables").members()) {
    if (member(table, "columns").find(kIdColumn) != nullptr) member(table, "x-normalizer").set("seen-data", true);
  }
}

void rename_key_hint(Value& columns, std::string_view column, std::string_view from, std::string_view to) {
  if (Value* props = columns.find(column)) props->set(to, props->bool_or(from, false));
}

// "complex" became "json", and foreign keys became row and parent keys.
void rename_types_and_keys(Value& stored) {
  for (auto& [name, table] : member(stored, "tables").members()) {
    Value& columns = member(table, "columns");
    rename_key_hint(columns, kIdColumn, "unique", "row_key");
    rename_key_hint(columns, kParentIdColumn, "foreign_key", "parent_key");
    for (auto& [column, props] : columns.members()) {
      props.erase("foreign_key");
      if (props.text_or("data_type", "") == "complex") props.set("data_type", "json");
    }
  }
  Value& settings = member(stored, "settings");
  if (Value* types = settings.find("preferred_types"); types != nullptr && types->is_object()) {
    for (auto& [pattern, type] : types->members()) {
      if (type.is_text() && type.as_text() == "complex") type = "json";
    }
  }
  if (Value* hints = settings.find("default_hints"); hints != nullptr && hints->is_object() && hints->size() > 0) {
    hints->erase("foreign_key");
    hints->set("row_key", Value::list({Value(kIdColumn)}));
    hints->set("parent_key", Value::list({Value(kParentIdColumn)}));
  }
  if (Value* json = member(stored, "normalizers").find("json")) {
    if (Value* config = json->find("config")) config->erase("generate_dlt_id");
  }
}

void set_table(Value& stored, const Table& table) { member(stored, "tables").set(table.name(), table.to_json()); }

// Until 1.25 a column that had only seen null was kept as an incomplete one.
void drop_seen_null_first(Value& stored) {
  for (auto& [name, table] : member(stored, "tables").members()) {
    auto& columns = member(table, "columns").members();
    for (std::size_t i = 0; i < columns.size();) {
      Value& props = columns[i].second;
      Value* normalizer = props.find("x-normalizer");
      const bool marked = normalizer != nullptr && normalizer->bool_or("seen-null-first", false);
      if (marked && props.find("data_type") == nullptr) {
        columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
      if (marked && normalizer->erase("seen-null-first") && normalizer->size() == 0) props.erase("x-normalizer");
      ++i;
    }
  }
}

}  // namespace

Status migrate_stored_schema(Value& stored) {
  const std::int64_t from = stored.int_or("engine_version", 0);
  const auto bad = [&](std::string_view why) {
    return Status::error(Code::kSchemaInvalid, fmt::format("schema '{}' has engine version {}: {}", stored.text_or("name", ""), from, why));
  };
  if (from > kSchemaEngineVersion) {
    return bad(fmt::format("this program knows versions up to {}", kSchemaEngineVersion)).hint("install a newer lode");
  }
  if (from < 3) return bad("too old to be read").hint("load it once with dlt, which rewrites it");
  if (from < 4 && stored.find("version_hash") == nullptr) stored.set("version_hash", "");
  if (from < 5) set_table(stored, version_table());
  if (from < 6) set_table(stored, loads_table());
  if (from < 7) drop_sealed(stored);
  if (from < 8) stored.set("previous_hashes", Value::list());
  if (from < 9) mark_seen_data(stored);
  if (from < 10) rename_types_and_keys(stored);
  if (from < 11) member(stored, "normalizers").set("use_break_path_on_normalize", false);
  stored.set("engine_version", kSchemaEngineVersion);
  drop_seen_null_first(stored);
  return Status();
}

}  // namespace lode
