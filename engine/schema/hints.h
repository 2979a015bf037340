// Hints: what a resource declares about its tables before any row is seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "schema/contract.h"
#include "schema/naming.h"
#include "schema/schema.h"

namespace lode {

/// What can be said of one table. Names are as the user wrote them.
struct TableHints {
  json::Value write_disposition;  ///< text, or {disposition = "merge", strategy = ...}; null: not said
  std::vector<std::string> primary_key;
  std::vector<std::string> merge_key;
  json::Value columns;          ///< {name: properties} or a list of properties with names; null: none
  json::Value schema_contract;  ///< as Contract::from_json
  std::string table_format;
  std::string file_format;
  json::Value references;                     ///< a list, or null
  json::Value extra = json::Value::object();  ///< other properties of the table: "x-...", "description"
};

/// Hints for the table of a list inside the rows.
struct NestedHints : TableHints {
  std::vector<std::string> path;  ///< keys from the row to the list
  std::string parent;             ///< a parent other than the path says; usually ""
  /// The list that the table hangs under, by path ({}: the root table): for lists inside of objects.
  std::optional<std::vector<std::string>> parent_path;
};

struct ResourceHints : TableHints {
  std::string name;           ///< of the resource
  std::string table_name;     ///< "": as the resource
  std::string cursor_column;  ///< of the incremental cursor, if it is one column; else ""
  std::optional<std::int64_t> max_table_nesting;
  std::vector<NestedHints> nested;
};

/// The tables that the hints describe, names normalized: the root table, then nested ones, parents first. Columns with
/// keys but without a type are incomplete. Errors: kSchemaInvalid, kConfigInvalid.
Result<std::vector<Table>> tables_from_hints(const ResourceHints& hints, const Naming& naming);
/// Only the root table.
Result<Table> table_from_hints(const ResourceHints& hints, const Naming& naming);

/// Puts the tables of `hints` into the schema as dlt does when a resource starts: contracts are respected, keys replace
/// former keys, the root key is decided (`default_strategy`: see root_key.h). Returns what must be left out.
/// Errors: those of tables_from_hints, kContractViolated.
Result<std::vector<ContractFilter>> declare_resource(Schema& schema, const ResourceHints& hints, const Naming& naming,
                                                     std::string_view default_strategy);

}  // namespace lode
