// Bringing stored schemas of older dlt versions to today's layout, one engine version at a time.
#include "schema/migrations.h"

#include <fmt/format.h>

#include "schema/schema.h"
#include "schema/system_tables.h"

namespace lode {
namespace {

using json::Value;

// The object under `key`, made if it is absent. REQUIRES: check_shape() passed.
Value& member(Value& object, std::string_view key) {
  Value& value = object[key];
  if (value.is_null()) value = Value::object();
  return value;
}

std::vector<Value::Member>& members(Value& object, std::string_view key) { return member(object, key).members(); }

bool is_object_or_absent(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  return value == nullptr || value->is_null() || value->is_object();
}

// Objects where objects have to be, so that everything below may rely on them.
Status check_shape(const Value& stored) {
  const auto bad = [&](std::string what) {
    return Status::error(Code::kSchemaInvalid, fmt::format("schema '{}': {}", stored.text_or("name", ""), what));
  };
  for (const std::string_view key : {"tables", "settings", "normalizers"}) {
    if (!is_object_or_absent(stored, key)) return bad(fmt::format("'{}' must be an object", key));
  }
  const Value* tables = stored.find("tables");
  if (tables == nullptr || tables->is_null()) return bad("it has no tables");
  for (const auto& [name, table] : tables->members()) {
    if (!table.is_object() || !is_object_or_absent(table, "columns") || !is_object_or_absent(table, "x-normalizer")) {
      return bad(fmt::format("table '{}': its properties, columns and x-normalizer must be objects", name));
    }
    const Value* columns = table.find("columns");
    for (std::size_t i = 0; columns != nullptr && i < columns->size(); ++i) {
      const auto& [column, props] = columns->members()[i];
      if (!props.is_object()) return bad(fmt::format("table '{}': column '{}' must be an object", name, column));
    }
  }
  return Status();
}

Value with_prefix(const Value& patterns) {
  Value out = Value::list();
  for (std::size_t i = 0; patterns.is_list() && i < patterns.size(); ++i) {
    if (patterns.items()[i].is_text()) out.push_back("re:" + patterns.items()[i].as_text());
  }
  return out;
}

// The longest name before a "__" that is a table too.
std::string parent_by_name(const Value& tables, std::string name) {
  for (std::size_t place = name.rfind("__"); place != std::string::npos && place > 0; place = name.rfind("__")) {
    name.resize(place);
    if (tables.find(name) != nullptr) return name;
  }
  return "";
}

// Patterns "^table__field" of the whole schema become "re:^field" of the table.
void move_filters(Value& stored, std::string_view kind) {
  const Value* found = stored.find(kind);
  const Value filters = found == nullptr ? Value::list() : *found;
  stored.erase(kind);
  for (std::size_t i = 0; filters.is_list() && i < filters.size(); ++i) {
    const std::string filter = filters.items()[i].is_text() ? filters.items()[i].as_text() : "";
    const std::size_t separator = filter.find("__");
    if (separator == std::string::npos || separator == 0) continue;
    const std::string root = filter.substr(1, separator - 1);
    Value& tables = member(stored, "tables");
    if (tables.find(root) == nullptr) tables.set(root, Table::root(root).to_json());
    member(tables[root], "filters")[kind].push_back("re:^" + filter.substr(separator + 2));
  }
}

// Before version 3 a table was its columns, and what normalizers do was not written down.
Status add_normalizers_and_tables(Value& stored) {
  const Value* tables = stored.find("tables");
  const Value old = tables == nullptr ? Value() : *tables;
  if (!old.is_object()) return Status::error(Code::kSchemaInvalid, "'tables' must be an object");
  Value normalizers = Value::object();
  normalizers.set("names", "snake_case");
  normalizers["json"].set("module", "dlt.common.normalizers.json.relational");
  normalizers["json"]["config"]["propagation"]["root"].set(kIdColumn, kRootIdColumn);
  stored.set("normalizers", std::move(normalizers));
  Value settings = Value::object();
  settings.set("default_hints", Value::object());
  settings.set("preferred_types", Value::object());
  if (const Value* hints = stored.find("hints"); hints != nullptr && hints->is_object()) {
    for (const auto& [hint, patterns] : hints->members()) settings["default_hints"].set(hint, with_prefix(patterns));
  }
  if (const Value* types = stored.find("preferred_types"); types != nullptr && types->is_object()) {
    for (const auto& [pattern, type] : types->members()) settings["preferred_types"].set("re:" + pattern, type);
  }
  stored.erase("hints");
  stored.erase("preferred_types");
  stored.set("settings", std::move(settings));
  stored.set("tables", Value::object());
  for (const auto& [name, columns] : old.members()) {
    const std::string parent = parent_by_name(old, name);
    Value table = (parent.empty() ? Table::root(name) : Table::child(name, parent)).to_json();
    table.set("columns", columns);
    stored["tables"].set(name, std::move(table));
  }
  move_filters(stored, "excludes");
  move_filters(stored, "includes");
  return Status();
}

void drop_sealed(Value& stored) {
  member(stored, "settings").erase("schema_sealed");
  for (auto& [name, table] : members(stored, "tables")) table.erase("table_sealed");
}

// Tables with row ids have been through the normalizer.
void mark_seen_data(Value& stored) {
  for (auto& [name, table] : members(stored, "tables")) {
    if (member(table, "columns").find(kIdColumn) != nullptr) member(table, "x-normalizer").set("seen-data", true);
  }
}

void rename_key_hint(Value& columns, std::string_view column, std::string_view from, std::string_view to) {
  if (Value* props = columns.find(column)) props->set(to, props->bool_or(from, false));
}

// "complex" became "json", and foreign keys became row and parent keys.
void rename_types_and_keys(Value& stored) {
  for (auto& [name, table] : members(stored, "tables")) {
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
  for (auto& [name, table] : members(stored, "tables")) {
    auto& columns = members(table, "columns");
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
    return Status::error(Code::kSchemaInvalid,
                         fmt::format("schema '{}' has engine version {}: {}", stored.text_or("name", ""), from, why));
  };
  if (from > kSchemaEngineVersion) {
    return bad(fmt::format("this program knows versions up to {}", kSchemaEngineVersion)).hint("install a newer lode");
  }
  if (from < 1) return bad("there is no such version").hint("stored schemas have an engine_version of 1 or more");
  if (from < 3) {
    if (Status status = add_normalizers_and_tables(stored); !status.ok()) return bad(status.message());
  }
  LODE_TRY(check_shape(stored));
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
