// Schema: dlt's stored form both ways, its hash, its versions, merging of tables.
#include "schema/schema.h"

#include <fstream>
#include <sstream>

#include "json/parse.h"
#include "json/write.h"
#include "schema/root_key.h"
#include "schema/system_tables.h"
#include "support/catch.h"

using namespace lode;

namespace {

json::Value stored_golden() {
  std::ifstream file("tests/unit/schema/stored_golden.json");
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  return *json::parse_value(text.str());
}

Table table_of(std::string_view name, std::initializer_list<Column> columns) {
  Table table = Table::root(std::string(name));
  for (const Column& column : columns) table.merge_column(column);
  return table;
}

std::vector<std::string> column_names(const Table& table) {
  std::vector<std::string> names;
  for (const Column& column : table.columns()) names.push_back(column.name());
  return names;
}

}  // namespace

TEST_CASE("a new schema has dlt's hash") {
  CHECK(Schema("test").content_hash() == "2/C5ftfvnPpR9aOqcBypcTo21rVKgS1PGV8EKxkwHL4=");  // dlt 1.31: Schema("test")
}

TEST_CASE("a new schema of dlt 1.26, which had no column descriptions, has that version's hash") {
  json::Value stored = Schema("test").to_json();
  for (auto& [name, table] : stored["tables"].members()) {
    for (auto& [column, props] : table["columns"].members()) props.erase("description");
  }
  CHECK(Schema::from_json(stored)->content_hash() == "3w+/G0RiHeHV9+Q8Nx7V2V6cu7j2YjUj9ptF5QaduQQ=");
}

TEST_CASE("a schema that dlt stored is read and written without a change") {
  const json::Value stored = stored_golden();
  const Schema schema = *Schema::from_json(stored);
  CHECK(schema.version() == 3);
  CHECK(schema.version_hash() == stored.text_or("version_hash", ""));
  CHECK(schema.content_hash() == schema.version_hash());
  CHECK(schema.previous_hashes().size() == 3);
  const json::Value written = schema.to_json();
  CHECK(written == stored);
  // Order of tables, columns and top-level keys is part of it.
  CHECK(json::write(*written.find("settings")) == json::write(*stored.find("settings")));
  std::vector<std::string> keys;
  for (const auto& [key, value] : written.members()) keys.push_back(key);
  CHECK(keys == std::vector<std::string>{"version", "version_hash", "engine_version", "name", "tables", "settings",
                                         "normalizers", "previous_hashes"});
  for (const auto& [name, table] : stored.find("tables")->members()) {
    CHECK(json::write(*written.find_path({"tables", name, "columns"})) == json::write(*table.find("columns")));
  }
}

TEST_CASE("the order of columns changes the hash, that of tables does not") {
  const Column id("id", DataType::kBigint);
  const Column name("name", DataType::kText);
  Schema one("s");
  one.add_table(table_of("a", {id, name}));
  one.add_table(table_of("b", {id}));
  Schema two("s");
  two.add_table(table_of("b", {id}));
  two.add_table(table_of("a", {id, name}));
  Schema three("s");
  three.add_table(table_of("a", {name, id}));
  three.add_table(table_of("b", {id}));
  CHECK(one.content_hash() == two.content_hash());
  CHECK(one.content_hash() != three.content_hash());
}

TEST_CASE("a bump raises the version once for all changes since the last") {
  Schema schema("s");
  CHECK(schema.bump());
  CHECK(schema.version() == 1);
  const std::string first = schema.version_hash();
  CHECK_FALSE(schema.bump());
  schema.add_table(table_of("a", {Column("id", DataType::kBigint)}));
  schema.add_table(table_of("b", {}));
  CHECK(schema.bump());
  CHECK(schema.version() == 2);
  CHECK(schema.previous_hashes() == std::vector<std::string>{first});
}

TEST_CASE("a stored schema whose content was changed by hand gets a new version") {
  json::Value stored = stored_golden();
  stored["tables"]["orders"].set("description", "changed");
  const Schema schema = *Schema::from_json(stored);
  CHECK(schema.version() == 4);
  CHECK(schema.previous_hashes().front() == stored.text_or("version_hash", ""));
}

TEST_CASE("only ten former hashes are kept") {
  Schema schema("s");
  for (int i = 0; i < 15; ++i) {
    schema.add_table(Table("t" + std::to_string(i)));
    schema.bump();
  }
  CHECK(schema.version() == 15);
  CHECK(schema.previous_hashes().size() == 10);
}

