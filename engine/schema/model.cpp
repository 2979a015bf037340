// Models: from a declaration to columns, nested tables and a contract.
#include "schema/model.h"

#include <fmt/format.h>

namespace lode {
namespace {

using json::Value;

Status bad_model(std::string what) { return Status::error(Code::kSchemaInvalid, "model: " + std::move(what)); }

Result<ModelType> read_type(const Value& declared) {
  ModelType type;
  type.is_optional = declared.bool_or("optional", false);
  if (const Value* hints = declared.find("hints"); hints != nullptr && hints->is_object()) type.hints = *hints;
  if (const Value* model = declared.find("model")) {
    type.kind = ModelType::Kind::kModel;
    LODE_ASSIGN(type.model, Model::from_json(*model));
    return type;
  }
  if (const Value* item = declared.find("list_of")) {
    type.kind = ModelType::Kind::kList;
    LODE_ASSIGN(ModelType inner, read_type(*item));
    type.item = std::make_shared<const ModelType>(std::move(inner));
    return type;
  }
  const std::string name = declared.text_or("type", "");
  if (name == "any") return type;
  const std::optional<DataType> found = type_from_name(name);
  if (!found || *found == DataType::kNone) return bad_model(fmt::format("there is no data type '{}'", name));
  type.kind = ModelType::Kind::kScalar;
  type.type = *found;
  return type;
}

Value column_of(const std::string& name, DataType data_type, bool is_nullable, const Value& hints) {
  Value column = Value::object();
  column.set("name", name);
  column.set("data_type", type_name(data_type));
  column.set("nullable", is_nullable);
  for (const auto& [hint, value] : hints.members()) column.set(hint, value);
  return column;
}

}  // namespace

std::string ModelType::text() const {
  switch (kind) {
    case Kind::kAny:
      return "anything";
    case Kind::kModel:
      return model->name().empty() ? "an object" : model->name();
    case Kind::kList:
      return "a list of " + item->text();
    case Kind::kScalar:
      break;
  }
  std::string name(type_name(type));
  const Value* precision = hints.find("precision");
  const Value* scale = hints.find("scale");
  if (precision == nullptr || !precision->is_int()) return name;
  if (scale == nullptr || !scale->is_int()) return fmt::format("{}({})", name, precision->as_int());
  return fmt::format("{}({},{})", name, precision->as_int(), scale->as_int());
}

Result<std::shared_ptr<const Model>> Model::from_json(const Value& declared) {
  auto model = std::make_shared<Model>();
  if (!declared.is_object()) return bad_model("it must be an object");
  model->name_ = declared.text_or("name", "");
  model->extra_ = declared.text_or("extra", "ignore");
  model->nests_in_tables_ = declared.text_or("nested", "json") == "tables";
  const Value* fields = declared.find("fields");
  if (fields == nullptr || !fields->is_list()) return bad_model("its fields must be a list");
  for (const Value& field : fields->items()) {
    ModelField read;
    read.name = field.text_or("name", "");
    if (read.name.empty()) return bad_model("a field has no name");
    Result<ModelType> type = read_type(field);
    if (!type.ok()) return std::move(type).status().about(fmt::format("field '{}'", read.name));
    read.type = std::move(*type);
    model->fields_.push_back(std::move(read));
  }
  return std::shared_ptr<const Model>(std::move(model));
}

Value Model::columns() const {
  Value columns = Value::list();
  add_columns("", false, columns);
  return columns;
}

void Model::add_columns(const std::string& prefix, bool is_optional, Value& columns) const {
  for (const ModelField& field : fields_) {
    const std::string name = prefix + field.name;
    const bool is_nullable = is_optional || field.type.is_optional;
    switch (field.type.kind) {
      case ModelType::Kind::kAny:
        break;  // the data says what it is
      case ModelType::Kind::kScalar:
        columns.push_back(column_of(name, field.type.type, is_nullable, field.type.hints));
        break;
      case ModelType::Kind::kModel:
        if (nests_in_tables_) {
          Model inner = *field.type.model;
          inner.nests_in_tables_ = true;
          inner.add_columns(name + "__", is_nullable, columns);
        } else {
          columns.push_back(column_of(name, DataType::kJson, is_nullable, field.type.hints));
        }
        break;
      case ModelType::Kind::kList:
        if (!nests_in_tables_) columns.push_back(column_of(name, DataType::kJson, is_nullable, field.type.hints));
        break;
    }
  }
}

std::vector<NestedHints> Model::nested_hints() const {
  std::vector<NestedHints> hints;
  if (nests_in_tables_) add_nested({}, {}, hints);
  return hints;
}

void Model::add_nested(const std::vector<std::string>& path, const std::vector<std::string>& parent,
                       std::vector<NestedHints>& hints) const {
  for (const ModelField& field : fields_) {
    std::vector<std::string> inner = path;
    inner.push_back(field.name);
    if (field.type.kind == ModelType::Kind::kModel) {
      field.type.model->add_nested(inner, parent, hints);
      continue;
    }
    if (field.type.kind != ModelType::Kind::kList) continue;
    const ModelType& item = *field.type.item;
    NestedHints table;
    table.path = inner;
    table.parent_path = parent;
    table.columns = Value::list();
    if (item.kind == ModelType::Kind::kModel) {
      Model rows = *item.model;
      rows.nests_in_tables_ = true;
      table.columns = rows.columns();
    } else if (item.kind == ModelType::Kind::kScalar && item.type != DataType::kJson) {
      table.columns.push_back(column_of("value", item.type, true, item.hints));
    } else {
      continue;  // lists of lists and of anything: as the data says
    }
    hints.push_back(std::move(table));
    if (item.kind == ModelType::Kind::kModel) item.model->add_nested(inner, inner, hints);
  }
}

Result<Value> Model::contract(const Value& schema_contract) const {
  LODE_ASSIGN([[maybe_unused]] const Contract checked, Contract::from_json(schema_contract));
  Value contract = Value::object();
  const std::string_view columns = extra_ == "allow" ? "evolve" : extra_ == "forbid" ? "freeze" : "discard_value";
  const std::pair<std::string_view, std::string_view> kDefaults[] = {
      {"tables", "evolve"}, {"columns", columns}, {"data_type", "freeze"}};
  for (const auto& [entity, mode] : kDefaults) {
    const Value* said = schema_contract.is_object() ? schema_contract.find(entity) : nullptr;
    contract.set(entity, schema_contract.is_text() ? schema_contract : said != nullptr ? *said : Value(mode));
  }
  return contract;
}

}  // namespace lode
