// Hints: the tables that a resource declares, as dlt's resources do.
#include "schema/hints.h"

#include "json/parse.h"
#include "json/write.h"
#include "support/catch.h"

using namespace lode;

namespace {

const Naming& naming() {
  static const auto kNaming = *Naming::make("snake_case", 0);
  return *kNaming;
}

ResourceHints hints_of(std::string name) {
  ResourceHints hints;
  hints.name = std::move(name);
  return hints;
}

std::string columns_json(const Table& table) { return json::write(*table.to_json().find("columns")); }

}  // namespace

TEST_CASE("a resource without hints is a table that appends") {
  const Table table = *table_from_hints(hints_of("My Table"), naming());
  CHECK(json::write(table.to_json()) ==
        R"({"name":"my_table","columns":{},"write_disposition":"append","resource":"My Table"})");
}

TEST_CASE("keys become incomplete columns that may not be null, after the declared columns") {
  ResourceHints hints = hints_of("orders");
  hints.primary_key = {"ID"};
  hints.merge_key = {"day", "total"};
  hints.write_disposition = "merge";
  hints.columns = *json::parse_value(
      R"({"total": {"data_type": "decimal", "precision": 18, "scale": 2}, "note": {"nullable": true}})");
  const Table table = *table_from_hints(hints, naming());
  CHECK(columns_json(table) ==
        R"({"total":{"name":"total","data_type":"decimal","precision":18,"scale":2,"merge_key":true,"nullable":false},)"
        R"("note":{"name":"note","nullable":true},)"
        R"("id":{"name":"id","nullable":false,"primary_key":true},)"
        R"("day":{"name":"day","nullable":false,"merge_key":true}})");
  CHECK(table.props().text_or("write_disposition", "") == "merge");
}

TEST_CASE("columns whose names become one are merged; the later one adds what it says") {
  ResourceHints hints = hints_of("t");
  hints.columns = *json::parse_value(
      R"([{"name": "Some Col", "data_type": "text"}, {"name": "someCol", "primary_key": true, "nullable": true}])");
  CHECK(columns_json(*table_from_hints(hints, naming())) ==
        R"({"some_col":{"name":"some_col","data_type":"text","primary_key":true}})");
  // At the place of the first, also if only the later one has a type.
  hints.columns = *json::parse_value(R"([{"name":"ID","sort":true},{"name":"x"},{"name":"id","data_type":"text"}])");
  const Table table = *table_from_hints(hints, naming());
  CHECK(table.columns().front().name() == "id");
  CHECK(table.columns().front().type() == DataType::kText);
}

TEST_CASE("an incremental cursor marks its column") {
  ResourceHints hints = hints_of("t");
  hints.cursor_column = "updatedAt";
  CHECK(columns_json(*table_from_hints(hints, naming())) ==
        R"({"updated_at":{"name":"updated_at","incremental":true}})");
}

TEST_CASE("scd2 adds validity columns and makes the row id a version") {
  ResourceHints hints = hints_of("t");
  hints.write_disposition = *json::parse_value(R"({"disposition": "merge", "strategy": "scd2"})");
  const Table table = *table_from_hints(hints, naming());
  CHECK(table.props().text_or("x-merge-strategy", "") == "scd2");
  CHECK(columns_json(table) ==
        R"({"_dlt_valid_from":{"name":"_dlt_valid_from","data_type":"timestamp","nullable":true,"x-valid-from":true},)"
        R"("_dlt_valid_to":{"name":"_dlt_valid_to","data_type":"timestamp","nullable":true,"x-valid-to":true,)"
        R"("x-active-record-timestamp":null},)"
        R"("_dlt_id":{"name":"_dlt_id","nullable":false,"x-row-version":true,"unique":false,"row_key":false}})");
}

TEST_CASE("nested hints name tables by path; a key makes them stand by themselves") {
  ResourceHints hints = hints_of("orders");
  NestedHints lines;
  lines.path = {"Items", "lines"};
  lines.columns = *json::parse_value(R"({"qty": {"data_type": "double"}})");
  NestedHints items;
  items.path = {"Items"};
  items.primary_key = {"sku"};
  hints.nested = {lines, items};
  const std::vector<Table> tables = *tables_from_hints(hints, naming());
  REQUIRE(tables.size() == 3);
  CHECK(tables[1].name() == "orders__items");
  CHECK(tables[1].parent() == "");
  CHECK(tables[1].resource() == "orders");
  CHECK(tables[2].name() == "orders__items__lines");
  CHECK(tables[2].parent() == "orders__items");
  CHECK(tables[2].resource() == "");
}

TEST_CASE("nested tables that stand by themselves append") {
  ResourceHints hints = hints_of("t");
  NestedHints nested;
  nested.path = {"items"};
  nested.merge_key = {"id"};
  hints.nested.push_back(nested);
  const std::vector<Table> tables = *tables_from_hints(hints, naming());
  CHECK(tables.at(1).props().text_or("write_disposition", "") == "append");
}

TEST_CASE("nested hints need the tables in between") {
  Schema schema("s");
  ResourceHints hints = hints_of("t");
  NestedHints deep;
  deep.path = {"a", "b"};
  hints.nested = {deep};
  const Status status = declare_resource(schema, hints, naming(), "delete-insert").status();
  CHECK(status.code() == Code::kSchemaInvalid);
  CHECK(status.message() == "schema 's': table 't__a__b': its parent 't__a' is not in the schema");
}

TEST_CASE("declaring a merge resource sets the root key; declaring again changes nothing") {
  Schema schema("s");
  ResourceHints hints = hints_of("t");
  hints.write_disposition = "merge";
  hints.primary_key = {"id"};
  CHECK(declare_resource(schema, hints, naming(), "delete-insert")->empty());
  CHECK(schema.normalizers().find_path({"json", "config", "propagation", "tables", "t"}) != nullptr);
  schema.bump();
  CHECK(declare_resource(schema, hints, naming(), "delete-insert")->empty());
  CHECK_FALSE(schema.bump());
}

TEST_CASE("a nesting limit is kept with the table") {
  ResourceHints hints = hints_of("t");
  hints.max_table_nesting = 0;
  CHECK(table_from_hints(hints, naming())->props().find("x-normalizer")->int_or("max_nesting", -1) == 0);
}

TEST_CASE("bad hints are errors") {
  ResourceHints hints = hints_of("t");
  SECTION("data type") { hints.columns = *json::parse_value(R"({"a": {"data_type": "string"}})"); }
  SECTION("columns are text") { hints.columns = "a"; }
  SECTION("column without a name") { hints.columns = *json::parse_value(R"([{"data_type": "text"}])"); }
  SECTION("disposition") { hints.write_disposition = "upsert"; }
  SECTION("precision") { hints.columns = *json::parse_value(R"({"a": {"precision": "18"}})"); }
  CHECK(table_from_hints(hints, naming()).status().code() == Code::kSchemaInvalid);
}

TEST_CASE("a table that is a child already cannot become a resource's") {
  Schema schema("s");
  schema.add_table(Table::root("t"));
  schema.add_table(Table::child("t__items", "t"));
  CHECK(declare_resource(schema, hints_of("t__items"), naming(), "").status().code() == Code::kSchemaInvalid);
}
