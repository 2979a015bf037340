// Models: columns, child tables and contracts that follow from a declaration.
#include "schema/model.h"

#include "json/parse.h"
#include "json/write.h"
#include "support/catch.h"

using namespace lode;

namespace {

std::shared_ptr<const Model> model_of(std::string_view declared) {
  const Result<std::shared_ptr<const Model>> model = Model::from_json(*json::parse_value(declared));
  INFO(model.status().render());
  REQUIRE(model.ok());
  return *model;
}

constexpr std::string_view kOrder = R"({"name": "Order", "fields": [
  {"name": "id", "type": "bigint"},
  {"name": "note", "type": "text", "optional": true},
  {"name": "price", "type": "decimal", "hints": {"precision": 18, "scale": 2}},
  {"name": "anything", "type": "any"},
  {"name": "ship", "optional": true, "model": {"fields": [
    {"name": "city", "type": "text"},
    {"name": "stops", "list_of": {"type": "bigint"}}]}},
  {"name": "items", "list_of": {"model": {"fields": [
    {"name": "sku", "type": "text"},
    {"name": "tags", "list_of": {"type": "text"}},
    {"name": "grid", "list_of": {"list_of": {"type": "double"}}}]}}}]})";

std::string as_tables(std::string_view declared) {
  return std::string(declared).replace(declared.find("\"name\""), 0, R"("nested": "tables", )");
}

}  // namespace

TEST_CASE("nested models and lists are json columns, as dlt makes of Pydantic models") {
  CHECK(json::write(model_of(kOrder)->columns()) ==
        R"([{"name":"id","data_type":"bigint","nullable":false},)"
        R"({"name":"note","data_type":"text","nullable":true},)"
        R"({"name":"price","data_type":"decimal","nullable":false,"precision":18,"scale":2},)"
        R"({"name":"ship","data_type":"json","nullable":true},)"
        R"({"name":"items","data_type":"json","nullable":false}])");
  CHECK(model_of(kOrder)->nested_hints().empty());
}

TEST_CASE("or columns and child tables") {
  const auto model = model_of(as_tables(kOrder));
  CHECK(json::write(model->columns()) == R"([{"name":"id","data_type":"bigint","nullable":false},)"
                                         R"({"name":"note","data_type":"text","nullable":true},)"
                                         R"({"name":"price","data_type":"decimal","nullable":false,"precision":18,)"
                                         R"("scale":2},)"
                                         R"({"name":"ship__city","data_type":"text","nullable":true}])");
  const std::vector<NestedHints> nested = model->nested_hints();
  REQUIRE(nested.size() == 3);
  CHECK(nested[0].path == std::vector<std::string>{"ship", "stops"});
  CHECK(nested[0].parent_path == std::vector<std::string>{});
  CHECK(json::write(nested[0].columns) == R"([{"name":"value","data_type":"bigint","nullable":true}])");
  CHECK(nested[1].path == std::vector<std::string>{"items"});
  CHECK(json::write(nested[1].columns) == R"([{"name":"sku","data_type":"text","nullable":false}])");
  CHECK(nested[2].path == std::vector<std::string>{"items", "tags"});
  CHECK(nested[2].parent_path == std::vector<std::string>{"items"});
}

TEST_CASE("a list inside of an object hangs under the table of the row") {
  const auto model = model_of(as_tables(kOrder));
  ResourceHints hints;
  hints.name = "orders";
  hints.columns = model->columns();
  hints.nested = model->nested_hints();
  const Result<std::vector<Table>> tables = tables_from_hints(hints, **Naming::make("snake_case", 63));
  INFO(tables.status().render());
  REQUIRE(tables.ok());
  REQUIRE(tables->size() == 4);
  for (const Table& table : *tables) {
    if (table.name() == "orders__ship__stops") CHECK(table.parent() == "orders");
    if (table.name() == "orders__items__tags") CHECK(table.parent() == "orders__items");
  }
}

TEST_CASE("the contract is what the model means, where the script does not say") {
  const auto contract = [](std::string_view extra, const json::Value& said) {
    const auto model = model_of(std::string(R"({"extra": ")").append(extra) + R"(", "fields": []})");
    return json::write(*model->contract(said));
  };
  CHECK(contract("ignore", {}) == R"({"tables":"evolve","columns":"discard_value","data_type":"freeze"})");
  CHECK(contract("allow", {}) == R"({"tables":"evolve","columns":"evolve","data_type":"freeze"})");
  CHECK(contract("forbid", {}) == R"({"tables":"evolve","columns":"freeze","data_type":"freeze"})");
  CHECK(contract("allow", "freeze") == R"({"tables":"freeze","columns":"freeze","data_type":"freeze"})");
  CHECK(contract("allow", json::Value::object({{"data_type", "discard_row"}})) ==
        R"({"tables":"evolve","columns":"evolve","data_type":"discard_row"})");
  CHECK(model_of(R"({"fields": []})")->contract("sometimes").status().code() == Code::kConfigInvalid);
}

TEST_CASE("a declaration that makes no sense is refused with its field") {
  for (const std::string_view declared :
       {R"([])", R"({"fields": {}})", R"({"fields": [{"type": "text"}]})", R"({"fields": [{"name": "a"}]})",
        R"({"fields": [{"name": "a", "type": "int"}]})", R"({"fields": [{"name": "a", "list_of": {"type": "no"}}]})"}) {
    const auto model = Model::from_json(*json::parse_value(declared));
    INFO(declared);
    REQUIRE_FALSE(model.ok());
    CHECK(model.status().code() == Code::kSchemaInvalid);
  }
}

TEST_CASE("types name themselves for messages") {
  const auto model = model_of(kOrder);
  std::vector<std::string> texts;
  for (const ModelField& field : model->fields()) texts.push_back(field.type.text());
  CHECK(texts ==
        std::vector<std::string>{"bigint", "text", "decimal(18,2)", "anything", "an object", "a list of an object"});
}
