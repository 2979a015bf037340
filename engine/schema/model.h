// Models: the declared shape of a resource's rows, as a script writes it down. From it come the columns of the table
// and what is checked of every row. What Pydantic models are in dlt.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "schema/contract.h"
#include "schema/hints.h"

namespace lode {

class Model;

/// What a value of a model may be.
struct ModelType {
  enum class Kind { kAny, kScalar, kModel, kList };
  Kind kind = Kind::kAny;
  DataType type = DataType::kNone;            ///< of kScalar; kJson takes anything
  std::shared_ptr<const Model> model;         ///< of kModel
  std::shared_ptr<const ModelType> item;      ///< of kList
  bool is_optional = false;                   ///< may be absent or null
  json::Value hints = json::Value::object();  ///< precision, description…: go into the column as they are
  std::string text() const;                   ///< "decimal(18,2)", "a list of text": for messages
};

struct ModelField {
  std::string name;  ///< the key in the data
  ModelType type;
};

/// Immutable once made; any thread may read it.
class Model {
 public:
  /// {name, extra, nested, fields: [{name, optional, hints, and one of: type | model | list_of}]}. `extra` is
  /// Pydantic's word for what happens to other fields: "ignore" (default), "allow", "forbid"; `nested` is "json"
  /// (default: nested models and lists are json columns) or "tables" (they become columns and child tables as without a
  /// model). Errors: kSchemaInvalid.
  static Result<std::shared_ptr<const Model>> from_json(const json::Value& declared);

  const std::string& name() const { return name_; }  ///< "": it has none
  const std::vector<ModelField>& fields() const { return fields_; }

  /// The columns as hints: a list of properties, in the order of the fields.
  json::Value columns() const;
  /// Hints for the tables of its lists; empty unless nested is "tables".
  std::vector<NestedHints> nested_hints() const;
  /// {tables, columns, data_type}: what `schema_contract` says, and where it is silent what the model means: new tables
  /// evolve, other fields go as `extra` says, values that do not fit are an error. Errors: kConfigInvalid.
  Result<json::Value> contract(const json::Value& schema_contract) const;

 private:
  void add_columns(const std::string& prefix, bool is_optional, json::Value& columns) const;
  void add_nested(const std::vector<std::string>& path, const std::vector<std::string>& parent,
                  std::vector<NestedHints>& hints) const;

  std::string name_;
  std::string extra_ = "ignore";
  bool nests_in_tables_ = false;
  std::vector<ModelField> fields_;
};

}  // namespace lode
