// Questions about a dataset, from structures to statements. The steps of a relation:
//   {step = "select", columns}                   {step = "order_by", column, descending}
//   {step = "where", column, operation, value}   {step = "limit", rows}
//   {step = "where_sql", sql, parameters}        {step = "from_loads", load_ids}
//   {step = "join", table, kind, alias}          {step = "extreme", column, greatest}
//   {step = "count"}
#include <fmt/format.h>

#include "runtime/dataset_reader.h"
#include "schema/system_tables.h"

namespace lode {
namespace {

std::vector<std::string> texts(const json::Value& step, std::string_view key) {
  std::vector<std::string> out;
  const json::Value* const list = step.find(key);
  if (list == nullptr || !list->is_list()) return out;
  for (const json::Value& item : list->items()) {
    if (item.is_text()) out.push_back(item.as_text());
  }
  return out;
}

Status apply(SelectBuilder& builder, const json::Value& step) {
  const std::string name = step.text_or("step", "");
  const std::string column = step.text_or("column", "");
  const json::Value* const value = step.find("value");
  const json::Value* const parameters = step.find("parameters");
  if (name == "select") return builder.select(texts(step, "columns"));
  if (name == "where") return builder.where(column, step.text_or("operation", "="), value ? *value : json::Value());
  if (name == "where_sql") {
    return builder.where_sql(step.text_or("sql", ""),
                             parameters && parameters->is_list() ? parameters->items() : json::Value::List());
  }
  if (name == "order_by") return builder.order_by(column, step.bool_or("descending", false));
  if (name == "from_loads") return builder.from_loads(texts(step, "load_ids"));
  if (name == "join") {
    return builder.join({step.text_or("table", ""), step.text_or("kind", ""), step.text_or("alias", "")});
  }
  if (name == "extreme") return builder.extreme(column, step.bool_or("greatest", true));
  if (name == "limit") {
    builder.limit(static_cast<std::uint64_t>(step.int_or("rows", 0)));
    return {};
  }
  if (name == "count") {
    builder.count();
    return {};
  }
  return Status::error(Code::kInvalidArgument, fmt::format("relations have no step '{}'", name));
}

Result<SqlText> relation_statement(const Dialect& dialect, const SelectTables& tables, const json::Value& question) {
  LODE_ASSIGN(SelectBuilder builder, SelectBuilder::from(dialect, tables, question.text_or("table", "")));
  if (const json::Value* const steps = question.find("steps"); steps != nullptr && steps->is_list()) {
    for (const json::Value& step : steps->items()) LODE_TRY(apply(builder, step));
  }
  return builder.text();
}

Result<SqlText> rows_statement(const Dialect& dialect, const SelectTables& tables, const json::Value& wanted) {
  std::vector<const Table*> counted;
  for (const std::string& name : texts(wanted, "tables")) {
    LODE_ASSIGN(const Table* const table, tables.get(name));
    counted.push_back(table);
  }
  if (counted.empty()) {
    for (const Table* table : dataset_tables(tables, wanted.bool_or("dlt_tables", false))) counted.push_back(table);
  }
  return count_statement(dialect, tables, counted, wanted.text_or("load_id", ""));
}

// Empty without a table of loads: nothing was loaded.
SqlText loads_statement(const Dialect& dialect, const SelectTables& tables, const json::Value& wanted) {
  SqlText text;
  if (tables.schemas.empty()) return text;
  const bool newest = wanted.bool_or("newest", false);
  text.sql =
      fmt::format("SELECT {} AS load_id FROM {}", newest ? fmt::format("max(load_id{})", dialect.bytewise) : "load_id",
                  tables.query_name(kLoadsTable));
  if (const std::string schema = wanted.text_or("schema", ""); !schema.empty()) {
    text.sql += fmt::format(" WHERE schema_name = {}1", dialect.parameter);
    text.parameters.emplace_back(schema);
  }
  if (!newest) text.sql += fmt::format(" ORDER BY load_id{}", dialect.bytewise);
  return text;
}

}  // namespace

std::vector<const Table*> dataset_tables(const SelectTables& tables, bool with_dlt_tables) {
  std::vector<const Table*> users;
  std::vector<const Table*> engines;
  for (const Schema* schema : tables.schemas) {
    for (const Table& table : schema->tables()) {
      // Of two schemas with a table of one name, it is the first one's; what has no rows yet is not there.
      if (!is_made_by_loads(table) || tables.find(table.name()) != &table) continue;
      (is_dlt_name(table.name()) ? engines : users).push_back(&table);
    }
  }
  if (with_dlt_tables) users.insert(users.end(), engines.begin(), engines.end());
  return users;
}

Result<SqlText> dataset_statement(const Dialect& dialect, const SelectTables& tables, const json::Value& question) {
  if (question.find("table") != nullptr) return relation_statement(dialect, tables, question);
  if (const json::Value* const wanted = question.find("count")) return rows_statement(dialect, tables, *wanted);
  if (const json::Value* const wanted = question.find("loads")) return loads_statement(dialect, tables, *wanted);
  return Status::error(Code::kInvalidArgument, "a dataset cannot be asked this");
}

}  // namespace lode
