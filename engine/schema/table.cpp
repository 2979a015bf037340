// Column and Table: dlt's dictionaries of properties.
#include <fmt/format.h>

#include <algorithm>

#include "schema/schema.h"

namespace lode {
namespace {

using json::Value;

Status bad_column(const std::string& column, std::string_view what) {
  return Status::error(Code::kSchemaInvalid, fmt::format("column '{}': {}", column, what));
}

bool says_something(const Value& value) { return !value.is_null() && !(value.is_bool() && !value.as_bool()); }

// Properties that describe a key of several columns.
bool is_compound(std::string_view property) {
  return property == "primary_key" || property == "merge_key" || property == "partition" || property == "cluster" ||
         property == "incremental";
}

// References to other tables: one a table; the newer one wins.
void merge_references(Value& existing, const Value& added) {
  if (!existing.is_list()) existing = Value::list();
  for (const Value& reference : added.items()) {
    Value* same = nullptr;
    for (Value& old : existing.items()) {
      if (old.text_or("referenced_table", "") == reference.text_or("referenced_table", "")) same = &old;
    }
    if (same != nullptr) {
      *same = reference;
    } else {
      existing.push_back(reference);
    }
  }
}

}  // namespace

Column::Column(std::string name, DataType type, bool nullable)
    : name_(std::move(name)), type_(type), nullable_(nullable) {
  std::vector<Value::Member> props;
  props.reserve(3);
  props.emplace_back("name", name_);
  if (type != DataType::kNone) props.emplace_back("data_type", type_name(type));
  props.emplace_back("nullable", nullable);
  props_ = Value::object(std::move(props));
}

Result<Column> Column::from_props(std::string name, const Value& props) {
  if (!props.is_object()) return bad_column(name, "its properties must be an object");
  Column column;
  column.name_ = std::move(name);
  column.props_ = Value::object();
  if (props.find("name") == nullptr) column.props_.set("name", column.name_);
  for (const auto& [key, value] : props.members()) {
    if (key == "name") {
      column.props_.set("name", column.name_);
      continue;
    }
    if (key == "data_type" && !value.is_null()) {
      if (!value.is_text() || !type_from_name(value.as_text())) {
        return bad_column(column.name_, value.is_text() ? fmt::format("there is no data type '{}'", value.as_text())
                                                        : std::string("data_type must be text"))
            .hint("one of text, double, bool, timestamp, bigint, binary, json, decimal, wei, date, time");
      }
    }
    if (key == "nullable" && !value.is_null() && !value.is_bool())
      return bad_column(column.name_, "nullable must be true or false");
    if ((key == "precision" || key == "scale") && !value.is_null() && !value.is_int()) {
      return bad_column(column.name_, fmt::format("{} must be a whole number", key));
    }
    column.set(key, value);
  }
  return column;
}

bool Column::flag(std::string_view property) const {
  const Value* value = props_.find(property);
  if (value == nullptr) return false;
  return says_something(*value) || property == "x-active-record-timestamp";  // there, null means "open end"
}

std::optional<std::int64_t> Column::precision() const {
  const Value* value = props_.find("precision");
  return value != nullptr && value->is_int() ? std::optional(value->as_int()) : std::nullopt;
}

std::optional<std::int64_t> Column::scale() const {
  const Value* value = props_.find("scale");
  return value != nullptr && value->is_int() ? std::optional(value->as_int()) : std::nullopt;
}

bool Column::has_timezone() const { return props_.bool_or("timezone", true); }

void Column::set(std::string_view property, Value value) {
  if (property == "name") {
    name_ = value.as_text();
  } else if (property == "data_type") {
    type_ = value.is_text() ? type_from_name(value.as_text()).value_or(DataType::kNone) : DataType::kNone;
    if (type_ == DataType::kJson) value = type_name(DataType::kJson);
  } else if (property == "nullable") {
    nullable_ = !value.is_bool() || value.as_bool();
  }
  props_.set(property, std::move(value));
}

void Column::erase(std::string_view property) {
  if (property == "data_type") type_ = DataType::kNone;
  if (property == "nullable") nullable_ = true;
  props_.erase(property);
}

Table::Table(std::string name) : name_(std::move(name)) {}

Table Table::root(std::string name) {
  Table table(std::move(name));
  table.props_.set("write_disposition", "append");
  table.props_.set("resource", table.name_);
  return table;
}

Table Table::child(std::string name, std::string_view parent) {
  Table table(std::move(name));
  table.props_.set("parent", parent);
  return table;
}

Result<Table> Table::from_json(std::string name, const Value& stored) {
  const auto bad = [&](std::string_view what) {
    return Status::error(Code::kSchemaInvalid, fmt::format("table '{}': {}", name, what));
  };
  if (!stored.is_object()) return bad("its properties must be an object");
  Table table(name);
  for (const auto& [key, value] : stored.members()) {
    if (key == "name") continue;
    if (key != "columns") {
      table.props_.set(key, value);
      continue;
    }
    if (!value.is_object()) return bad("columns must be an object");
    for (const auto& [column_name, props] : value.members()) {
      Result<Column> column = Column::from_props(column_name, props);
      if (!column) return std::move(column).status().about(fmt::format("table '{}'", name));
      table.merge_column(*column);
    }
  }
  return table;
}

Value Table::to_json() const {
  Value out = Value::object();
  out.set("name", name_);
  std::vector<Value::Member> columns;
  columns.reserve(columns_.size());
  for (const Column& column : columns_) columns.emplace_back(column.name(), column.props());
  out.set("columns", Value::object(std::move(columns)));
  for (const auto& [key, value] : props_.members()) out.set(key, value);
  return out;
}

std::optional<std::size_t> Table::index_of(std::string_view column) const {
  const std::uint32_t index =
      index_.find(column, [&](std::uint32_t at) { return std::string_view(columns_[at].name()); });
  return index == TextIndex::kNone ? std::nullopt : std::optional<std::size_t>(index);
}

const Column* Table::find(std::string_view column) const {
  const std::optional<std::size_t> index = index_of(column);
  return index ? &columns_[*index] : nullptr;
}

Column* Table::find(std::string_view column) {
  const std::optional<std::size_t> index = index_of(column);
  return index ? &columns_[*index] : nullptr;
}

void Table::append(Column column) {
  index_.add(column.name(), static_cast<std::uint32_t>(columns_.size()));
  columns_.push_back(std::move(column));
}

void Table::reindex() {
  index_.clear();
  for (std::size_t i = 0; i < columns_.size(); ++i) index_.add(columns_[i].name(), static_cast<std::uint32_t>(i));
}

void Table::merge_column(Column column) {
  const std::optional<std::size_t> index = index_of(column.name());
  if (!index) {
    append(std::move(column));
    return;
  }
  Column& existing = columns_[*index];
  const bool moves = column.complete() && !existing.complete();
  for (const auto& [key, value] : column.props().members()) existing.set(key, value);
  if (!moves) return;
  std::rotate(columns_.begin() + static_cast<std::ptrdiff_t>(*index),
              columns_.begin() + static_cast<std::ptrdiff_t>(*index) + 1, columns_.end());
  reindex();
}

void Table::merge(Table partial, bool replace_compound) {
  if (replace_compound) {
    std::vector<std::string> declared;
    for (const Column& column : partial.columns_) {
      for (const auto& [key, value] : column.props().members()) {
        if (is_compound(key) && says_something(value)) declared.push_back(key);
      }
    }
    for (Column& column : columns_) {
      for (const std::string& property : declared) column.erase(property);
    }
  }
  for (Column& column : partial.columns_) merge_column(std::move(column));
  for (const auto& [key, value] : partial.props_.members()) {
    if (key == "references" && value.is_list()) {
      merge_references(props_["references"], value);
    } else {
      props_.set(key, value);
    }
  }
}

void Table::erase_column(std::string_view column) {
  const std::optional<std::size_t> index = index_of(column);
  if (!index) return;
  columns_.erase(columns_.begin() + static_cast<std::ptrdiff_t>(*index));
  reindex();
}

bool Table::has_complete_column() const {
  for (const Column& column : columns_) {
    if (column.complete()) return true;
  }
  return false;
}

std::string Table::first_with(std::string_view flag) const {
  for (const Column& column : columns_) {
    if (column.flag(flag)) return column.name();
  }
  return "";
}

std::vector<std::string> Table::all_with(std::string_view flag) const {
  std::vector<std::string> names;
  for (const Column& column : columns_) {
    if (column.flag(flag)) names.push_back(column.name());
  }
  return names;
}

bool Table::seen_data() const {
  const Value* normalizer = props_.find("x-normalizer");
  return normalizer != nullptr && normalizer->bool_or("seen-data", false);
}

void Table::set_seen_data() { props_["x-normalizer"].set("seen-data", true); }

}  // namespace lode