TEST_CASE("a declared column moves to the end when its type becomes known") {
  Schema schema("s");
  Column id("id", DataType::kNone, false);
  id.set("primary_key", true);
  schema.add_table(table_of("t", {id, Column("name", DataType::kText)}));
  Table partial("t");
  partial.merge_column(Column("more", DataType::kDouble));
  Column complete("id", DataType::kBigint, false);
  partial.merge_column(complete);
  const SchemaChange::TableChange change = schema.merge(partial);
  const Table& table = *schema.find_table("t");
  CHECK(column_names(table) == std::vector<std::string>{"name", "more", "id"});
  CHECK(table.find("id")->flag("primary_key"));
  CHECK(table.find("id")->type() == DataType::kBigint);
  CHECK(table.index_of("id") == 2u);
  CHECK(table.index_of("name") == 0u);
  CHECK_FALSE(change.is_new);
  REQUIRE(change.columns.size() == 2);
  CHECK(change.columns[0].name() == "more");
  CHECK(change.columns[1].name() == "id");
}

TEST_CASE("merging the same table again adds nothing") {
  Schema schema("s");
  const Table table = table_of("t", {Column("id", DataType::kBigint)});
  CHECK(schema.merge(table).is_new);
  const std::string hash = schema.content_hash();
  const SchemaChange::TableChange change = schema.merge(table);
  CHECK_FALSE(change.is_new);
  CHECK(change.columns.empty());
  CHECK(schema.content_hash() == hash);
}

TEST_CASE("keys that are declared anew replace former keys") {
  Column a("a", DataType::kBigint);
  a.set("primary_key", true);
  Column b("b", DataType::kBigint);
  Schema schema("s");
  schema.add_table(table_of("t", {a, b}));
  b.set("primary_key", true);
  schema.merge(table_of("t", {b}), true);
  CHECK(schema.find_table("t")->all_with("primary_key") == std::vector<std::string>{"b"});
}

TEST_CASE("references are merged by the table they lead to") {
  Table one("t");
  one.props().set("references",
                  *json::parse_value(R"([{"referenced_table":"a","columns":["x"],"referenced_columns":["y"]}])"));
  Table two("t");
  two.props().set("references",
                  *json::parse_value(R"([{"referenced_table":"b","columns":["x"],"referenced_columns":["y"]},
    {"referenced_table":"a","columns":["z"],"referenced_columns":["y"]}])"));
  one.merge(two);
  CHECK(*one.props().find("references") == *json::parse_value(R"([
    {"referenced_table":"a","columns":["z"],"referenced_columns":["y"]},
    {"referenced_table":"b","columns":["x"],"referenced_columns":["y"]}])"));
}

TEST_CASE("children inherit the write disposition, and chains list parents first") {
  Schema schema("s");
  Table root = table_of("t", {});
  root.props().set("write_disposition", "merge");
  schema.add_table(Table::child("t__a__b", "t__a"));
  schema.add_table(root);
  schema.add_table(Table::child("t__a", "t"));
  CHECK(schema.disposition(*schema.find_table("t__a__b")) == WriteDisposition::kMerge);
  CHECK(schema.root_of(*schema.find_table("t__a__b")).name() == "t");
  std::vector<std::string> names;
  for (const Table* table : schema.chain("t")) names.push_back(table->name());
  CHECK(names == std::vector<std::string>{"t", "t__a", "t__a__b"});
  CHECK(schema.chain("unknown").empty());
}

TEST_CASE("system tables and tables without columns are no data tables") {
  Schema schema("s");
  schema.add_table(table_of("empty", {}));
  schema.add_table(table_of("full", {Column("id", DataType::kBigint)}));
  schema.add_table(state_table());
  const auto tables = schema.data_tables();
  REQUIRE(tables.size() == 1);
  CHECK(tables[0]->name() == "full");
}

