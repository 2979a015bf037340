// Hints: what a resource declares about its tables before any row is seen.
#include "schema/hints.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/iso8601.h"
#include "base/time.h"
#include "schema/root_key.h"

namespace lode {
namespace {

using json::Value;

Status bad_hint(std::string what) { return Status::error(Code::kSchemaInvalid, std::move(what)); }

// Columns by name as the user wrote them, in order: a table whose names are not normalized yet.
Status add_declared_columns(Table& table, const Value& columns) {
  if (columns.is_null()) return Status();
  if (columns.is_object()) {
    for (const auto& [name, props] : columns.members()) {
      LODE_ASSIGN(const Column column, Column::from_props(name, props));
      table.merge_column(column);
    }
    return Status();
  }
  if (!columns.is_list()) return bad_hint("columns must be an object or a list");
  for (const Value& props : columns.items()) {
    const std::string name = props.text_or("name", "");
    if (name.empty()) return bad_hint("every column of a list needs a name");
    LODE_ASSIGN(const Column column, Column::from_props(name, props));
    table.merge_column(column);
  }
  return Status();
}

// Keys of the table replace what its columns say.
void add_key(Table& table, std::string_view hint, const std::vector<std::string>& keys) {
  if (keys.empty()) return;
  std::vector<std::string> all;
  for (const Column& column : table.columns()) all.push_back(column.name());
  for (const std::string& name : all) table.find(name)->erase(hint);
  for (const std::string& key : keys) {
    if (Column* column = table.find(key)) {
      column->set(hint, true);
      if (column->props().find("nullable") == nullptr) column->set("nullable", false);
    } else {
      Column added(key, DataType::kNone, false);
      added.set(hint, true);
      table.merge_column(added);
    }
  }
}

Value props(std::initializer_list<std::pair<std::string_view, Value>> members) {
  Value out = Value::object();
  for (const auto& [key, value] : members) out.set(key, value);
  return out;
}

// A timestamp as it stands in the schema: what was written, and typed ones as dlt writes them. Null if there is none.
Result<Value> scd2_timestamp(const Value& disposition, std::string_view key) {
  const Value* value = disposition.find(key);
  if (value == nullptr || value->is_null()) return Value();
  if (value->kind() == json::Kind::kTimestamp) return Value(iso_timestamp(value->as_int()));
  const bool is_number = value->is_int() || value->is_double();  // seconds since 1970
  if (is_number) return *value;
  if (value->is_text()) {
    const std::optional<IsoValue> iso = parse_iso(value->as_text());
    if (iso && iso->kind != IsoValue::Kind::kTime) return *value;
  }
  return bad_hint(fmt::format("{} is no timestamp", key)).hint("write it like 2024-01-31T00:00:00Z");
}

// Slowly changing dimensions: validity columns, and a row version in place of the row id.
Status add_scd2(Table& table, const Value& disposition) {
  std::string from = "_dlt_valid_from";
  std::string to = "_dlt_valid_to";
  if (const Value* names = disposition.find("validity_column_names"); names != nullptr && !names->is_null()) {
    if (!names->is_list() || names->size() != 2 || !names->items()[0].is_text() || !names->items()[1].is_text()) {
      return bad_hint("validity_column_names must be a list of two names");
    }
    from = names->items()[0].as_text();
    to = names->items()[1].as_text();
  }
  LODE_ASSIGN(const Value boundary, scd2_timestamp(disposition, "boundary_timestamp"));
  // Null is said, too: it takes back what was said before.
  if (disposition.find("boundary_timestamp") != nullptr) table.props().set("x-boundary-timestamp", boundary);
  LODE_ASSIGN(Value active, scd2_timestamp(disposition, "active_record_timestamp"));
  const auto put = [&](const std::string& name, const Value& properties) -> Status {
    table.erase_column(name);
    LODE_ASSIGN(const Column column, Column::from_props(name, properties));
    table.merge_column(column);
    return Status();
  };
  LODE_TRY(put(from, props({{"data_type", "timestamp"}, {"nullable", true}, {"x-valid-from", true}})));
  LODE_TRY(put(to, props({{"data_type", "timestamp"},
                          {"nullable", true},
                          {"x-valid-to", true},
                          {"x-active-record-timestamp", std::move(active)}})));
  return put(disposition.text_or("row_version_column_name", kIdColumn),
             props({{"nullable", false}, {"x-row-version", true}, {"unique", false}, {"row_key", false}}));
}

Status add_disposition(Table& table, const Value& disposition) {
  if (disposition.is_null()) return Status();
  const std::string name = disposition.is_text() ? disposition.as_text() : disposition.text_or("disposition", "");
  if (!disposition_from_name(name)) {
    return bad_hint(fmt::format("there is no write disposition '{}'", name))
        .hint("one of append, replace, merge, skip");
  }
  table.props().set("write_disposition", name);
  if (!disposition.is_object() || name != "merge") return Status();
  constexpr std::pair<std::string_view, std::string_view> kHints[] = {
      {"strategy", "x-merge-strategy"},
      {"deduplicated", "x-stage-data-deduplicated"},
      {"source_filter", "x-merge-source-filter"},
      {"destination_scope", "x-merge-destination-scope"},
      {"skip_unchanged_rows", "x-merge-skip-unchanged-rows"},
  };
  for (const auto& [key, hint] : kHints) {
    const Value* value = disposition.find(key);
    if (value != nullptr && !value->is_null() && !(value->is_bool() && !value->as_bool()))
      table.props().set(hint, *value);
  }
  const std::string strategy = disposition.text_or("strategy", "");
  const std::string version = disposition.text_or("row_version_column_name", "");
  if (strategy == "scd2") return add_scd2(table, disposition);
  if (!version.empty() && disposition.bool_or("skip_unchanged_rows", false)) {
    LODE_ASSIGN(const Column column,
                Column::from_props(version, props({{"nullable", false}, {"x-row-version", true}})));
    table.merge_column(column);
  }
  return Status();
}

bool is_default(std::string_view property, const Value& value) {
  if (value.is_null()) return property != "x-active-record-timestamp";
  if (property == "nullable" || property == "timezone") return value.is_bool() && value.as_bool();
  if (property == "name" || property == "data_type" || property == "precision" || property == "scale") return false;
  return value.is_bool() && !value.as_bool();
}

// Two names may become one; then the later column adds what it says explicitly.
Result<Table> normalize_names(const Table& declared, std::string name, const Naming& naming) {
  Table table(std::move(name));
  for (const Column& column : declared.columns()) {
    const std::string normalized = naming.path(column.name());
    if (normalized.empty()) return bad_hint(fmt::format("'{}' is no column name", column.name()));
    Column* same = table.find(normalized);
    Value properties = same == nullptr ? column.props() : same->props();
    if (same != nullptr) {
      for (const auto& [property, value] : column.props().members()) {
        if (!is_default(property, value)) properties.set(property, value);
      }
    }
    LODE_ASSIGN(const Column renamed, Column::from_props(normalized, properties));
    if (same != nullptr) {
      *same = renamed;  // at the place of the first
    } else {
      table.merge_column(renamed);
    }
  }
  table.props() = declared.props();
  if (Value* references = table.props().find("references"); references != nullptr && references->is_list()) {
    for (Value& reference : references->items()) {
      reference.set("referenced_table", naming.table_path(reference.text_or("referenced_table", "")));
      for (const std::string_view key : {"columns", "referenced_columns"}) {
        Value* names = reference.find(key);
        for (std::size_t i = 0; names != nullptr && names->is_list() && i < names->size(); ++i) {
          Value& item = names->items()[i];
          if (item.is_text()) item = naming.path(item.as_text());
        }
      }
    }
  }
  return table;
}

// A table with the names of the user.
Result<Table> declared_table(const TableHints& hints) {
  Table table;
  LODE_TRY(add_declared_columns(table, hints.columns));
  add_key(table, "primary_key", hints.primary_key);
  add_key(table, "merge_key", hints.merge_key);
  LODE_TRY(add_disposition(table, hints.write_disposition));
  if (!hints.schema_contract.is_null()) {
    LODE_ASSIGN([[maybe_unused]] const Contract contract, Contract::from_json(hints.schema_contract));
    table.props().set("schema_contract", hints.schema_contract);
  }
  if (!hints.table_format.empty()) table.props().set("table_format", hints.table_format);
  if (!hints.file_format.empty()) table.props().set("file_format", hints.file_format);
  if (!hints.references.is_null()) table.props().set("references", hints.references);
  for (const auto& [key, value] : hints.extra.members()) table.props().set(key, value);
  return table;
}

Result<Table> nested_table(const NestedHints& hints, const ResourceHints& resource, const std::string& root,
                           const Naming& naming) {
  LODE_ASSIGN(const Table declared, declared_table(hints));
  std::vector<std::string> fragments = {root};
  for (const std::string& key : hints.path) {
    LODE_ASSIGN(std::string fragment, naming.table_identifier(key));
    fragments.push_back(std::move(fragment));
  }
  LODE_ASSIGN(Table table, normalize_names(declared, naming.shorten_fragments(fragments), naming));
  const bool has_key = !table.first_with("primary_key").empty() || !table.first_with("merge_key").empty();
  std::string parent = naming.table_path(hints.parent);
  if (parent.empty() && hints.parent_path) {
    const auto steps = static_cast<std::ptrdiff_t>(hints.parent_path->size());
    parent = naming.shorten_fragments({fragments.begin(), fragments.begin() + 1 + steps});
  }
  if (parent.empty() && !has_key) {
    fragments.pop_back();
    parent = naming.shorten_fragments(fragments);
  }
  // A table with keys of its own stands by itself: its rows can be merged without their parents.
  if (parent.empty()) {
    table.props().set("resource", resource.name);
    if (table.props().find("write_disposition") == nullptr) table.props().set("write_disposition", "append");
  } else {
    table.props().set("parent", parent);
  }
  return table;
}

}  // namespace

Result<Table> table_from_hints(const ResourceHints& hints, const Naming& naming) {
  LODE_ASSIGN(Table declared, declared_table(hints));
  if (!hints.cursor_column.empty()) {
    if (Column* column = declared.find(hints.cursor_column)) {
      column->set("incremental", true);
    } else {
      LODE_ASSIGN(const Column cursor, Column::from_props(hints.cursor_column, props({{"incremental", true}})));
      declared.merge_column(cursor);
    }
  }
  if (declared.props().find("write_disposition") == nullptr) declared.props().set("write_disposition", "append");
  if (hints.max_table_nesting) declared.props()["x-normalizer"].set("max_nesting", *hints.max_table_nesting);
  declared.props().set("resource", hints.name);
  std::string name = naming.table_path(hints.table_name.empty() ? hints.name : hints.table_name);
  if (name.empty()) return bad_hint(fmt::format("resource '{}': '{}' is no table name", hints.name, hints.table_name));
  return normalize_names(declared, std::move(name), naming);
}

Result<std::vector<Table>> tables_from_hints(const ResourceHints& hints, const Naming& naming) {
  LODE_ASSIGN(Table root, table_from_hints(hints, naming));
  std::vector<const NestedHints*> nested;
  for (const NestedHints& hint : hints.nested) nested.push_back(&hint);
  std::stable_sort(nested.begin(), nested.end(),
                   [](const NestedHints* a, const NestedHints* b) { return a->path.size() < b->path.size(); });
  std::vector<Table> tables;
  const std::string root_name = root.name();
  tables.push_back(std::move(root));
  for (const NestedHints* hint : nested) {
    LODE_ASSIGN(Table table, nested_table(*hint, hints, root_name, naming));
    tables.push_back(std::move(table));
  }
  return tables;
}

Result<std::vector<ContractFilter>> declare_resource(Schema& schema, const ResourceHints& hints, const Naming& naming,
                                                     std::string_view default_strategy) {
  LODE_ASSIGN(std::vector<Table> tables, tables_from_hints(hints, naming));
  std::vector<ContractFilter> filters;
  for (Table& table : tables) {
    const Contract contract = contract_of(schema, table);
    const Table* existing = std::as_const(schema).find_table(table.name());
    if (contract.columns != ContractMode::kEvolve && (existing == nullptr || !existing->has_complete_column())) {
      // The first rows show what columns there are; from then on the contract holds.
      Value once = Value::object();
      once.set("evolve-columns-once", true);
      table.props().set("x-normalizer", std::move(once));
    }
    LODE_ASSIGN(ContractVerdict verdict, apply_contract(schema, contract, std::move(table)));
    for (ContractFilter& filter : verdict.filters) filters.push_back(std::move(filter));
    if (!verdict.allowed) continue;
    LODE_TRY(schema.check_merge(*verdict.allowed));
    const std::string name = verdict.allowed->name();
    schema.merge(std::move(*verdict.allowed), true);
    update_root_key(schema, name, default_strategy);
  }
  return filters;
}

}  // namespace lode
