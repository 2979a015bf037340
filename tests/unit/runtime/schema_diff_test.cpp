// Schema diff: what is new, what says something else, what does not count.
#include "runtime/schema_diff.h"

#include "json/write.h"
#include "support/catch.h"

namespace lode {
namespace {

using Change = TableDiff::Change;

Schema shop() {
  Schema schema("shop");
  Table& orders = schema.add_table(Table::root("orders"));
  orders.merge_column(Column("id", DataType::kBigint));
  orders.merge_column(Column("name", DataType::kText));
  schema.add_table(Table::root("users")).merge_column(Column("id", DataType::kBigint));
  return schema;
}

TEST_CASE("diff: without a schema before all users' tables are new, the engine's do not count") {
  const std::vector<TableDiff> diffs = diff_schemas(nullptr, shop());
  REQUIRE(diffs.size() == 2);
  CHECK(diffs[0].table == "orders");
  CHECK(diffs[0].change == Change::kNew);
  REQUIRE(diffs[0].columns.size() == 2);
  CHECK(diffs[0].columns[1].name == "name");
  CHECK(diffs[0].columns[1].is_new);
  CHECK(diffs[0].properties.empty());
}

TEST_CASE("diff: a schema is the same as itself, whatever a run noted down in it") {
  const Schema before = shop();
  Schema after = shop();
  after.find_table("orders")->set_seen_data();
  after.find_table("orders")->find("id")->set("x-normalizer", json::Value::object({{"seen-null-first", true}}));
  after.find_table("orders")->merge_column(Column("never_seen", DataType::kNone));
  for (const TableDiff& diff : diff_schemas(&before, after)) CHECK(diff.change == Change::kSame);
}

TEST_CASE("diff: columns and properties that were added, changed and taken away") {
  Schema before = shop();
  before.find_table("orders")->find("name")->set("description", "who");
  Schema after = shop();
  Table& orders = *after.find_table("orders");
  orders.find("id")->set("primary_key", true);
  orders.merge_column(Column("age", DataType::kDouble));
  orders.props().set("write_disposition", "merge");
  const TableDiff diff = diff_schemas(&before, after)[0];
  CHECK(diff.change == Change::kChanged);
  CHECK(json::write(diff.to_json()) ==
        R"({"table":"orders","change":"changed","columns":[)"
        R"({"name":"id","change":"changed","data_type":"bigint","properties":[)"
        R"({"name":"primary_key","before":null,"after":true}]},)"
        R"({"name":"name","change":"changed","data_type":"text","properties":[)"
        R"({"name":"description","before":"who","after":null}]},)"
        R"({"name":"age","change":"added","data_type":"double","properties":[]}],)"
        R"("properties":[{"name":"write_disposition","before":"append","after":"merge"}]})");
}

TEST_CASE("diff: a column that gets its type and a table that gets its first column are new") {
  Schema before = shop();
  before.find_table("orders")->merge_column(Column("late", DataType::kNone));
  before.add_table(Table::root("empty")).merge_column(Column("x", DataType::kNone));
  Schema after = before;
  after.find_table("orders")->merge_column(Column("late", DataType::kText));
  after.find_table("empty")->merge_column(Column("x", DataType::kText));
  const std::vector<TableDiff> diffs = diff_schemas(&before, after);
  REQUIRE(diffs.size() == 3);
  REQUIRE(diffs[0].columns.size() == 1);
  CHECK(diffs[0].columns[0].is_new);
  CHECK(diffs[2].change == Change::kNew);
}

}  // namespace
}  // namespace lode