TEST_CASE("the root key follows the merge strategy") {
  Schema schema("s");
  Table root = table_of("t", {});
  root.props().set("write_disposition", "merge");
  schema.add_table(root);
  const auto propagated = [&] {
    return schema.normalizers().find_path({"json", "config", "propagation", "tables", "t"}) != nullptr;
  };
  SECTION("delete-insert needs it") {
    update_root_key(schema, "t", "delete-insert");
    CHECK(schema.normalizers().find_path({"json", "config", "propagation", "tables", "t"})->text_or("_dlt_id", "") ==
          "_dlt_root_id");
    schema.erase_table("t");
    CHECK_FALSE(propagated());
  }
  SECTION("a destination that cannot merge does not") {
    update_root_key(schema, "t", "");
    CHECK_FALSE(propagated());
  }
  SECTION("scd2 does not") {
    schema.find_table("t")->props().set("x-merge-strategy", "scd2");
    update_root_key(schema, "t", "delete-insert");
    CHECK_FALSE(propagated());
  }
  SECTION("it can be forbidden") {
    schema.normalizers()["json"]["config"].set("root_key_propagation", false);
    update_root_key(schema, "t", "delete-insert");
    CHECK_FALSE(propagated());
  }
  SECTION("a child that has the column keeps it") {
    schema.find_table("t")->props().set("write_disposition", "append");
    Table child = Table::child("t__a", "t");
    Column key("_dlt_root_id", DataType::kText, false);
    key.set("root_key", true);
    child.merge_column(key);
    schema.add_table(child);
    update_root_key(schema, "t__a", "delete-insert");
    CHECK(propagated());
  }
}

TEST_CASE("bad stored schemas are errors that name the place") {
  json::Value stored = stored_golden();
  SECTION("unknown data type") {
    stored["tables"]["orders"]["columns"]["id"].set("data_type", "number");
    const Status status = Schema::from_json(stored).status();
    CHECK(status.code() == Code::kSchemaInvalid);
    CHECK(status.message() == "schema 'golden': table 'orders': column 'id': there is no data type 'number'");
  }
  SECTION("missing parent") {
    stored["tables"]["orders__items"].set("parent", "nowhere");
    CHECK(Schema::from_json(stored).status().code() == Code::kSchemaInvalid);
  }
  SECTION("circle of parents") {
    stored["tables"]["orders"].set("parent", "orders__items");
    CHECK(Schema::from_json(stored).status().code() == Code::kSchemaInvalid);
  }
  SECTION("newer engine") {
    stored.set("engine_version", 12);
    CHECK(Schema::from_json(stored).status().code() == Code::kSchemaInvalid);
  }
  SECTION("no object") { CHECK(Schema::from_json(json::Value("x")).status().code() == Code::kSchemaInvalid); }
  SECTION("columns are a list") {
    stored["tables"]["orders"].set("columns", json::Value::list());
    CHECK(Schema::from_json(stored).status().code() == Code::kSchemaInvalid);
  }
}

TEST_CASE("older engine versions are migrated") {
  const Schema schema = *Schema::from_json(*json::parse_value(R"({
    "version": 5, "version_hash": "old", "engine_version": 8, "name": "s", "previous_hashes": [],
    "tables": {
      "_dlt_version": {"columns": {}}, "_dlt_loads": {"columns": {}},
      "t": {"columns": {"_dlt_id": {"data_type": "text", "unique": true},
                        "doc": {"data_type": "complex"},
                        "gone": {"x-normalizer": {"seen-null-first": true}},
                        "kept": {"data_type": "text", "x-normalizer": {"seen-null-first": true}}}},
      "t__c": {"parent": "t", "columns": {"_dlt_parent_id": {"data_type": "text", "foreign_key": true}}}},
    "settings": {"default_hints": {"foreign_key": ["_dlt_parent_id"]}, "preferred_types": {"re:x$": "complex"}},
    "normalizers": {"names": "snake_case", "json": {"module": "relational", "config": {"generate_dlt_id": true}}}})"));
  const Table& table = *schema.find_table("t");
  CHECK(table.seen_data());
  CHECK(table.find("_dlt_id")->flag("row_key"));
  CHECK(table.find("doc")->type() == DataType::kJson);
  CHECK(table.find("gone") == nullptr);
  CHECK(table.find("kept")->props().find("x-normalizer") == nullptr);
  CHECK(schema.find_table("t__c")->find("_dlt_parent_id")->flag("parent_key"));
  CHECK(schema.find_table("t__c")->find("_dlt_parent_id")->props().find("foreign_key") == nullptr);
  CHECK(schema.settings().find_path({"preferred_types", "re:x$"})->as_text() == "json");
  CHECK(schema.settings().find_path({"default_hints", "foreign_key"}) == nullptr);
  CHECK_FALSE(schema.normalizers().bool_or("use_break_path_on_normalize", true));
  CHECK(schema.version() == 6);
}
